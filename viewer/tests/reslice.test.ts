/** Slices out of volumes: where they lie, the values between voxels, and what does not fit. */

import { describe, expect, test } from "vitest";
import { edgeLabels } from "../src/geometry/orientation";
import { dot, planeOf, plus, seenAt, times } from "../src/geometry/planes";
import type { SeriesManifest, Vector3 } from "../src/source/model";
import { coarserStack } from "../src/volume/draft";
import { bytesOfVolume, planFor, seriesOf } from "../src/volume/plan";
import { cut, offsetsOf, outcomeFor, type Slab } from "../src/volume/reslice";
import { coarser, inverseOf, originOf, type Stack, sliceAt, stacksOf, voxelAt } from "../src/volume/space";
import { fromTheMiddle } from "../src/volume/three-planes";
import { field, filled, framesOf, oblique, PLANE, volumeOf } from "./volumes";

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
        const values = new Int16Array(cutter.cut({ stack: plan.stacks[at] as Stack, index, slab: PLANE }));
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
    const at = (slab: Slab) => new Int16Array(cutter.cut({ stack: plan.stacks[0] as Stack, index: 4, slab }))[0];
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
    const values = new Int16Array(cutter.cut({ stack: plan.stacks[0] as Stack, index: 2, slab: PLANE }));
    expect([...new Set(values)].sort()).toEqual([plan.outcome.nothing, 500].sort());
    const coronal = new Int16Array(cutter.cut({ stack: plan.stacks[1] as Stack, index: 2, slab: PLANE }));
    expect([...new Set(coronal)].sort()).toEqual([plan.outcome.nothing, 500].sort());
  });

  test("of pictures that differ in slope are modality values", () => {
    const frames = framesOf({}, { intercept: 0 }).map((frame, at) => ({ ...frame, slope: at % 2 === 0 ? 1 : 0.25 }));
    const volume = volumeOf(frames);
    const { plan, cutter } = filled(frames, volume, (point) => point[2]);
    const manifest: SeriesManifest = { id: 3, modality: "PT", title: "", unit: "", reference: "1.2", frames };
    expect(plan.format).toBe("f4");
    expect(seriesOf(manifest, volume, plan, 0, "").frames[0]).toMatchObject({ slope: 1, intercept: 0, format: "f4" });
    expect(new Float32Array(cutter.cut({ stack: plan.stacks[0] as Stack, index: 0, slab: PLANE }))[0]).toBe(
      117.5 - 0.25 * ((117.5 * 4) % 1),
    );
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
    const values = new Int16Array(cutter.cut({ stack: plan.stacks[0] as Stack, index: 3, slab: PLANE }));
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
