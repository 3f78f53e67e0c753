/** What comes along with pictures is read as it is meant, and presentation states show pictures as they were left. */

import { describe, expect, test } from "vitest";
import { presentedRange, presentedView } from "../src/render/presented";
import { readOverlay, readRegion, readShutter, readTable } from "../src/source/additions";
import { partOf, readState } from "../src/source/presentation";
import { frameOf } from "./frames";

const base64 = (...bytes: number[]) => btoa(String.fromCharCode(...bytes));

describe("what comes along", () => {
  test("a table's entries become shades by its own bits", () => {
    const table = readTable({ name: "HARDER", first: -3, bits: 12, data: base64(0, 0, 255, 15) });
    expect(table).toEqual({ name: "HARDER", first: -3, shades: Float32Array.from([0, 1]) });
    expect(readTable({ bits: 0, data: base64(0, 0) })).toBeNull();
    expect(readTable({ bits: 12, data: "no base64!" })).toBeNull();
  });

  test("an overlay's runs are read across bytes, and those that go too far are refused", () => {
    const json = { rows: 20, columns: 20, row: 1, column: -2, runs: base64(0x80 | 72, 1, 5) };
    expect(readOverlay(json)).toMatchObject({ row: 1, column: -2, runs: Uint32Array.from([200, 5]) });
    expect(readOverlay({ ...json, rows: 10 })).toBeNull();
    expect(readOverlay({ ...json, runs: base64(255, 255, 255, 255, 255, 127) })).toBeNull();
  });

  test("a shutter without a shape and a region without a size are none", () => {
    expect(readShutter({ shade: 1, polygon: [[0, 0]] })).toBeNull();
    expect(readShutter({ circle: [5, 5, 3], shade: 7 })).toMatchObject({ circle: [5, 5, 3], shade: 1 });
    expect(readRegion({ box: [0, 0, 0, 10], delta: [1, 1] })).toBeNull();
  });
});

describe("presentation states", () => {
  const state = (changes: object = {}) =>
    readState({
      rescale: [1, -1024],
      rotation: 90,
      flip: true,
      parts: [{ images: { 1: null, 2: [3] }, window: { low: 0, high: 80, curve: "sigmoid" }, area: [0, 0, 2, 2] }],
      ...changes,
    });

  test("a state is about the frames that it names", () => {
    const about = (i: number, n: number) => partOf(state(), frameOf({ i, n })) !== null;
    expect([about(1, 0), about(1, 9), about(2, 3), about(2, 0), about(4, 0)]).toEqual([true, true, true, false, false]);
  });

  test("its window is in the values of its own rescale", () => {
    expect(presentedRange(state(), frameOf())).toEqual({ low: 0, high: 80, curve: "sigmoid" });
    expect(presentedRange(state({ rescale: [1, 0] }), frameOf())).toMatchObject({ low: -1024, high: -944 });
    expect(presentedRange(state({ rescale: null }), frameOf())).toMatchObject({ low: 0, high: 80 });
  });

  test("a picture is turned, then mirrored, and what is to be displayed fills the screen", () => {
    const view = presentedView(state(), frameOf(), { width: 100, height: 100 });
    expect(view.zoom).toBeCloseTo(2);
    // To the right, then mirrored: what ran down the columns runs to the right.
    expect(view.turn).toEqual([0, 1, 1, 0]);
    expect([view.panX, view.panY]).toEqual([50, 50]);
  });

  test("nonsense is a state of nothing", () => {
    expect(readState("no")).toMatchObject({ rotation: 0, shutter: null, parts: [] });
    expect(
      readState({ parts: [{ shapes: [{ kind: "strange" }, { kind: "line", points: ["x", 1] }] }] }).parts[0]?.shapes,
    ).toEqual([{ kind: "line", space: "picture", points: [1], filled: false }]);
  });
});
