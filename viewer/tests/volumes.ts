/** Series that are volumes, filled with values that are known everywhere. */

import { cross, dot, plus, times } from "../src/geometry/planes";
import type { Frame, Orientation, Vector3 } from "../src/source/model";
import { Cutter } from "../src/volume/cutter";
import { layersOf, planFor } from "../src/volume/plan";
import type { Slab } from "../src/volume/reslice";
import { judge, type Volume } from "../src/volume/space";
import { frameOf } from "./frames";

const AXIAL: Orientation = [1, 0, 0, 0, 1, 0];
export const PLANE: Slab = { kind: "plane", thickness: 0 };

interface Shape {
  columns: number;
  rows: number;
  slices: number;
  orientation: Orientation;
  spacing: readonly [number, number];
  origin: Vector3;
  /** From picture to picture. */
  step: Vector3;
}

const SHAPE: Shape = {
  columns: 12,
  rows: 10,
  slices: 8,
  orientation: AXIAL,
  spacing: [0.8, 0.8],
  origin: [-40, -30, 100],
  step: [0, 0, 2.5],
};

export function framesOf(changes: Partial<Shape> = {}, frame: Partial<Frame> = {}): Frame[] {
  const { columns, rows, slices, orientation, spacing, origin, step } = { ...SHAPE, ...changes };
  return Array.from({ length: slices }, (_, at) =>
    frameOf({
      i: at + 1,
      columns,
      rows,
      orientation,
      spacing,
      position: plus(origin, times(step, at)),
      number: at + 1,
      min: -2000,
      max: 2000,
      calibration: "given",
      ...frame,
    }),
  );
}

export function volumeOf(frames: readonly Frame[], near = 0): Volume {
  const judged = judge(frames, near);
  if ("refusal" in judged) {
    throw new Error(judged.refusal.reason);
  }
  return judged.volume;
}

/** A value that is linear in the patient, so that interpolation must give it back exactly. */
const FIELD: Vector3 = [7, -5, 3];
export const field = (point: Vector3) => dot(FIELD, point) * 2;

export function oblique(tilt = 0): Partial<Shape> {
  const [a, b] = [0.5, 0.3];
  const row: Vector3 = [Math.cos(a), Math.sin(a), 0];
  const column: Vector3 = [-Math.sin(a) * Math.cos(b), Math.cos(a) * Math.cos(b), Math.sin(b)];
  const normal = cross(row, column);
  const shear = times(column, Math.tan(tilt) * 2.5);
  return { orientation: [...row, ...column], step: plus(times(normal, 2.5), shear) };
}

/** A cutter filled with a field, through the same layers as in the page. */
export function filled(frames: readonly Frame[], volume: Volume, value: (point: Vector3) => number, bytes = 1e9) {
  const plan = planFor(frames, volume, bytes);
  if (plan === null) {
    throw new Error("too large");
  }
  const cutter = new Cutter(plan);
  for (const [slice, layer] of layersOf(frames, volume, plan).entries()) {
    const frame = frames[volume.slices[slice] ?? 0];
    const { origin, steps } = volume.grid;
    const pixels = new Int16Array(layer.rows * layer.columns);
    for (let row = 0; row < layer.rows; row++) {
      for (let column = 0; column < layer.columns; column++) {
        const point = plus(
          plus(origin, times(steps[0], column)),
          plus(times(steps[1], row), times(steps[2], volume.grid.knots?.[slice] ?? slice)),
        );
        pixels[row * layer.columns + column] = (value(point) - (frame?.intercept ?? 0)) / (frame?.slope ?? 1);
      }
    }
    cutter.put(layer, pixels.buffer);
  }
  return { plan, cutter };
}
