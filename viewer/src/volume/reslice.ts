/** Cuts slices and slabs out of voxels, in straight lines between them. Pure arithmetic, run off the page's thread. */

import { dot, times } from "../geometry/planes";
import type { Vector3 } from "../source/model";
import { type Grid, type Inverse, inverseOf, originOf, type Stack, stepsOf, voxelAt } from "./space";

/** Stored values, row by row, picture by picture. */
export type Voxels = Uint8Array | Int8Array | Uint16Array | Int16Array | Float32Array;

/** What a slice is made of: one plane, or of a slab's planes the highest, the lowest or the mean value. */
export type Kind = "plane" | "highest" | "lowest" | "mean";
export const KINDS: readonly Kind[] = ["plane", "highest", "lowest", "mean"];

export interface Slab {
  kind: Kind;
  /** Millimetres; of no account for a plane. */
  thickness: number;
}

export type Cut = Int16Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** The array that slices come in, and the value in it that stands for "nothing there". */
export interface Outcome {
  format: "i2" | "u2" | "f4";
  nothing: number;
}

/** The smallest format in which all stored values from min to max have room, and one more that none of them has. */
export function outcomeFor(min: number, max: number, whole: boolean): Outcome {
  if (whole && min - 1 >= -0x8000 && max <= 0x7fff) {
    return { format: "i2", nothing: min - 1 };
  }
  if (whole && min >= 1 && max <= 0xffff) {
    return { format: "u2", nothing: min - 1 };
  }
  if (whole && min >= 0 && max < 0xffff) {
    return { format: "u2", nothing: max + 1 };
  }
  return { format: "f4", nothing: Math.fround(min - Math.max(1, max - min)) };
}

/** The array that a slice with so many pixels comes in. */
export function emptyOf({ format }: Outcome, length: number): Cut {
  return format === "i2"
    ? new Int16Array(length)
    : format === "u2"
      ? new Uint16Array(length)
      : new Float32Array(length);
}

export interface Body {
  grid: Grid;
  voxels: Voxels;
  /** The voxel value that is no measurement; null where all are. */
  hole: number | null;
}

/** A point may lie so far outside of the outermost voxels' middles, in voxels, for want of digits. */
const RIM = 1e-3;

/** Millimetres between the planes of a slab: of the nearest voxels in the direction in which it is thick. */
function fineness(grid: Grid, on: Vector3): number {
  const along = stepsOf(grid).map((step) => ({ share: Math.abs(dot(step, on)) / Math.hypot(...step), step }));
  const best = along.reduce((one, other) => (other.share > one.share ? other : one));
  return Math.abs(dot(best.step, on));
}

/** How far the planes of a slab lie from its middle, in millimetres; they are an odd number. */
export function offsetsOf(grid: Grid, stack: Stack, { kind, thickness }: Slab): number[] {
  if (kind === "plane") {
    return [0];
  }
  const step = fineness(grid, stack.on);
  const half = Math.floor(thickness / 2 / step + 1e-6);
  return Array.from({ length: half * 2 + 1 }, (_, at) => (at - half) * step);
}

/** One slice of a stack. Pixels with nothing there have the outcome's `nothing`. */
export function cut(body: Body, stack: Stack, index: number, slab: Slab, outcome: Outcome): Cut {
  const target = emptyOf(outcome, stack.rows * stack.columns);
  const { grid } = body;
  const inverse = inverseOf(grid.steps);
  const corner = voxelAt(grid, inverse, originOf(stack, index));
  const ways = {
    corner,
    right: direction(inverse, times(stack.right, stack.pixel)),
    down: direction(inverse, times(stack.down, stack.pixel)),
    planes: offsetsOf(grid, stack, slab).map((offset) => direction(inverse, times(stack.on, offset))),
  };
  fill(target, body, stack, ways, slab.kind, outcome);
  return target;
}

const direction = (inverse: Inverse, way: Vector3): Vector3 => [
  dot(inverse[0], way),
  dot(inverse[1], way),
  dot(inverse[2], way),
];

interface Ways {
  /** In voxels. */
  corner: Vector3;
  right: Vector3;
  down: Vector3;
  planes: readonly Vector3[];
}

function fill(
  target: Cut,
  { grid, voxels, hole }: Body,
  { rows, columns }: Stack,
  { corner, right, down, planes }: Ways,
  kind: Kind,
  { format, nothing }: Outcome,
): void {
  const [mostX, mostY, mostZ] = [grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1];
  const [strideY, strideZ] = [grid.size[0], grid.size[0] * grid.size[1]];
  const whole = format !== "f4";
  const [stepX, stepY, stepZ] = right;
  const shifts = Float64Array.from(planes.flat());
  const rungs = grid.knots === null ? null : ladder(grid.knots);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const startX = corner[0] + row * down[0];
    const startY = corner[1] + row * down[1];
    const startZ = corner[2] + row * down[2];
    for (let column = 0; column < columns; column++, at++) {
      let result = 0;
      let found = 0;
      for (let plane = 0; plane < shifts.length; plane += 3) {
        let x = startX + column * stepX + (shifts[plane] as number);
        let y = startY + column * stepY + (shifts[plane + 1] as number);
        let z = startZ + column * stepZ + (shifts[plane + 2] as number);
        if (x < -RIM || y < -RIM || z < -RIM || x > mostX + RIM || y > mostY + RIM || z > mostZ + RIM) {
          continue;
        }
        // Rounding of a whole position must not mix in a neighbour, which may be a hole.
        x = settled(x, mostX);
        y = settled(y, mostY);
        z = settled(rungs === null ? z : climbed(rungs, z), mostZ);
        const i = x | 0;
        const j = y | 0;
        const k = z | 0;
        const u = x - i;
        const v = y - j;
        const w = z - k;
        const base = i + j * strideY + k * strideZ;
        let value = voxels[base] as number;
        if (value === hole) {
          continue;
        }
        // In volumes that lie straight most points are voxels.
        if (u !== 0 || v !== 0 || w !== 0) {
          const nextX = u > 0 ? 1 : 0;
          const nextY = v > 0 ? strideY : 0;
          const nextZ = w > 0 ? strideZ : 0;
          const b = voxels[base + nextX] as number;
          const c = voxels[base + nextY] as number;
          const d = voxels[base + nextY + nextX] as number;
          const e = voxels[base + nextZ] as number;
          const f = voxels[base + nextZ + nextX] as number;
          const g = voxels[base + nextZ + nextY] as number;
          const h = voxels[base + nextZ + nextY + nextX] as number;
          if (
            hole !== null &&
            (b === hole || c === hole || d === hole || e === hole || f === hole || g === hole || h === hole)
          ) {
            continue;
          }
          const near = (value + (b - value) * u) * (1 - v) + (c + (d - c) * u) * v;
          const far = (e + (f - e) * u) * (1 - v) + (g + (h - g) * u) * v;
          value = near + (far - near) * w;
        }
        if (kind === "mean") {
          result += value;
        } else if (found === 0 || (kind === "lowest" ? value < result : value > result)) {
          result = value;
        }
        found += 1;
      }
      if (found === 0) {
        target[at] = nothing;
      } else {
        const made = kind === "mean" ? result / found : result;
        target[at] = whole ? Math.round(made) : made;
      }
    }
  }
}

/** Uneven slices, found fast: for places evenly apart, the last slice at or before each. */
interface Ladder {
  knots: Float64Array;
  before: Int32Array;
  perStep: number;
}

function ladder(knots: readonly number[]): Ladder {
  const gaps = knots.slice(1).map((knot, at) => knot - (knots[at] ?? knot));
  const perStep = 1 / Math.min(...gaps);
  const before = new Int32Array(Math.ceil((knots.at(-1) ?? 0) * perStep) + 2);
  for (let at = 0, slice = 0; at < before.length; at++) {
    while (slice < knots.length - 2 && (knots[slice + 1] ?? 0) <= at / perStep) {
      slice += 1;
    }
    before[at] = slice;
  }
  return { knots: Float64Array.from(knots), before, perStep };
}

/** From a place along the stack to a slice, whole or not. */
function climbed({ knots, before, perStep }: Ladder, z: number): number {
  let slice = before[z < 0 ? 0 : (z * perStep) | 0] as number;
  while (slice < knots.length - 2 && z >= (knots[slice + 1] as number)) {
    slice += 1;
  }
  const from = knots[slice] as number;
  return slice + (z - from) / ((knots[slice + 1] as number) - from);
}

const SNAP = 1e-4;

/** A position within the volume, whole where it is so within rounding. */
function settled(position: number, most: number): number {
  const whole = Math.round(position);
  const near = Math.abs(position - whole) < SNAP ? whole : position;
  return near < 0 ? 0 : near > most ? most : near;
}

/** Stored values of one picture, its holes marked, `factor` × `factor` pixels made one by their mean. */
export function reduced(
  pixels: ArrayLike<number>,
  size: { rows: number; columns: number },
  factor: number,
  read: (stored: number) => number,
  hole: number | null,
  target: Voxels,
  start: number,
): void {
  const columns = Math.floor(size.columns / factor);
  const rows = Math.floor(size.rows / factor);
  const whole = !(target instanceof Float32Array);
  let at = start;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      let sum = 0;
      let holes = false;
      for (let y = 0; y < factor; y++) {
        const from = (row * factor + y) * size.columns + column * factor;
        for (let x = 0; x < factor; x++) {
          const value = read(pixels[from + x] ?? 0);
          holes ||= value === hole;
          sum += value;
        }
      }
      const mean = sum / (factor * factor);
      target[at] = holes && hole !== null ? hole : whole ? Math.round(mean) : mean;
    }
  }
}
