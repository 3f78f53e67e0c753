/** Volumes out of slices, and slices out of volumes: where voxels lie, what is refused and why, values between them. */

import { describe, expect, test } from "vitest";
import { edgeLabels } from "../src/geometry/orientation";
import { cross, dot, planeOf, plus, seenAt, times } from "../src/geometry/planes";
import type { Frame, Orientation, SeriesManifest, Vector3 } from "../src/source/model";
import { Cutter } from "../src/volume/cutter";
import { coarserStack } from "../src/volume/draft";
import { bytesOfVolume, layersOf, planFor, seriesOf } from "../src/volume/plan";
import { cut, offsetsOf, outcomeFor, type Slab } from "../src/volume/reslice";
import {
  coarser,
  inverseOf,
  judge,
  originOf,
  type Refusal,
  sliceAt,
  stacksOf,
  type Volume,
  voxelAt,
} from "../src/volume/space";
import { fromTheMiddle } from "../src/volume/three-planes";
import { frameOf } from "./frames";

const AXIAL: Orientation = [1, 0, 0, 0, 1, 0];
const PLANE: Slab = { kind: "plane", thickness: 0 };

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

function framesOf(changes: Partial<Shape> = {}, frame: Partial<Frame> = {}): Frame[] {
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

function refusalOf(frames: readonly Frame[]): Refusal {
  const judged = judge(frames);
  if ("volume" in judged) {
    throw new Error("it is a volume");
  }
  return judged.refusal;
}

function volumeOf(frames: readonly Frame[], near = 0): Volume {
  const judged = judge(frames, near);
  if ("refusal" in judged) {
    throw new Error(judged.refusal.reason);
  }
  return judged.volume;
}

/** A value that is linear in the patient, so that interpolation must give it back exactly. */
const FIELD: Vector3 = [7, -5, 3];
const field = (point: Vector3) => dot(FIELD, point) * 2;

function oblique(tilt = 0): Partial<Shape> {
  const [a, b] = [0.5, 0.3];
  const row: Vector3 = [Math.cos(a), Math.sin(a), 0];
  const column: Vector3 = [-Math.sin(a) * Math.cos(b), Math.cos(a) * Math.cos(b), Math.sin(b)];
  const normal = cross(row, column);
  const shear = times(column, Math.tan(tilt) * 2.5);
  return { orientation: [...row, ...column], step: plus(times(normal, 2.5), shear) };
}

/** A cutter filled with a field, through the same layers as in the page. */
function filled(frames: readonly Frame[], volume: Volume, value: (point: Vector3) => number, bytes = 1e9) {
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

describe("a series is a volume", () => {
  test("when its slices lie evenly over each other, in whichever order they come", () => {
    const frames = framesOf();
    const volume = volumeOf([...frames].reverse());
    expect(volume.slices).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
    expect(volume.grid.origin).toEqual([-40, -30, 100]);
    expect(volume.grid.steps[2]).toEqual([0, 0, 2.5]);
    expect(volume.tilt).toBe(0);
    expect(volume.parts).toBe(1);
  });

  test("when its positions were written with few digits", () => {
    const frames = framesOf({ step: [0, 0, 2.5] }).map((frame, at) => ({
      ...frame,
      position: [-40, -30, Number((100 + at * 2.5001).toFixed(2))] as Vector3,
    }));
    expect(volumeOf(frames).slices).toHaveLength(8);
  });

  test("when a tilted gantry has shifted its slices: their positions tell by how much", () => {
    const volume = volumeOf(framesOf({ step: [0, Math.tan(0.3) * 2.5, 2.5] }));
    expect(volume.tilt).toBeCloseTo((0.3 * 180) / Math.PI, 6);
  });

  test("when several were taken at each place: the one on the screen is chosen", () => {
    const frames = framesOf().flatMap((frame) => [
      { ...frame, i: frame.i * 10, number: frame.i * 2 },
      { ...frame, i: frame.i * 10 + 1, number: frame.i * 2 + 1 },
    ]);
    expect(volumeOf(frames, 0)).toMatchObject({ part: 0, parts: 2, slices: [0, 2, 4, 6, 8, 10, 12, 14] });
    expect(volumeOf(frames, 5)).toMatchObject({ part: 1, parts: 2, slices: [1, 3, 5, 7, 9, 11, 13, 15] });
  });
});

describe("a series is refused, and told why", () => {
  const changed = (at: number, changes: Partial<Frame>) =>
    framesOf().map((frame, index) => (index === at ? { ...frame, ...changes } : frame));

  test.each([
    ["few", framesOf({ slices: 4 })],
    ["colour", changed(3, { samples: 3 })],
    ["places", changed(3, { position: null })],
    ["places", changed(3, { orientation: null })],
    ["places", framesOf().map((frame) => ({ ...frame, spacing: null }))],
    ["sizes", changed(3, { rows: 11 })],
    ["sizes", changed(3, { spacing: [0.8, 0.9] })],
    ["directions", changed(3, { orientation: [1, 0, 0, 0, 0.999, 0.045] })],
    ["directions", framesOf({ step: [0, 10, 2.5] })],
    ["repeated", [...framesOf(), ...framesOf().slice(0, 2)]],
  ])("%s", (reason, frames) => {
    expect(refusalOf(frames).reason).toBe(reason);
  });

  test("uneven gaps, with the least and the most", () => {
    const frames = framesOf({ slices: 9 }).filter((_, at) => at !== 4);
    expect(refusalOf(frames)).toEqual({ reason: "uneven", least: 2.5, most: 5 });
  });

  test("but not where uneven slices touch: then nothing is missing between them", () => {
    const heights = [0, 4, 8, 12, 16, 17, 24, 31, 38];
    const frames = heights.map((height, at) => ({
      ...(framesOf({ slices: 9, step: [0, 0.3 * height, height].map((part) => part / Math.max(1, at)) as never })[
        at
      ] as Frame),
      thickness: at < 5 ? 4 : 7,
    }));
    const volume = volumeOf(frames);
    expect(volume.uneven).toEqual({ least: 1, most: 7 });
    expect(volume.grid.knots?.map((knot) => Number((knot * 4.75).toFixed(6)))).toEqual(heights);
    expect(volume.tilt).toBeGreaterThan(10);
    const { plan, cutter } = filled(frames, volume, (point) => point[2] * 10);
    const [axial] = plan.stacks;
    expect(axial?.gap).toBeCloseTo(4, 6);
    const column = Array.from({ length: axial?.slices ?? 0 }, (_, index) => {
      const values = new Int16Array(cutter.cut({ stack: 0, index, slab: PLANE }));
      const stored = values.find((one) => one !== plan.outcome.nothing) ?? 0;
      return stored - 1024 - (axial ? originOf(axial, index)[2] : 0) * 10;
    });
    expect(Math.max(...column.map(Math.abs))).toBeLessThan(1.5);
  });

  test("a slice that lies beside the others", () => {
    expect(refusalOf(changed(3, { position: [-35, -30, 107.5] })).reason).toBe("uneven");
  });
});

describe("slices in the planes of the patient", () => {
  test("their letters are right, whichever way the volume was taken", () => {
    for (const shape of [{}, oblique(), oblique(0.25)]) {
      const [axial, coronal, sagittal] = stacksOf(volumeOf(framesOf(shape)).grid);
      const letters = (stack = axial) => {
        const all = stack === undefined ? null : edgeLabels([...stack.right, ...stack.down]);
        return `${all?.left}${all?.right}${all?.top}${all?.bottom}`;
      };
      expect(letters(axial)).toBe("RLAP");
      expect(letters(coronal)).toBe("RLHF");
      expect(letters(sagittal)).toBe("APHF");
    }
  });

  test("of a volume that lies straight they are its own pixels", () => {
    const { grid } = volumeOf(framesOf());
    const [axial, coronal, sagittal] = stacksOf(grid);
    expect(axial).toMatchObject({ columns: 12, rows: 10, slices: 8, pixel: 0.8, gap: 2.5, origin: [-40, -30, 117.5] });
    expect(coronal).toMatchObject({ columns: 12, rows: 22, slices: 10, pixel: 0.8, gap: 0.8 });
    expect(sagittal).toMatchObject({ columns: 10, rows: 22, slices: 12, pixel: 0.8 });
  });

  test("they hold every voxel of an oblique volume", () => {
    const { grid } = volumeOf(framesOf(oblique(0.2)));
    for (const stack of stacksOf(grid)) {
      for (const i of [0, grid.size[0] - 1]) {
        for (const j of [0, grid.size[1] - 1]) {
          for (const k of [0, grid.size[2] - 1]) {
            const corner = plus(
              plus(grid.origin, times(grid.steps[0], i)),
              plus(times(grid.steps[1], j), times(grid.steps[2], k)),
            );
            const from = plus(corner, times(stack.origin, -1));
            const within = (way: Vector3, step: number, count: number) =>
              dot(from, way) > -1e-6 && dot(from, way) < count * step;
            expect(within(stack.right, stack.pixel, stack.columns)).toBe(true);
            expect(within(stack.down, stack.pixel, stack.rows)).toBe(true);
            expect(within(stack.on, stack.gap, stack.slices)).toBe(true);
          }
        }
      }
    }
  });

  test("voxels and points of the patient are each other's inverse, sheared too", () => {
    const { grid } = volumeOf(framesOf(oblique(0.3)));
    const point = plus(
      plus(grid.origin, times(grid.steps[0], 2.25)),
      plus(times(grid.steps[1], 3.5), times(grid.steps[2], 4.75)),
    );
    const [x, y, z] = voxelAt(grid, inverseOf(grid.steps), point);
    expect([x, y, z].map((part) => Number(part.toFixed(9)))).toEqual([2.25, 3.5, 4.75]);
  });

  test("the slice nearest to a point is found", () => {
    const [axial] = stacksOf(volumeOf(framesOf()).grid);
    expect(axial && sliceAt(axial, [0, 0, 117.5])).toBe(0);
    expect(axial && sliceAt(axial, [0, 0, 101])).toBe(7);
    expect(axial && sliceAt(axial, [0, 0, -1000])).toBe(7);
  });
});

describe("values", () => {
  test.each([
    ["straight", {}],
    ["oblique", oblique()],
    ["tilted", { step: [0, Math.tan(0.3) * 2.5, 2.5] as Vector3 }],
    ["oblique and tilted", oblique(0.3)],
  ])("between the voxels of a %s volume are those of a straight line", (_, shape) => {
    const frames = framesOf(shape, { slope: 0.5, intercept: -1024, min: -4000, max: 8000 });
    const volume = volumeOf(frames);
    const { plan, cutter } = filled(frames, volume, field);
    const manifest: SeriesManifest = { id: 3, modality: "CT", title: "", unit: "HU", reference: "1.2", frames };
    let compared = 0;
    for (const [at, stack] of plan.stacks.entries()) {
      const made = seriesOf(manifest, volume, plan, at, "");
      for (const [index, frame] of made.frames.entries()) {
        const values = new Int16Array(cutter.cut({ stack: at, index, slab: PLANE }));
        const plane = planeOf(frame);
        expect(plane && seenAt(plane, originOf(stack, index))).toEqual({ column: 0.5, row: 0.5 });
        for (const [pixel, stored] of values.entries()) {
          if (stored !== plan.outcome.nothing) {
            const point = plus(
              originOf(stack, index),
              plus(
                times(stack.right, (pixel % stack.columns) * stack.pixel),
                times(stack.down, Math.floor(pixel / stack.columns) * stack.pixel),
              ),
            );
            // Stored values were cut to whole ones, at each of eight corners and once more.
            expect(Math.abs(stored * frame.slope + frame.intercept - field(point))).toBeLessThan(1);
            compared += 1;
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(1500);
  });

  test("of a slab are the highest, the lowest and the mean of its planes", () => {
    const frames = framesOf({}, { intercept: 0 });
    const volume = volumeOf(frames);
    const { plan, cutter } = filled(frames, volume, (point) => (point[2] - 100) * 10);
    const [axial, coronal] = plan.stacks;
    const at = (slab: Slab) => new Int16Array(cutter.cut({ stack: 0, index: 4, slab }))[0];
    // Slice 4 from the head lies at 107.5, and the next ones 2.5 above and below.
    expect(axial && originOf(axial, 4)[2]).toBe(107.5);
    expect(at(PLANE)).toBe(75);
    expect(at({ kind: "highest", thickness: 5 })).toBe(100);
    expect(at({ kind: "lowest", thickness: 5 })).toBe(50);
    expect(at({ kind: "mean", thickness: 5 })).toBe(75);
    expect(at({ kind: "highest", thickness: 4 })).toBe(75);
    // At the end of the volume only what is there counts.
    expect(at({ kind: "highest", thickness: 50 })).toBe(175);
    expect(coronal && offsetsOf(plan.grid, coronal, { kind: "mean", thickness: 4 })).toHaveLength(5);
  });

  test("padding is nothing, and does not run into its neighbours", () => {
    const frames = framesOf({}, { slope: 1, intercept: 0, padding: [-2000, -1500], min: -1024 });
    const volume = volumeOf(frames);
    const { plan, cutter } = filled(frames, volume, (point) => (point[0] < -37 ? -1700 : 500));
    const values = new Int16Array(cutter.cut({ stack: 0, index: 2, slab: PLANE }));
    expect([...new Set(values)].sort()).toEqual([plan.outcome.nothing, 500].sort());
    const coronal = new Int16Array(cutter.cut({ stack: 1, index: 2, slab: PLANE }));
    expect([...new Set(coronal)].sort()).toEqual([plan.outcome.nothing, 500].sort());
  });

  test("of pictures that differ in slope are modality values", () => {
    const frames = framesOf({}, { intercept: 0 }).map((frame, at) => ({ ...frame, slope: at % 2 === 0 ? 1 : 0.25 }));
    const volume = volumeOf(frames);
    const { plan, cutter } = filled(frames, volume, (point) => point[2]);
    const manifest: SeriesManifest = { id: 3, modality: "PT", title: "", unit: "", reference: "1.2", frames };
    expect(plan.format).toBe("f4");
    expect(seriesOf(manifest, volume, plan, 0, "").frames[0]).toMatchObject({ slope: 1, intercept: 0, format: "f4" });
    expect(new Float32Array(cutter.cut({ stack: 0, index: 0, slab: PLANE }))[0]).toBe(117.5 - 0.25 * ((117.5 * 4) % 1));
  });

  test("nothing has a value that no voxel has", () => {
    expect(outcomeFor(-1024, 3071, true)).toEqual({ format: "i2", nothing: -1025 });
    expect(outcomeFor(0, 255, true)).toEqual({ format: "i2", nothing: -1 });
    expect(outcomeFor(0, 40000, true)).toEqual({ format: "u2", nothing: 40001 });
    expect(outcomeFor(5, 65535, true)).toEqual({ format: "u2", nothing: 4 });
    expect(outcomeFor(0, 65535, true).format).toBe("f4");
    expect(outcomeFor(-0x8000, 5, true).format).toBe("f4");
  });
});

describe("what does not fit", () => {
  const frames = framesOf({ columns: 64, rows: 64, slices: 40 });

  test("is kept at half the resolution, where half the pixels lie", () => {
    const volume = volumeOf(frames);
    const whole = 64 * 64 * 40 * 2;
    expect(planFor(frames, volume, whole)?.factor).toBe(1);
    const { plan, cutter } = filled(frames, volume, field, whole - 1);
    expect(plan.factor).toBe(2);
    expect(bytesOfVolume(plan)).toBe(whole / 4);
    expect(plan.grid.origin.map((part) => Number(part.toFixed(9)))).toEqual([-39.6, -29.6, 100]);
    const [axial] = plan.stacks;
    expect(axial).toMatchObject({ columns: 32, rows: 32, pixel: 1.6 });
    const values = new Int16Array(cutter.cut({ stack: 0, index: 3, slab: PLANE }));
    const origin = axial && originOf(axial, 3);
    expect(Math.abs((values[0] ?? 0) - 1024 - field(origin ?? [0, 0, 0]))).toBeLessThan(2);
  });

  test("at a quarter neither is refused", () => {
    expect(planFor(frames, volumeOf(frames), 1000)).toBeNull();
  });

  test("the coarser grid leaves out what is left over", () => {
    expect(coarser(volumeOf(framesOf({ columns: 13 })).grid, 2).size).toEqual([6, 5, 8]);
  });
});

test("pictures in the middle are wanted first", () => {
  expect(fromTheMiddle([0, 1, 2, 3, 4])).toEqual([2, 1, 3, 0, 4]);
});

test("a rough slice lies where the exact one does", () => {
  for (const stack of stacksOf(volumeOf(framesOf({ columns: 512, rows: 512, slices: 300 })).grid)) {
    const coarse = coarserStack(stack);
    expect(coarse.columns).toBeLessThanOrEqual(145);
    expect(Math.abs(coarse.columns * coarse.pixel - stack.columns * stack.pixel)).toBeLessThan(coarse.pixel);
  }
});

test("a slice of nothing is nothing", () => {
  const { grid } = volumeOf(framesOf());
  const [axial] = stacksOf(grid);
  const body = { grid, voxels: new Int16Array(12 * 10 * 8), hole: null };
  const far = axial && { ...axial, origin: [500, 500, 500] as Vector3 };
  const outcome = outcomeFor(0, 10, true);
  expect(far && new Set(cut(body, far, 0, PLANE, outcome))).toEqual(new Set([-1]));
});
