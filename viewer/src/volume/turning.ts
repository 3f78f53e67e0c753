/** Planes that are turned: three at right angles to each other, whichever way they lie in the patient. */

import { cross, dot, minus, plus, times } from "../geometry/planes";
import type { Vector3 } from "../source/model";
import { type Grid, MOST_PIXELS, type Side, type Stack, stepsOf } from "./space";

export type Axes = Pick<Stack, "right" | "down" | "on">;

/** Directions closer to each other than this are one; a turn of a thousandth of a degree is none. */
const ONE_WAY = 1e-5;

/** A direction turned about an axis of length 1, by degrees, from the first towards axis × first (Rodrigues). */
function turnedAbout(way: Vector3, axis: Vector3, degrees: number): Vector3 {
  const angle = (degrees * Math.PI) / 180;
  const along = times(axis, dot(axis, way) * (1 - Math.cos(angle)));
  return plus(plus(times(way, Math.cos(angle)), times(cross(axis, way), Math.sin(angle))), along);
}

/** The planes after the lines in one of them were turned: it stays as it is, the others turn about its normal. */
export function turned(planes: readonly Axes[], within: number, degrees: number): Axes[] {
  const still = planes[within];
  if (still === undefined) {
    return [...planes];
  }
  // From the first row's direction to the first column's, as pictures are seen.
  const axis = cross(still.right, still.down);
  return planes.map((plane, at) =>
    at === within
      ? plane
      : {
          right: turnedAbout(plane.right, axis, degrees),
          down: turnedAbout(plane.down, axis, degrees),
          on: turnedAbout(plane.on, axis, degrees),
        },
  );
}

export function isSameWay(one: Axes, other: Axes): boolean {
  const near = (a: Vector3, b: Vector3) => Math.hypot(...minus(a, b)) < ONE_WAY;
  return near(one.right, other.right) && near(one.down, other.down);
}

/** The stack of slices along these axes that holds the whole volume, one of them through a point of the patient. */
export function stackAlong(grid: Grid, side: Side, { right, down, on }: Axes, point: Vector3): Stack {
  const finest = Math.min(...stepsOf(grid).map((step) => Math.hypot(...step)));
  const reach = (way: Vector3) => {
    const far = cornersOf(grid).map((corner) => dot(corner, way));
    return { least: Math.min(...far), length: Math.max(...far) - Math.min(...far) };
  };
  const [x, y, z] = [reach(right), reach(down), reach(on)];
  const pixel = Math.max(finest, x.length / (MOST_PIXELS - 1), y.length / (MOST_PIXELS - 1));
  const gap = Math.max(finest, z.length / (MOST_PIXELS - 1));
  // Slices are counted from the volume's end, and so moved that one goes through the point.
  const depth = dot(point, on);
  const first = depth - Math.max(0, Math.round((depth - z.least) / gap)) * gap;
  const count = (length: number, step: number) => Math.ceil(length / step - 1e-3) + 1;
  return {
    side,
    origin: plus(plus(times(right, x.least), times(down, y.least)), times(on, first)),
    right,
    down,
    on,
    pixel,
    gap,
    columns: count(x.length, pixel),
    rows: count(y.length, pixel),
    slices: Math.max(1, count(z.least + z.length - first, gap)),
  };
}

/** The middles of the outermost voxels. */
function cornersOf({ origin, steps, size }: Grid): Vector3[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    steps.reduce(
      (at: Vector3, step, axis) => (corner & (1 << axis) ? plus(at, times(step, (size[axis] ?? 1) - 1)) : at),
      origin,
    ),
  );
}
