/** Planes that are turned stay at right angles, cut the volume where they say, and go through the point that they turn about. */

import { describe, expect, test } from "vitest";
import { cross, dot, minus, plus, times } from "../src/geometry/planes";
import type { Vector3 } from "../src/source/model";
import { originOf, sliceAt, stacksOf } from "../src/volume/space";
import { isSameWay, stackAlong, turned } from "../src/volume/turning";
import { field, filled, framesOf, PLANE, volumeOf } from "./volumes";

const POINT: Vector3 = [-36.3, -27.1, 109.2];

describe("turned planes", () => {
  const { grid } = volumeOf(framesOf({ columns: 20, rows: 18, slices: 12 }));
  const straight = stacksOf(grid);

  test("the plane in which lines are turned stays; the others turn with its picture, at right angles to it and each other", () => {
    const [axial, coronal, sagittal] = turned(straight, 0, 30);
    expect(axial).toBe(straight[0]);
    if (axial === undefined || coronal === undefined || sagittal === undefined) {
      throw new Error("there are three");
    }
    const normals = [axial, coronal, sagittal].map(({ right, down }) => cross(right, down));
    for (const [one, other] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      expect(dot(normals[one] ?? [1, 1, 1], normals[other] ?? [1, 1, 1])).toBeCloseTo(0, 12);
    }
    // In the axial picture x runs to the right and y down: what lay along x points down by 30 degrees.
    expect(coronal.right.map((part) => Number(part.toFixed(6)))).toEqual([0.866025, 0.5, 0]);
    expect(coronal.down).toEqual([0, 0, -1]);
  });

  test("there and back is the same way", () => {
    const back = turned(turned(straight, 1, 40), 1, -40);
    expect(back.every((axes, at) => isSameWay(axes, straight[at] ?? axes))).toBe(true);
    expect(turned(straight, 1, 0.1).every((axes, at) => isSameWay(axes, straight[at] ?? axes))).toBe(false);
  });

  test("a slice goes through the point, and the stack holds the whole volume", () => {
    for (const [at, axes] of turned(turned(straight, 0, 33), 2, -21).entries()) {
      const stack = stackAlong(grid, straight[at]?.side ?? "axial", axes, POINT);
      const index = sliceAt(stack, POINT);
      expect(dot(minus(POINT, originOf(stack, index)), stack.on)).toBeCloseTo(0, 9);
      for (let corner = 0; corner < 8; corner++) {
        const place = grid.steps.reduce(
          (from: Vector3, step, axis) =>
            corner & (1 << axis) ? plus(from, times(step, (grid.size[axis] ?? 1) - 1)) : from,
          grid.origin,
        );
        const from = minus(place, stack.origin);
        for (const [way, step, count] of [
          [stack.right, stack.pixel, stack.columns],
          [stack.down, stack.pixel, stack.rows],
          [stack.on, stack.gap, stack.slices],
        ] as const) {
          const steps = dot(from, way) / step;
          expect(steps).toBeGreaterThan(-0.51);
          expect(steps).toBeLessThan(count - 0.49);
        }
      }
    }
  });

  test("its values are those of the field at the places it says", () => {
    const frames = framesOf(
      { columns: 20, rows: 18, slices: 12 },
      { slope: 0.5, intercept: -1024, min: -4000, max: 8000 },
    );
    const volume = volumeOf(frames);
    const { plan, cutter } = filled(frames, volume, field);
    let compared = 0;
    for (const [at, axes] of turned(turned(plan.stacks, 0, 33), 2, -21).entries()) {
      const stack = stackAlong(plan.grid, plan.stacks[at]?.side ?? "axial", axes, POINT);
      const index = sliceAt(stack, POINT);
      const values = new Int16Array(cutter.cut({ stack, index, slab: PLANE }));
      for (const [pixel, stored] of values.entries()) {
        if (stored !== plan.outcome.nothing) {
          const along = times(stack.right, (pixel % stack.columns) * stack.pixel);
          const down = times(stack.down, Math.floor(pixel / stack.columns) * stack.pixel);
          const place = plus(originOf(stack, index), plus(along, down));
          expect(Math.abs(stored * 0.5 - 1024 - field(place))).toBeLessThan(1);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(400);
  });
});
