/** Which series are volumes, and why the others are refused. */

import { describe, expect, test } from "vitest";
import type { Frame, Vector3 } from "../src/source/model";
import { judge, originOf, type Refusal, type Stack } from "../src/volume/space";
import { filled, framesOf, PLANE, volumeOf } from "./volumes";

function refusalOf(frames: readonly Frame[]): Refusal {
  const judged = judge(frames);
  if ("volume" in judged) {
    throw new Error("it is a volume");
  }
  return judged.refusal;
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
      const values = new Int16Array(cutter.cut({ stack: axial as Stack, index, slab: PLANE }));
      const stored = values.find((one) => one !== plan.outcome.nothing) ?? 0;
      return stored - 1024 - (axial ? originOf(axial, index)[2] : 0) * 10;
    });
    expect(Math.max(...column.map(Math.abs))).toBeLessThan(1.5);
  });

  test("a slice that lies beside the others", () => {
    expect(refusalOf(changed(3, { position: [-35, -30, 107.5] })).reason).toBe("uneven");
  });
});
