/** What comes along with pictures is read as it is meant, and presentation states show pictures as they were left. */

import { describe, expect, test } from "vitest";
import { isMarkedAs } from "../src/measure/model";
import { presentedRange, presentedView } from "../src/render/presented";
import { grey } from "../src/render/window";
import { readOverlay, readRegion, readShutter, readTable } from "../src/source/additions";
import { boxOf, isAbout, partOf, readMarks, readState } from "../src/source/presentation";
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

  test("a presentation LUT shades what the window made, whatever its curve", () => {
    const shades = { name: "", first: 0, bits: 8, data: base64(0, 0, 255, 0, 0, 0) };
    const at = (curve: unknown, value: number) => {
      const window = { low: 0, high: 80, curve };
      const shown = presentedRange(state({ shades, parts: [{ images: { 1: null }, window }] }), frameOf());
      return shown === null ? Number.NaN : grey(value, shown);
    };
    expect([at("linear", 0), at("linear", 40), at("linear", 80)]).toEqual([0, 1, 0]);
    expect(at("sigmoid", 40)).toBeCloseTo(1, 2);
    expect(at("sigmoid", 80)).toBeCloseTo(2 * (1 - 1 / (1 + Math.exp(-2))), 2);
    const table = { name: "", first: 0, bits: 8, data: base64(255, 0, 128, 0) };
    expect(at(table, 0)).toBeCloseTo(0, 3);
    expect(at(table, 80)).toBeCloseTo(254 / 255, 2);
  });

  test("palettes and a state's own overlays are read", () => {
    const runs = base64(2, 3);
    const read = state({
      palette: base64(0, 0, 0, 255, 128, 0),
      overlays: [{ rows: 4, columns: 4, row: 1, column: 0, runs, frame: 2 }, { rows: 0 }],
      shutter: { bitmap: { rows: 4, columns: 4, row: 0, column: 0, runs }, shade: 1 },
    });
    expect(read.palette?.colours).toEqual(Uint8Array.from([0, 0, 0, 255, 128, 0]));
    expect(read.overlays).toMatchObject([{ frame: 2, overlay: { rows: 4, row: 1 } }]);
    expect(read.shutter).toMatchObject({ rectangle: null, bitmap: { columns: 4 }, shade: 1 });
    expect(state({ palette: base64(1, 2, 3, 4) }).palette).toBeNull();
  });
});

describe("marks of reports", () => {
  const line = { kind: "line", space: "picture", points: [1, 2, 30, 20], filled: false };

  test("each is about its picture, with its words at the point furthest to the right", () => {
    const [mark, ...others] = readMarks({
      marks: [
        { instance: 7, frames: [2], shapes: [line], words: "Length: 5 mm" },
        { instance: 7, frames: null, shapes: [{ kind: "text" }], words: "no shape" },
        { instance: "7", shapes: [line] },
      ],
    });
    expect(others).toEqual([]);
    if (mark === undefined) {
      throw new Error("none was read");
    }
    expect([isAbout(mark, frameOf({ i: 7, n: 2 })), isAbout(mark, frameOf({ i: 7, n: 1 }))]).toEqual([true, false]);
    expect(mark.shapes.at(-1)).toMatchObject({ kind: "text", text: "Length: 5 mm", anchor: [30, 20] });
    expect(boxOf(mark.shapes)).toEqual([1, 2, 30, 20]);
  });

  test("a measurement knows its own mark, so that it is not drawn twice", () => {
    const on = { series: 1, instance: 7, frame: 2 };
    const points = [
      { column: 30.004, row: 2 },
      { column: 1, row: 20 },
    ];
    const measured = { id: "1", on, points, text: "" };
    expect(isMarkedAs({ ...measured, kind: "length" }, [1, 2, 30, 20])).toBe(true);
    expect(isMarkedAs({ ...measured, kind: "length" }, [1, 2, 31, 20])).toBe(false);
    expect(isMarkedAs({ ...measured, kind: "arrow" }, [30, 2, 30, 2])).toBe(true);
  });
});
