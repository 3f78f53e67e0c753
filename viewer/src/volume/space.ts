/**
 * Whether a series is a volume, where its voxels lie in the patient, and which slices it can be cut into. Positions are
 * in millimetres of the patient (PS3.3 C.7.6.2.1.1); voxels are counted from 0 along a row, down a column and from
 * picture to picture, and a voxel's place is its middle.
 */

import { cross, dot, minus, plus, times } from "../geometry/planes";
import type { Frame, Vector3 } from "../source/model";

/** Voxel (i, j, k) lies at origin + i × steps[0] + j × steps[1] + k × steps[2]; steps need not be at right angles. */
export interface Grid {
  origin: Vector3;
  steps: readonly [Vector3, Vector3, Vector3];
  size: readonly [columns: number, rows: number, slices: number];
  /** Where slices lie unevenly: the place of each along the third step, from 0 to size[2] - 1. Else null. */
  knots: readonly number[] | null;
}

export interface Volume {
  grid: Grid;
  /** The series' pictures in the order of the grid's third step. */
  slices: readonly number[];
  /** Which of several that lie at the same places (times, echoes, directions), from 0, and of how many. */
  part: number;
  parts: number;
  /** Least and most millimetres between slices, where they differ. */
  uneven: { least: number; most: number } | null;
  /** Degrees by which the pictures are shifted against each other, as by a tilted gantry; 0 where they are not. */
  tilt: number;
}

/** Why a series cannot be looked at from three sides. Numbers say what was found. */
export type Refusal =
  | { reason: "few"; slices: number }
  | { reason: "colour" }
  | { reason: "places" }
  | { reason: "sizes" }
  | { reason: "directions" }
  | { reason: "repeated" }
  | { reason: "uneven"; least: number; most: number };

export type Judged = { volume: Volume } | { refusal: Refusal };

/** Fewer slices than this make no picture from the side. */
export const FEWEST = 5;
/** Directions (parts of a unit vector) and spacings (their ratio) closer to each other than this are one. */
const ALIKE = 1e-3;
/** Pictures closer together than this lie at one place, in millimetres: positions are written with few digits. */
const ONE_PLACE = 0.01;
/** A gap may differ so much from the usual one: a part of it, and millimetres in any case. */
const EVEN_SHARE = 0.02;
const EVEN = 0.02;
/** Slices that differ in their gaps must touch: no gap may be larger than they are thick, but for so much of it. */
const TOUCH = 1.1;
/** Shifts below this, in degrees, are rounding. */
const LEAST_TILT = 0.1;
/** More than this is no gantry's tilt: the pictures do not lie over each other. */
const MOST_TILT = 60;

interface Placed {
  index: number;
  position: Vector3;
  along: number;
  order: number;
  thickness: number;
}

/** Judges the pictures; of several at each place, takes those that belong to the picture at `near`. */
export function judge(frames: readonly Frame[], near = 0): Judged {
  const first = frames[0];
  if (first === undefined || frames.length < FEWEST) {
    return refused({ reason: "few", slices: frames.length });
  }
  if (frames.some(({ samples }) => samples !== 1)) {
    return refused({ reason: "colour" });
  }
  const { orientation, spacing } = first;
  if (orientation === null || spacing === null || frames.some((frame) => frame.position === null)) {
    return refused({ reason: "places" });
  }
  if (frames.some(({ rows, columns }) => rows !== first.rows || columns !== first.columns)) {
    return refused({ reason: "sizes" });
  }
  for (const frame of frames) {
    if (frame.orientation === null || frame.spacing === null) {
      return refused({ reason: "places" });
    }
    if (frame.orientation.some((part, at) => Math.abs(part - (orientation[at] ?? 0)) > ALIKE)) {
      return refused({ reason: "directions" });
    }
    if (frame.spacing.some((part, at) => Math.abs(part / (spacing[at] ?? 1) - 1) > ALIKE)) {
      return refused({ reason: "sizes" });
    }
  }
  const row: Vector3 = [orientation[0], orientation[1], orientation[2]];
  const column: Vector3 = [orientation[3], orientation[4], orientation[5]];
  const normal = cross(row, column);
  if (!(Math.hypot(...normal) > 0.99)) {
    return refused({ reason: "places" });
  }
  const placed = frames.map(({ position, number, thickness }, index): Placed => {
    const at = position ?? [0, 0, 0];
    return { index, position: at, along: dot(at, normal), order: number ?? 0, thickness: thickness ?? 0 };
  });
  const places = byPlace(placed);
  const parts = places[0]?.length ?? 0;
  if (places.length < FEWEST) {
    return refused({ reason: "few", slices: places.length });
  }
  if (places.some((place) => place.length !== parts)) {
    return refused({ reason: "repeated" });
  }
  const part = Math.max(0, places.map((place) => place.findIndex(({ index }) => index === near)).find(isIndex) ?? 0);
  return stacked(
    places.flatMap((place) => place[part] ?? []),
    { row: times(row, spacing[1]), column: times(column, spacing[0]), normal, size: first },
    { part, parts },
  );
}

const isIndex = (at: number) => at >= 0;
const refused = (refusal: Refusal): Judged => ({ refusal });

/** Pictures at one place together, by the order in which they were made; the places from one end to the other. */
function byPlace(placed: readonly Placed[]): Placed[][] {
  const places: Placed[][] = [];
  for (const one of [...placed].sort((a, b) => a.along - b.along)) {
    const last = places.at(-1);
    if (last?.[0] !== undefined && Math.abs(one.along - last[0].along) < ONE_PLACE) {
      last.push(one);
    } else {
      places.push([one]);
    }
  }
  for (const place of places) {
    place.sort((a, b) => a.order - b.order || a.index - b.index);
  }
  return places;
}

interface Slice {
  row: Vector3;
  column: Vector3;
  normal: Vector3;
  size: { rows: number; columns: number };
}

function stacked(
  pictures: readonly Placed[],
  { row, column, normal, size }: Slice,
  { part, parts }: { part: number; parts: number },
): Judged {
  const [first, last] = [pictures[0], pictures.at(-1)];
  if (first === undefined || last === undefined) {
    return refused({ reason: "few", slices: 0 });
  }
  const step = times(minus(last.position, first.position), 1 / (pictures.length - 1));
  const gap = dot(step, normal);
  const gaps = pictures.slice(1).map(({ along }, at) => along - (pictures[at]?.along ?? along));
  const tolerance = Math.max(EVEN, gap * EVEN_SHARE);
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  const isEven = gaps.every((one) => Math.abs(one - gap) <= tolerance);
  const knots = pictures.map(({ along }) => (along - first.along) / gap);
  // Each picture must lie on the line through the first and the last.
  const astray = pictures.some(({ position }, at) => {
    const off = minus(position, plus(first.position, times(step, isEven ? at : (knots[at] ?? 0))));
    return Math.hypot(...off) > tolerance * 2;
  });
  const apart = gaps.some((one, at) => {
    const thick = ((pictures[at]?.thickness ?? 0) + (pictures[at + 1]?.thickness ?? 0)) / 2;
    return one > thick * TOUCH;
  });
  if (astray || (!isEven && apart)) {
    return refused({ reason: "uneven", least, most });
  }
  const sideways = Math.hypot(...minus(step, times(normal, gap)));
  const degrees = (Math.atan2(sideways, gap) * 180) / Math.PI;
  if (degrees > MOST_TILT) {
    return refused({ reason: "directions" });
  }
  return {
    volume: {
      grid: {
        origin: first.position,
        steps: [row, column, step],
        size: [size.columns, size.rows, pictures.length],
        knots: isEven ? null : knots,
      },
      slices: pictures.map(({ index }) => index),
      part,
      parts,
      uneven: isEven ? null : { least, most },
      tilt: degrees < LEAST_TILT ? 0 : degrees,
    },
  };
}

/** The grid when `factor` × `factor` pixels of a picture are made one; what is left over at its edges falls away. */
export function coarser(grid: Grid, factor: number): Grid {
  const [right, down, on] = grid.steps;
  const half = (factor - 1) / 2;
  return {
    origin: plus(grid.origin, plus(times(right, half), times(down, half))),
    steps: [times(right, factor), times(down, factor), on],
    size: [Math.floor(grid.size[0] / factor), Math.floor(grid.size[1] / factor), grid.size[2]],
    knots: grid.knots,
  };
}

/** The least whole factor by which pictures must be made smaller for their voxels to fit; null where none helps. */
export function factorWithin(bytes: number, grid: Grid, bytesPerVoxel: number): number | null {
  for (let factor = 1; factor <= 4; factor++) {
    const [columns, rows, slices] = coarser(grid, factor).size;
    if (columns * rows * slices * bytesPerVoxel <= bytes) {
      return factor;
    }
  }
  return null;
}

/** Rows turn millimetres from the origin into voxels: the inverse of the steps. */
export type Inverse = readonly [Vector3, Vector3, Vector3];

export function inverseOf([a, b, c]: Grid["steps"]): Inverse {
  const volume = dot(a, cross(b, c));
  return [times(cross(b, c), 1 / volume), times(cross(c, a), 1 / volume), times(cross(a, b), 1 / volume)];
}

/** Voxels, whole or not, at a point of the patient. */
export function voxelAt(grid: Grid, inverse: Inverse, point: Vector3): Vector3 {
  const from = minus(point, grid.origin);
  return [dot(inverse[0], from), dot(inverse[1], from), dot(inverse[2], from)];
}

export type Side = "axial" | "coronal" | "sagittal";
export const SIDES: readonly Side[] = ["axial", "coronal", "sagittal"];

/** A stack of parallel slices through the volume, in a plane of the patient. */
export interface Stack {
  side: Side;
  /** Middle of the first pixel of the first slice. */
  origin: Vector3;
  /** Unit vectors along a row, down a column, from slice to slice. */
  right: Vector3;
  down: Vector3;
  on: Vector3;
  /** Millimetres from pixel to pixel, either way. */
  pixel: number;
  /** Millimetres from slice to slice. */
  gap: number;
  columns: number;
  rows: number;
  slices: number;
}

/** From the front to the back, from the head to the feet, from the right to the left; seen as films are hung. */
const DIRECTIONS: Readonly<Record<Side, readonly [right: Vector3, down: Vector3, on: Vector3]>> = {
  axial: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, -1],
  ],
  coronal: [
    [1, 0, 0],
    [0, 0, -1],
    [0, 1, 0],
  ],
  sagittal: [
    [0, 1, 0],
    [0, 0, -1],
    [1, 0, 0],
  ],
};

/** A side is no longer than so many pixels, and no stack has more slices; both become coarser instead. */
export const MOST_PIXELS = 1024;

/** The three stacks. Where the volume lies straight in the patient, their pixels and slices are its own voxels. */
export function stacksOf(grid: Grid): readonly Stack[] {
  const { least, most } = reach(grid);
  const spacing = axes(grid);
  const extent = [0, 1, 2].map((axis) => (most[axis] ?? 0) - (least[axis] ?? 0));
  return SIDES.map((side) => {
    const [right, down, on] = DIRECTIONS[side];
    const [x, y, z] = [axisOf(right), axisOf(down), axisOf(on)];
    const [width = 0, height = 0, depth = 0] = [extent[x], extent[y], extent[z]];
    const finest = Math.min(spacing[x] ?? 1, spacing[y] ?? 1);
    const pixel = Math.max(finest, width / (MOST_PIXELS - 1), height / (MOST_PIXELS - 1));
    const gap = Math.max(spacing[z] ?? 1, depth / (MOST_PIXELS - 1));
    // Rows and slices that run against an axis begin at its far end.
    const begin = (axis: number, way: Vector3) => ((way[axis] ?? 0) > 0 ? least : most)[axis] ?? 0;
    const start: [number, number, number] = [0, 0, 0];
    start[x] = begin(x, right);
    start[y] = begin(y, down);
    start[z] = begin(z, on);
    // A hair is added so that rounding does not lose the last one.
    const count = (length: number, step: number) => Math.floor(length / step + 1e-3) + 1;
    return {
      side,
      origin: start,
      right,
      down,
      on,
      pixel,
      gap,
      columns: count(width, pixel),
      rows: count(height, pixel),
      slices: count(depth, gap),
    };
  });
}

const axisOf = (direction: Vector3): number => direction.findIndex((part) => part !== 0);

/** How far the middles of the voxels reach along each axis of the patient. */
function reach({ origin, steps, size }: Grid): { least: Vector3; most: Vector3 } {
  const least: [number, number, number] = [...origin];
  const most: [number, number, number] = [...origin];
  for (const [at, step] of steps.entries()) {
    for (const axis of [0, 1, 2] as const) {
      const length = step[axis] * ((size[at] ?? 1) - 1);
      if (length > 0) {
        most[axis] += length;
      } else {
        least[axis] += length;
      }
    }
  }
  return { least, most };
}

/** The steps; where slices lie unevenly, the third is that of the quarter that lies closest together. */
export function stepsOf({ steps: [right, down, on], knots }: Grid): Grid["steps"] {
  if (knots === null) {
    return [right, down, on];
  }
  const gaps = knots
    .slice(1)
    .map((knot, at) => knot - (knots[at] ?? knot))
    .sort((a, b) => a - b);
  return [right, down, times(on, gaps[Math.floor(gaps.length / 4)] ?? 1)];
}

/** Millimetres between voxels along each axis of the patient: of the step that runs most nearly along it. */
function axes(grid: Grid): Vector3 {
  const steps = stepsOf(grid);
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ] as const;
  const share = (step: Vector3 | undefined, axis: 0 | 1 | 2) =>
    step === undefined ? 0 : Math.abs(step[axis]) / Math.hypot(...step);
  const agreement = (order: (typeof orders)[number]) =>
    share(steps[order[0]], 0) + share(steps[order[1]], 1) + share(steps[order[2]], 2);
  const best = orders.reduce((one, other) => (agreement(other) > agreement(one) ? other : one));
  const length = (step: Vector3, axis: 0 | 1 | 2) =>
    // Of a sheared step only what leads on along the axis counts.
    share(step, axis) > 0.5 ? Math.abs(step[axis]) : Math.hypot(...step);
  return [length(steps[best[0]], 0), length(steps[best[1]], 1), length(steps[best[2]], 2)];
}

/** Middle of a slice's first pixel. */
export function originOf(stack: Stack, index: number): Vector3 {
  return plus(stack.origin, times(stack.on, index * stack.gap));
}

/** The slice of a stack that comes closest to a point of the patient. */
export function sliceAt(stack: Stack, point: Vector3): number {
  const along = dot(minus(point, stack.origin), stack.on) / stack.gap;
  return Math.max(0, Math.min(stack.slices - 1, Math.round(along)));
}
