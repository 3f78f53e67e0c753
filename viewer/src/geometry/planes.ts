/** Where slices lie in the patient, and where they meet, in millimetres of the patient (PS3.3 C.7.6.2.1.1). */

import type { Frame, Vector3 } from "../source/model";
import type { PicturePoint } from "./view";

/** A slice in the patient: its first pixel's middle, and the way to the next pixel along a row and down a column. */
export interface Plane {
  origin: Vector3;
  right: Vector3;
  down: Vector3;
  normal: Vector3;
  columns: number;
  rows: number;
}

export type Line = readonly [PicturePoint, PicturePoint];

export const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const minus = (a: Vector3, b: Vector3): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const plus = (a: Vector3, b: Vector3): Vector3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const times = (a: Vector3, factor: number): Vector3 => [a[0] * factor, a[1] * factor, a[2] * factor];
export const cross = (a: Vector3, b: Vector3): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** Directions closer to each other than this (about half a degree) are one. */
const PARALLEL = 0.9999;

/** Null where a picture does not say where it lies. */
export function planeOf(frame: Frame): Plane | null {
  const { position, orientation, spacing } = frame;
  if (position === null || orientation === null || spacing === null) {
    return null;
  }
  const row: Vector3 = [orientation[0], orientation[1], orientation[2]];
  const column: Vector3 = [orientation[3], orientation[4], orientation[5]];
  const normal = cross(row, column);
  const length = Math.hypot(...normal);
  if (!(length > 0.5)) {
    return null;
  }
  // Along a row the columns' spacing counts (PS3.3 10.7.1.3).
  return {
    origin: position,
    right: times(row, spacing[1]),
    down: times(column, spacing[0]),
    normal: times(normal, 1 / length),
    columns: frame.columns,
    rows: frame.rows,
  };
}

export function isParallel(a: Plane, b: Plane): boolean {
  return Math.abs(dot(a.normal, b.normal)) >= PARALLEL;
}

/** The point of the patient under a point of the picture. */
export function pointAt(plane: Plane, { column, row }: PicturePoint): Vector3 {
  return plus(plane.origin, plus(times(plane.right, column - 0.5), times(plane.down, row - 0.5)));
}

/** Where a point of the patient lies in the picture when it is looked at along the normal. */
export function seenAt(plane: Plane, point: Vector3): PicturePoint {
  const from = minus(point, plane.origin);
  return {
    column: dot(from, plane.right) / dot(plane.right, plane.right) + 0.5,
    row: dot(from, plane.down) / dot(plane.down, plane.down) + 0.5,
  };
}

/** How far a point lies from the plane, along its normal; negative on its other side. */
export function distanceTo(plane: Plane, point: Vector3): number {
  return dot(minus(point, plane.origin), plane.normal);
}

/** Distances that differ by less are the same: positions are written with few digits. */
const SAME_PLACE = 1e-3;

/**
 * The picture of a series whose plane comes closest to a point; of several at one place (phases, directions) the one
 * nearest to `near` in the series. Null where none says where it lies.
 */
export function nearestSlice(
  frames: readonly Frame[],
  point: Vector3,
  near = 0,
): { index: number; distance: number } | null {
  let best: { index: number; distance: number } | null = null;
  for (const [index, frame] of frames.entries()) {
    const plane = planeOf(frame);
    if (plane !== null) {
      const distance = Math.abs(distanceTo(plane, point));
      const better = best === null || distance < best.distance - SAME_PLACE;
      const same = best !== null && Math.abs(distance - best.distance) <= SAME_PLACE;
      if (better || (same && best !== null && Math.abs(index - near) < Math.abs(best.index - near))) {
        best = { index, distance };
      }
    }
  }
  return best;
}

/** The point of the patient in the middle of the picture. */
export function middleOf(plane: Plane): Vector3 {
  return pointAt(plane, { column: plane.columns / 2, row: plane.rows / 2 });
}

/**
 * Where one slice cuts the picture of another, as a line within that picture and no longer than the cutting slice
 * reaches; null where they are parallel, or miss each other.
 */
export function cutLine(picture: Plane, cutting: Plane): Line | null {
  if (isParallel(picture, cutting)) {
    return null;
  }
  // Distance from the cutting plane is linear in column and row: a + b·column + c·row = 0.
  const a = distanceTo(cutting, pointAt(picture, { column: 0, row: 0 }));
  const b = dot(picture.right, cutting.normal);
  const c = dot(picture.down, cutting.normal);
  const norm = b * b + c * c;
  if (norm < 1e-12) {
    return null;
  }
  const start = { column: (-a * b) / norm, row: (-a * c) / norm };
  const way = { column: -c, row: b };
  let from = Number.NEGATIVE_INFINITY;
  let to = Number.POSITIVE_INFINITY;
  // Keeps what lies between 0 and `most` of a coordinate that runs linearly along the line.
  const hold = (at: number, step: number, most: number) => {
    if (Math.abs(step) < 1e-12) {
      if (at < 0 || at > most) {
        to = Number.NEGATIVE_INFINITY;
      }
      return;
    }
    const [one, other] = [-at / step, (most - at) / step];
    from = Math.max(from, Math.min(one, other));
    to = Math.min(to, Math.max(one, other));
  };
  hold(start.column, way.column, picture.columns);
  hold(start.row, way.row, picture.rows);
  const there = seenAt(cutting, pointAt(picture, start));
  const next = seenAt(cutting, pointAt(picture, { column: start.column + way.column, row: start.row + way.row }));
  hold(there.column, next.column - there.column, cutting.columns);
  hold(there.row, next.row - there.row, cutting.rows);
  if (!(to > from)) {
    return null;
  }
  const at = (t: number): PicturePoint => ({ column: start.column + way.column * t, row: start.row + way.row * t });
  return [at(from), at(to)];
}
