/** Where slices lie in the patient: points there and back, the nearest slice, and the line in which two slices meet. */

import { describe, expect, test } from "vitest";
import {
  cutLine,
  distanceTo,
  isParallel,
  middleOf,
  nearestSlice,
  planeOf,
  pointAt,
  seenAt,
} from "../src/geometry/planes";
import type { Frame, Orientation, Vector3 } from "../src/source/model";
import { frameOf } from "./frames";

const AXIAL: Orientation = [1, 0, 0, 0, 1, 0];
const SAGITTAL: Orientation = [0, 1, 0, 0, 0, -1];

function slice(orientation: Orientation, position: Vector3, size = 100, spacing: readonly [number, number] = [1, 1]) {
  return frameOf({ orientation, position, spacing, rows: size, columns: size });
}

function plane(frame: Frame) {
  const found = planeOf(frame);
  if (found === null) {
    throw new Error("no plane");
  }
  return found;
}

describe("a plane", () => {
  test("is not guessed where position, orientation or spacing is missing", () => {
    expect(planeOf(frameOf())).toBeNull();
    expect(planeOf(frameOf({ position: [0, 0, 0], orientation: [0, 0, 0, 0, 0, 0], spacing: [1, 1] }))).toBeNull();
  });

  test("takes the position for the middle of the first pixel, and the columns' spacing along a row", () => {
    const tall = plane(slice(AXIAL, [10, 20, 30], 100, [2, 0.5]));
    expect(pointAt(tall, { column: 0.5, row: 0.5 })).toEqual([10, 20, 30]);
    expect(pointAt(tall, { column: 10.5, row: 3.5 })).toEqual([15, 26, 30]);
  });

  test("leads from the picture to the patient and back", () => {
    const oblique = plane(slice([0.8, 0.6, 0, 0, 0, -1], [-40, 12, 7], 64, [0.7, 0.9]));
    const there = seenAt(oblique, pointAt(oblique, { column: 17.25, row: 40.5 }));
    expect(there.column).toBeCloseTo(17.25, 9);
    expect(there.row).toBeCloseTo(40.5, 9);
  });

  test("knows how far a point is along its normal", () => {
    expect(distanceTo(plane(slice(AXIAL, [0, 0, 5])), [40, -3, 12])).toBeCloseTo(7);
  });
});

describe("the nearest slice", () => {
  const stack = Array.from({ length: 20 }, (_, at) => slice(AXIAL, [0, 0, at * 3]));

  test("is the one whose plane is closest to the point", () => {
    expect(nearestSlice(stack, [5, 5, 31])).toEqual({ index: 10, distance: 1 });
    expect(nearestSlice(stack, [5, 5, -100])?.index).toBe(0);
  });

  test("of several at one place is the one nearest to where the cell stands", () => {
    const phases = Array.from({ length: 20 }, (_, at) => slice(AXIAL, [0, 0, (at % 5) * 3]));
    expect(nearestSlice(phases, [0, 0, 6], 13)?.index).toBe(12);
    expect(nearestSlice(phases, [0, 0, 6], 0)?.index).toBe(2);
  });

  test("there is none in a series without places", () => {
    expect(nearestSlice([frameOf(), frameOf()], [0, 0, 0])).toBeNull();
  });

  test("linked scrolling finds the slice at the same height in a stack with other gaps and the other way round", () => {
    const thick = Array.from({ length: 10 }, (_, at) => slice(AXIAL, [-50, -50, 57 - at * 6], 50));
    expect(nearestSlice(thick, middleOf(plane(stack[11] ?? frameOf())))?.index).toBe(4);
  });
});

describe("where two slices meet", () => {
  test("an axial and a sagittal one meet in a line from front to back", () => {
    const axial = plane(slice(AXIAL, [0, 0, 0]));
    const sagittal = plane(slice(SAGITTAL, [30, 0, 50]));
    const line = cutLine(axial, sagittal);
    expect(line?.map(({ column }) => column)).toEqual([30.5, 30.5]);
    expect(line?.map(({ row }) => row).sort((a, b) => a - b)).toEqual([0, 100]);
    const seen = cutLine(sagittal, axial);
    expect(seen?.map(({ row }) => row)).toEqual([50.5, 50.5]);
  });

  test("parallel slices do not meet", () => {
    const one = plane(slice(AXIAL, [0, 0, 0]));
    expect(cutLine(one, plane(slice(AXIAL, [0, 0, 3])))).toBeNull();
    expect(isParallel(one, plane(slice([-1, 0, 0, 0, 1, 0], [0, 0, 3])))).toBe(true);
  });

  test("a line is no longer than the slice that cuts", () => {
    const axial = plane(slice(AXIAL, [0, 0, 0]));
    const small = plane(slice(SAGITTAL, [30, 40, 10], 20));
    const rows = cutLine(axial, small)
      ?.map(({ row }) => row)
      .sort((a, b) => a - b);
    expect(rows?.[0]).toBeCloseTo(40);
    expect(rows?.[1]).toBeCloseTo(60);
  });

  test("slices that reach past each other do not meet", () => {
    const axial = plane(slice(AXIAL, [0, 0, 0]));
    expect(cutLine(axial, plane(slice(SAGITTAL, [30, 0, 300])))).toBeNull();
    expect(cutLine(axial, plane(slice(SAGITTAL, [300, 0, 50])))).toBeNull();
  });

  test("every point of the line lies in both planes, however oblique", () => {
    const one = plane(slice([0.8, 0.6, 0, 0, 0, -1], [-40, 10, 40], 90, [0.9, 0.8]));
    const other = plane(slice([1, 0, 0, 0, 0.6, 0.8], [-60, -30, -40], 110, [1.1, 1]));
    const line = cutLine(one, other);
    expect(line).not.toBeNull();
    for (const end of line ?? []) {
      expect(distanceTo(other, pointAt(one, end))).toBeCloseTo(0, 6);
    }
  });
});
