/** In which order a person scrolls through a series. */

import type { Orientation, Vector3 } from "../model";

/** Where one frame stands; null where it has no place in the patient. */
export interface Place {
  position: Vector3 | null;
  orientation: Orientation | null;
  number: number | null;
  frame: number;
}

/**
 * Indices in display order. Parallel slices at as many positions as there are frames go along their normal, from the
 * first towards the last acquired; everything else (time series, scouts, loops) goes by instance number and frame.
 */
export function displayOrder(places: readonly Place[]): number[] {
  const numberOf = (at: number) => places[at]?.number ?? Number.POSITIVE_INFINITY;
  const byNumber = [...places.keys()].sort((a, b) => {
    const [one, other] = [numberOf(a), numberOf(b)];
    return one === other ? (places[a]?.frame ?? 0) - (places[b]?.frame ?? 0) || a - b : one - other;
  });
  const along = alongNormal(places);
  if (along === null) {
    return byNumber;
  }
  const ordered = [...places.keys()].sort((a, b) => (along[a] ?? 0) - (along[b] ?? 0));
  const rank = (at: number | undefined) => byNumber.indexOf(at ?? 0);
  return rank(ordered[0]) <= rank(ordered.at(-1)) ? ordered : ordered.reverse();
}

function alongNormal(places: readonly Place[]): number[] | null {
  const first = places[0]?.orientation;
  if (places.length < 2 || first == null) {
    return null;
  }
  const [rx, ry, rz, cx, cy, cz] = first;
  const normal = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
  const along: number[] = [];
  for (const { position, orientation } of places) {
    if (
      position === null ||
      orientation === null ||
      orientation.some((a, at) => Math.abs(a - (first[at] ?? 0)) > 1e-3)
    ) {
      return null;
    }
    along.push(position.reduce((sum, value, at) => sum + value * (normal[at] ?? 0), 0));
  }
  const spread = along.slice().sort((a, b) => a - b);
  return spread.some((value, at) => at > 0 && value - (spread[at - 1] ?? 0) < 1e-3) ? null : along;
}
