/** From stored values to shades: windows, previews, inversion, padding. */

import { describe, expect, test } from "vitest";
import { viewPixels } from "../src/decode/pixels";
import { UPRIGHT } from "../src/geometry/view";
import { shade } from "../src/render/canvas2d";
import type { Picture, Showing } from "../src/render/picture";
import { rebased, rgb } from "../src/render/webgl";
import {
  adjust,
  defaultRange,
  digitsFor,
  fullRange,
  grey,
  ownRanges,
  presets,
  rangeOfWindow,
  shadesOfSamples,
  shownWindow,
  windowOfRange,
} from "../src/render/window";
import { valuesAt } from "../src/viewer/probe";
import { frameOf } from "./frames";

const placement = { x: 0, y: 0, scaleX: 1, scaleY: 1, turn: UPRIGHT };

function shadesOf(picture: Picture, showing: Partial<Showing>): number[] {
  const target = new Uint8ClampedArray(picture.frame.rows * picture.frame.columns * 4);
  shade(target, picture, { placement, range: { low: 0, high: 255 }, invert: false, ...showing });
  return Array.from(target);
}

describe("window", () => {
  test("a window of 256 about 128 shows bytes as they are", () => {
    const range = rangeOfWindow(128, 256);
    expect(range).toEqual({ low: 0, high: 255 });
    expect(grey(51, range)).toBeCloseTo(0.2);
  });

  test("window and range turn into each other", () => {
    const window = windowOfRange(rangeOfWindow(40, 400));
    expect(window.center).toBeCloseTo(40);
    expect(window.width).toBeCloseTo(400);
  });

  test("a map of fractions is told its plain middle and span", () => {
    expect(shownWindow({ low: 0, high: 3 }, frameOf({ format: "f4" }))).toEqual({ center: 1.5, width: 3 });
    expect(shownWindow({ low: 0, high: 255 }, frameOf())).toEqual({ center: 128, width: 256 });
  });

  test("beyond the window there is black and white", () => {
    const range = rangeOfWindow(40, 80);
    expect(grey(-1000, range)).toBe(0);
    expect(grey(1000, range)).toBe(1);
  });

  test("a window one value wide is a threshold", () => {
    const range = rangeOfWindow(10, 1);
    expect(grey(9, range)).toBe(0);
    expect(grey(10, range)).toBe(1);
  });

  test("a picture is first shown as its preview is, so that nothing jumps", () => {
    expect(defaultRange(frameOf())).toEqual({ low: -160, high: 240 });
    expect(defaultRange(frameOf({ curve: "sigmoid" }))).toEqual({ low: -160, high: 240, curve: "sigmoid" });
  });

  test("an exact window and a sigmoid one have no half steps", () => {
    expect(rangeOfWindow(100, 50, "linear-exact")).toEqual({ low: 75, high: 125 });
    const sigmoid = rangeOfWindow(100, 50, "sigmoid");
    expect(grey(100, sigmoid)).toBeCloseTo(0.5);
    expect(grey(125, sigmoid)).toBeCloseTo(1 / (1 + Math.exp(-2)));
    expect(grey(0, sigmoid)).toBeGreaterThan(0);
  });

  test("a table gives each value from its first on its own shade, and those outside the nearest", () => {
    const table = { name: "", first: 10, shades: Float32Array.from([0.25, 1, 0.5]) };
    const [own] = ownRanges(frameOf({ tables: [table] }));
    const range = own?.range ?? { low: 0, high: 0 };
    expect([9, 10, 11, 12, 13].map((value) => grey(value, range))).toEqual([0.25, 0.25, 1, 0.5, 0.5]);
    expect(grey(20, adjust(range, 0, 0))).toBe(0.5);
  });

  test("what came with the picture is offered in its order, tables before windows", () => {
    const table = { name: "HARDER", first: 0, shades: Float32Array.from([0, 1]) };
    const frame = frameOf({ tables: [table], window: [[40, 400, "SOFT"]], windowFunction: "sigmoid" });
    expect(ownRanges(frame).map(({ name, range }) => [name, typeof range.curve])).toEqual([
      ["HARDER", "object"],
      ["SOFT", "string"],
    ]);
  });

  test("colour is shown as it is", () => {
    expect(defaultRange(frameOf({ samples: 3, low: 5, high: 9 }))).toEqual({ low: 0, high: 255 });
  });

  test("everything means modality values, also under a negative slope", () => {
    expect(fullRange(frameOf({ slope: -2, intercept: 10, min: 0, max: 100 }))).toEqual({ low: -190, high: 10 });
    expect(fullRange(frameOf({ min: 7, max: 7, intercept: 0 }))).toEqual({ low: 6, high: 8 });
  });

  test("a drag to the right widens, a drag down brightens", () => {
    const range = { low: 0, high: 100 };
    const wider = adjust(range, 50, 0);
    expect(wider.high - wider.low).toBeGreaterThan(100);
    expect((wider.high + wider.low) / 2).toBeCloseTo(50);
    expect(grey(50, adjust(range, 0, 20))).toBeGreaterThan(grey(50, range));
  });

  test("the usual windows are offered for Hounsfield units only", () => {
    expect(presets("CT", "HU").map((preset) => preset.id)).toContain("lung");
    expect(presets("CT", "")).toEqual([]);
    expect(presets("MR", "")).toEqual([]);
  });

  test("small ranges are told with more digits", () => {
    expect(digitsFor({ low: 0, high: 400 })).toBe(0);
    expect(digitsFor({ low: 0, high: 0.5 })).toBe(3);
  });
});

describe("shades without WebGL", () => {
  const frame = frameOf({ rows: 1, columns: 3, padding: [-2000, -2000], intercept: 0 });
  const pixels = Int16Array.from([-2000, 0, 255]);
  const picture: Picture = { key: "k", frame, pixels, bitmap: null };

  test("values are windowed and padding is black", () => {
    expect(shadesOf(picture, {})).toEqual([0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 255]);
  });

  test("inverted, padding stays black", () => {
    expect(shadesOf(picture, { invert: true })).toEqual([0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 255]);
  });

  test("an inverted frame (MONOCHROME1) shows its lowest value white", () => {
    const inverted: Picture = { key: "k", frame: { ...frame, invert: true, padding: null }, pixels, bitmap: null };
    expect(shadesOf(inverted, { range: { low: 0, high: 255 } }).slice(4, 7)).toEqual([255, 255, 255]);
  });

  test("colour passes untouched, and inverts when asked to", () => {
    const colour = frameOf({ rows: 1, columns: 1, samples: 3, format: "u1" });
    const red: Picture = { key: "c", frame: colour, pixels: Uint8Array.from([255, 10, 0]), bitmap: null };
    expect(shadesOf(red, {})).toEqual([255, 10, 0, 255]);
    expect(shadesOf(red, { invert: true })).toEqual([0, 245, 255, 255]);
  });

  test("a preview's shades stand for the values between its black and its white", () => {
    const shades = shadesOfSamples(frameOf(), { low: -160, high: 40 }, false);
    expect([0, 51, 102, 255].map((sample) => shades[sample])).toEqual([0, expect.closeTo(0.4), expect.closeTo(0.8), 1]);
  });

  test.each([
    "linear" as const,
    "sigmoid" as const,
    { name: "", first: -160, shades: Float32Array.from([0.1, 0.5, 0.9]) },
  ])("a preview is shown as it is with the window it was made with", (curve) => {
    const frame = frameOf({ curve, invert: true });
    const shades = shadesOfSamples(frame, defaultRange(frame), true);
    expect(Array.from(shades)).toEqual(Array.from({ length: 256 }, (_, at) => expect.closeTo(at / 255)));
  });

  test("a preview made along an S is windowed anew by way of its values", () => {
    const frame = frameOf({ curve: "sigmoid" });
    const made = defaultRange(frame);
    const shades = shadesOfSamples(frame, { low: -160, high: 240 }, false);
    for (const value of [-150, 0, 40, 100, 239]) {
      const sample = Math.round(grey(value, made) * 255);
      expect(Math.abs((shades[sample] ?? 0) - (value + 160) / 400)).toBeLessThan(0.02);
    }
  });

  test("many pixels are shaded as few are", () => {
    const wide = frameOf({ rows: 256, columns: 256, padding: [-5, -5], intercept: 0 });
    const values = Int16Array.from({ length: 65_536 }, (_, at) => at - 32_768);
    const shades = shadesOf(
      { key: "w", frame: wide, pixels: values, bitmap: null },
      { range: { low: -10, high: 245 } },
    );
    const at = (value: number) => shades[(value + 32_768) * 4];
    expect([-32_768, -10, -5, -4, 0, 245, 32_767].map(at)).toEqual([0, 0, 0, 6, 10, 255, 255]);
  });
});

describe("stored values", () => {
  test("bytes are read in the frame's own format", () => {
    const bytes = Int16Array.from([-5, 7]).buffer;
    const frame = frameOf({ rows: 1, columns: 2, format: "i2" });
    expect(Array.from(viewPixels(bytes, frame))).toEqual([-5, 7]);
    expect(valuesAt(viewPixels(bytes, frame), frame, 1, 0)).toEqual([-1017]);
  });

  test("too few bytes are refused", () => {
    expect(() => viewPixels(new ArrayBuffer(3), frameOf({ rows: 1, columns: 2 }))).toThrow();
  });

  test("large values go up as what they are above the lowest, so that a float tells them apart", () => {
    const frame = frameOf({ format: "u4", min: 4_000_000_000, padding: [5, 5] });
    const values = rebased(Uint32Array.from([4_000_000_000, 4_000_000_001, 5]), frame);
    expect(Array.from(values.subarray(0, 2))).toEqual([0, 1]);
    expect(values[2]).toBeLessThan(-1e38);
    expect(rebased(Float32Array.from([Number.NaN]), frame)[0]).toBeLessThan(-1e38);
  });

  test("sixteen-bit colour becomes eight bits", () => {
    expect(Array.from(rgb(Uint16Array.from([65535, 0, 257]), 3, 1))).toEqual([255, 0, 1]);
  });
});
