/** Words beside what they are about: where they lie, and what they say. */

import { describe, expect, test } from "vitest";
import { type PicturePoint, place, WHOLE } from "../src/geometry/view";
import { type Box, layLabels, touches } from "../src/measure/labels";
import { KINDS, type Kind, POINTS } from "../src/measure/model";
import { resultOf } from "../src/measure/results";
import { type Stroke, stretches, strokesOf } from "../src/measure/strokes";
import { frameOf } from "./frames";
import { SCREEN, xy } from "./hands";

describe("words", () => {
  const strokes = (kind: Kind, ...points: PicturePoint[]) =>
    strokesOf({ kind, points }, place({ rows: 400, columns: 400, aspect: 1 }, SCREEN, WHOLE));
  const at = (column: number, row: number): PicturePoint => ({ column, row });
  const free = (box: Box, lines: readonly Stroke[]) =>
    lines.flatMap(stretches).every((segment) => !touches(box, segment));

  test("a box is touched by a line through it, along it or into it, and by no other", () => {
    const box = { x: 10, y: 10, width: 20, height: 10 };
    expect(touches(box, [xy(0, 15), xy(50, 15)])).toBe(true);
    expect(touches(box, [xy(15, 12), xy(18, 13)])).toBe(true);
    expect(touches(box, [xy(0, 0), xy(40, 40)])).toBe(true);
    expect(touches(box, [xy(0, 15), xy(9, 15)])).toBe(false);
    expect(touches(box, [xy(0, 30), xy(40, 21)])).toBe(false);
    expect(touches(box, [xy(15, 15), xy(15, 15)])).toBe(true);
  });

  test("they never lie over what they measure, and stay on the screen, wherever it lies", () => {
    for (const kind of KINDS) {
      for (const [x, y] of [
        [10, 10],
        [370, 10],
        [10, 370],
        [370, 370],
        [200, 200],
      ] as const) {
        const points = [at(x, y), at(x < 200 ? x + 70 : x - 70, y < 200 ? y + 40 : y - 40), at(x, y - 5), at(y, x)];
        const lines = strokes(kind, ...points.slice(0, POINTS[kind]));
        const [box] = layLabels([{ strokes: lines, width: 90, height: 60 }], SCREEN);
        expect(box).toBeDefined();
        if (box !== undefined) {
          expect(free(box, lines)).toBe(true);
          expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(400);
          expect(box.y + box.height).toBeLessThanOrEqual(400);
        }
      }
    }
  });

  test("two labels do not lie over one another", () => {
    const near = [strokes("length", at(100, 100), at(150, 100)), strokes("length", at(100, 112), at(150, 112))];
    const [a, b] = layLabels(
      near.map((lines) => ({ strokes: lines, width: 80, height: 24 })),
      SCREEN,
    );
    expect(a && b && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height).toBe(
      false,
    );
  });

  test("without full values only what needs none is said", () => {
    const frame = frameOf({ rows: 4, columns: 6, spacing: [2, 0.5], calibration: "given" });
    const pixels = Int16Array.from({ length: 24 }, (_, value) => value + 1024);
    const box = { id: "1", kind: "rectangle" as const, on: { series: 1, instance: 1, frame: 0 }, text: "" };
    const measurement = { ...box, points: [at(1, 1), at(3, 3)] };
    expect(resultOf(measurement, frame, "HU", null)).toEqual({ lines: ["4 mm²"], waiting: true });
    expect(resultOf(measurement, frame, "HU", pixels)).toEqual({
      lines: ["Mean 10.5 HU", "SD 3", "From 7 to 14", "4 mm²"],
      waiting: false,
      values: { mean: 10.5, deviation: expect.closeTo(3.041, 3), least: 7, most: 14 },
    });
  });

  test("millimetres that do not hold in the patient say where they do", () => {
    const line = { id: "1", kind: "length" as const, on: { series: 1, instance: 1, frame: 0 }, text: "" };
    const said = (changes: Parameters<typeof frameOf>[0]) =>
      resultOf({ ...line, points: [at(0, 0), at(30, 40)] }, frameOf(changes), "", null).lines;
    expect(said({ spacing: [0.5, 0.5], calibration: "given" })).toEqual(["25 mm"]);
    expect(said({ spacing: [0.5, 0.5], calibration: "detector" })).toEqual(["25 mm at the detector"]);
    expect(said({ spacing: [0.5, 0.5], calibration: "unknown" })).toEqual(["25 mm (not calibrated)"]);
    expect(said({ calibration: "none" })).toEqual(["50 pixels"]);
  });

  test("in a chart of speed over time, each direction is told in its own unit", () => {
    const regions = [
      {
        box: [0, 0, 200, 100] as const,
        format: 3,
        unitX: "s",
        unitY: "cm/s",
        deltaX: 0.01,
        deltaY: -2,
        reference: [0, 50] as const,
        referenceValue: [0, 0] as const,
      },
    ];
    const frame = frameOf({ rows: 100, columns: 200, samples: 3, regions });
    const base = { id: "1", on: { series: 1, instance: 1, frame: 0 }, text: "" };
    const line = { ...base, kind: "length" as const, points: [at(10, 50), at(60, 20)] };
    expect(resultOf(line, frame, "", null).lines).toEqual(["0.5 s", "60 cm/s"]);
    const peak = { ...base, kind: "point" as const, points: [at(60, 20)] };
    expect(resultOf(peak, frame, "", null).lines).toEqual(["0.6 s", "60 cm/s"]);
  });
});
