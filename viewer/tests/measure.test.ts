/** Measuring against phantoms worked out by hand: unequal spacing, borders, padding, every way up. */

import { describe, expect, test } from "vitest";
import { CHANGES, type PicturePoint, place, toPicture, toScreen, turned, WHOLE } from "../src/geometry/view";
import { angleAt, angleBetween, area, length, statistics } from "../src/measure/arithmetic";
import { handles, type Measurement, withHandle } from "../src/measure/model";
import { scaleFor } from "../src/measure/scale";
import type { Calibration, Region } from "../src/source/model";
import { frameOf } from "./frames";

const at = (column: number, row: number): PicturePoint => ({ column, row });
const SQUARE = { meaning: "patient", column: 1, row: 1 } as const;
/** Pixels 0.5 mm wide and 2 mm high. */
const TALL = { meaning: "patient", column: 0.5, row: 2 } as const;

describe("lengths and angles", () => {
  test("a length on square pixels is that of Pythagoras", () => {
    expect(length(at(10, 10), at(13, 14), SQUARE)).toBe(5);
  });

  test("a length on tall pixels counts each direction by its own spacing", () => {
    // 6 columns of 0.5 mm and 2 rows of 2 mm.
    expect(length(at(0, 0), at(6, 2), TALL)).toBe(5);
    expect(length(at(6, 0), at(0, 2), TALL)).toBe(5);
  });

  test("what is 45 degrees in pixels is not on tall ones", () => {
    expect(angleAt(at(1, 0), at(0, 0), at(1, 1), SQUARE)).toBeCloseTo(45, 12);
    // tan = 2 / 0.5.
    expect(angleAt(at(1, 0), at(0, 0), at(1, 1), TALL)).toBeCloseTo(75.963756532, 8);
  });

  test("angles run from 0 to 180, whichever arm was drawn first", () => {
    expect(angleAt(at(5, 0), at(0, 0), at(-5, 0), SQUARE)).toBe(180);
    expect(angleAt(at(5, 0), at(0, 0), at(9, 0), SQUARE)).toBe(0);
    expect(angleAt(at(0, 5), at(0, 0), at(5, 0), SQUARE)).toBe(90);
    expect(angleAt(at(5, 0), at(0, 0), at(0, 5), SQUARE)).toBe(90);
  });

  test("an arm without length makes no angle", () => {
    expect(angleAt(at(0, 0), at(0, 0), at(1, 1), SQUARE)).toBeNull();
  });

  test("the angle between two lines does not mind their direction", () => {
    const level = [at(0, 0), at(10, 0)] as const;
    const up = [at(0, 20), at(10, 10)] as const;
    const down = [at(10, 10), at(0, 20)] as const;
    expect(angleBetween(level, up, SQUARE)).toBeCloseTo(45, 12);
    expect(angleBetween(level, down, SQUARE)).toBeCloseTo(45, 12);
  });

  test("areas count both spacings", () => {
    expect(area("rectangle", at(4, 6), at(0, 0), TALL)).toBe(24);
    expect(area("ellipse", at(0, 0), at(4, 6), TALL)).toBeCloseTo(6 * Math.PI, 12);
  });
});

describe("scale", () => {
  test("spacing comes as row, then column", () => {
    const frame = frameOf({ spacing: [2, 0.5], aspect: 4, calibration: "given" });
    expect(scaleFor(frame, [])).toEqual({ meaning: "patient", column: 0.5, row: 2 });
  });

  test("without spacing, lengths are in pixels, tall ones counted as tall", () => {
    expect(scaleFor(frameOf({ aspect: 2, calibration: "none" }), [])).toEqual({ meaning: "none", column: 1, row: 2 });
  });

  test("what the spacing of a projection means goes with it", () => {
    const meaning = (calibration: Calibration) => scaleFor(frameOf({ spacing: [0.1, 0.1], calibration }), []).meaning;
    expect(meaning("detector")).toBe("detector");
    expect(meaning("fiducial")).toBe("patient");
    expect(meaning("magnification")).toBe("estimated");
    expect(meaning("unknown")).toBe("unknown");
    expect(meaning("scanned")).toBe("film");
  });

  test("in ultrasound, each region has its own scale, and between regions there is none", () => {
    const region = (box: Region["box"], deltaX: number, deltaY: number, unitX = "cm"): Region => ({
      box,
      format: 1,
      unitX,
      unitY: "cm",
      deltaX,
      deltaY,
      reference: null,
      referenceValue: null,
    });
    const regions = [
      region([0, 0, 99, 99], 0.02, -0.03),
      region([100, 0, 199, 99], 0.05, 0.05),
      region([0, 100, 199, 199], 0.01, 0.05, "s"),
    ];
    const frame = frameOf({ spacing: [0.3, 0.2], calibration: "given", regions });
    const scale = scaleFor(frame, [at(1, 1), at(50, 50)]);
    expect(scale.meaning).toBe("patient");
    expect(scale.column).toBeCloseTo(0.2, 12);
    expect(scale.row).toBeCloseTo(0.3, 12);
    expect(scaleFor(frame, [at(120, 1), at(130, 50)]).column).toBeCloseTo(0.5, 12);
    expect(scaleFor(frame, [at(50, 50), at(150, 50)]).meaning).toBe("none");
    expect(scaleFor(frame, [at(50, 150), at(150, 150)]).meaning).toBe("none");
  });
});

describe("values within an outline", () => {
  /** Six columns and four rows holding 0, 1, 2 … 23. */
  const frame = frameOf({ rows: 4, columns: 6, slope: 2, intercept: -10 });
  const pixels = Int16Array.from({ length: 24 }, (_, value) => value);

  test("a rectangle takes the pixels whose middles it holds", () => {
    // Columns 1 and 2, rows 1 and 2: stored 7, 8, 13, 14; measured 4, 6, 16, 18.
    const found = statistics("rectangle", at(1, 1), at(3, 3), pixels, frame);
    expect(found).toEqual({ count: 4, mean: 11, deviation: Math.sqrt(37), least: 4, most: 18 });
  });

  test("it does not matter from which corner it was drawn", () => {
    expect(statistics("rectangle", at(3, 1), at(1, 3), pixels, frame)?.mean).toBe(11);
  });

  test("a middle on the outline takes part, one beyond does not", () => {
    expect(statistics("rectangle", at(1.5, 1.5), at(2.5, 1.5), pixels, frame)?.count).toBe(2);
    expect(statistics("rectangle", at(1.51, 1.4), at(2.49, 1.6), pixels, frame)).toBeNull();
  });

  test("an ellipse leaves out the corners", () => {
    // 3 × 3 pixels about (2.5, 1.5) with radius 1.2: the middle one and its four neighbours; corners are 1.41 away.
    const found = statistics("ellipse", at(1.3, 0.3), at(3.7, 2.7), pixels, frame);
    expect(found?.count).toBe(5);
    // Stored 2, 7, 8, 9, 14.
    expect(found?.mean).toBe(8 * 2 - 10);
    expect(found?.deviation).toBeCloseTo(2 * Math.sqrt((36 + 1 + 0 + 1 + 36) / 5), 12);
  });

  test("beyond the border there are no pixels to count", () => {
    const found = statistics("rectangle", at(-100, -100), at(1, 1), pixels, frame);
    expect(found).toEqual({ count: 1, mean: -10, deviation: 0, least: -10, most: -10 });
    expect(statistics("ellipse", at(6, 0), at(60, 4), pixels, frame)).toBeNull();
    expect(statistics("rectangle", at(-100, -100), at(100, 100), pixels, frame)?.count).toBe(24);
  });

  test("padding is no measurement", () => {
    const padded = { ...frame, padding: [7, 8] as const };
    const found = statistics("rectangle", at(1, 1), at(3, 3), pixels, padded);
    expect(found).toEqual({ count: 2, mean: 17, deviation: 1, least: 16, most: 18 });
    expect(statistics("rectangle", at(1, 1), at(3, 2), pixels, padded)).toBeNull();
  });

  test("large values with little spread keep it", () => {
    const large = Float64Array.from({ length: 24 }, (_, value) => 1e9 + (value % 2));
    const plain = frameOf({ rows: 4, columns: 6, slope: 1, intercept: 0, format: "f8" });
    expect(statistics("rectangle", at(0, 0), at(6, 4), large, plain)?.deviation).toBe(0.5);
  });

  test("colours are no measurement", () => {
    const colour = frameOf({ rows: 4, columns: 2, samples: 3 });
    expect(statistics("rectangle", at(0, 0), at(2, 4), pixels, colour)).toBeNull();
  });
});

describe("every way up", () => {
  const picture = { rows: 80, columns: 120, aspect: 4 };
  const screen = { width: 500, height: 700 };
  const ways = [WHOLE];
  for (const change of [CHANGES.right, CHANGES.mirror, CHANGES.right, CHANGES.upsideDown, CHANGES.left]) {
    ways.push(turned(ways[ways.length - 1] ?? WHOLE, change));
  }

  test("what is drawn on the screen measures the same", () => {
    const ends = [at(20, 30), at(50, 34)] as const;
    for (const way of ways) {
      const placement = place(picture, screen, { ...way, zoom: 2 });
      const back = ends.map((end) => {
        const { x, y } = toScreen(end, placement);
        return toPicture(x, y, placement);
      });
      // 30 × 0.5 mm and 4 × 2 mm.
      expect(length(back[0] ?? at(0, 0), back[1] ?? at(0, 0), TALL)).toBeCloseTo(17, 9);
    }
  });
});

describe("handles", () => {
  const ellipse: Measurement = {
    id: "a",
    kind: "ellipse",
    on: { series: 1, instance: 1, frame: 0 },
    points: [at(10, 2), at(4, 8)],
    text: "",
  };

  test("an outline is held by its four corners, and the opposite one stays", () => {
    expect(handles(ellipse)).toEqual([at(4, 2), at(10, 2), at(10, 8), at(4, 8)]);
    expect(withHandle(ellipse, 0, at(5, 3))).toEqual([at(10, 8), at(5, 3)]);
  });

  test("other kinds are held by their points", () => {
    expect(withHandle({ ...ellipse, kind: "length" }, 1, at(0, 0))).toEqual([at(10, 2), at(0, 0)]);
  });
});
