/** Which way is which, from Image Orientation (Patient): the patient's axes run to Left, Posterior, Head (PS3.3 C.7.6.2.1.1). */

import type { Orientation, Vector3 } from "../source/model";
import { type Turn, UPRIGHT } from "./view";

export type Side = "L" | "R" | "P" | "A" | "H" | "F";

const TOWARDS: readonly (readonly [positive: Side, negative: Side])[] = [
  ["L", "R"],
  ["P", "A"],
  ["H", "F"],
];

/** An axis is named when the direction leans at least this much (about 12 degrees) towards it. */
const LEAST = 0.2;

/** The letters of a direction, the strongest first: "A", or "AL" where it is oblique. */
export function letters(direction: Vector3): string {
  const length = Math.hypot(...direction);
  if (!(length > 1e-6)) {
    return "";
  }
  return direction
    .map((component, axis) => ({ share: component / length, axis }))
    .filter(({ share }) => Math.abs(share) >= LEAST)
    .sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
    .map(({ share, axis }) => TOWARDS[axis]?.[share > 0 ? 0 : 1] ?? "")
    .join("");
}

export interface EdgeLabels {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

const opposite = (direction: Vector3): Vector3 => [-direction[0], -direction[1], -direction[2]];

/** A part of one direction and a part of another. */
function mixed(a: number, first: Vector3, b: number, second: Vector3): Vector3 {
  return [a * first[0] + b * second[0], a * first[1] + b * second[1], a * first[2] + b * second[2]];
}

const OPPOSITE: Readonly<Record<string, Side>> = { L: "R", R: "L", P: "A", A: "P", H: "F", F: "H" };

/** The letters that lie the other way; empty where one of them is not of a person who stands on two legs. */
function opposed(letters: string): string {
  const others = [...letters].map((letter) => OPPOSITE[letter]);
  return others.includes(undefined) ? "" : others.join("");
}

/**
 * What lies beyond each edge of the picture as it is turned; null where the picture has no place in the patient.
 * toward: where rows and columns run to, in letters, which counts where no orientation is known.
 */
export function edgeLabels(
  orientation: Orientation | null,
  turn: Turn = UPRIGHT,
  toward: readonly [row: string, column: string] | null = null,
): EdgeLabels | null {
  if (orientation === null) {
    return toward === null ? null : lettersOfEdges(toward, turn);
  }
  const alongRow: Vector3 = [orientation[0], orientation[1], orientation[2]];
  const alongColumn: Vector3 = [orientation[3], orientation[4], orientation[5]];
  const rightwards = mixed(turn[0], alongRow, turn[1], alongColumn);
  const downwards = mixed(turn[2], alongRow, turn[3], alongColumn);
  return complete({
    right: letters(rightwards),
    left: letters(opposite(rightwards)),
    bottom: letters(downwards),
    top: letters(opposite(downwards)),
  });
}

/** A turn takes each edge to one other, so the letters go there as they are, or as their opposites. */
function lettersOfEdges([row, column]: readonly [string, string], [a, b, c, d]: Turn): EdgeLabels | null {
  const along = (ofRow: number, ofColumn: number) =>
    ofRow === 1 ? row : ofRow === -1 ? opposed(row) : ofColumn === 1 ? column : opposed(column);
  return complete({ right: along(a, b), left: along(-a, -b), bottom: along(c, d), top: along(-c, -d) });
}

function complete(labels: EdgeLabels): EdgeLabels | null {
  return Object.values(labels).includes("") ? null : labels;
}
