/** What a measurement says, in the words and units that people read. */

import type { PixelArray } from "../decode/pixels";
import { decimal } from "../messages/format";
import { words } from "../messages/index";
import type { Frame } from "../source/model";
import { valuesAt } from "../viewer/probe";
import { angleAt, angleBetween, area, length, type Statistics, statistics } from "./arithmetic";
import { hasInside, type Measurement } from "./model";
import { isChart, regionOf, type Scale, scaleFor } from "./scale";

export interface Said {
  lines: readonly string[];
  /** Values are still to come: the picture is not here in full yet. */
  waiting: boolean;
  /** What the lines say of the picture's values, as numbers. */
  values?: Values;
}

export type Values = Pick<Statistics, "mean" | "deviation" | "least" | "most">;

const said = (...lines: string[]): Said => ({ lines, waiting: false });

/** So many digits that the spread of values is told by two, between one digit and four. */
export function digitsOf(spread: number): number {
  return spread > 0 ? Math.max(1, Math.min(4, 1 - Math.floor(Math.log10(spread)))) : 1;
}

function withUnit(text: string, unit: string): string {
  return unit === "" ? text : `${text} ${unit}`;
}

function lengthText(value: number, scale: Scale): string {
  const number = decimal(value, 1);
  return scale.meaning === "none" ? words.measuring.pixels(number) : qualified(words.millimetres(number), scale);
}

function areaText(value: number, scale: Scale): string {
  const number = decimal(value, 1);
  return scale.meaning === "none"
    ? words.measuring.squarePixels(number)
    : qualified(words.measuring.squareMillimetres(number), scale);
}

/** Millimetres that do not hold in the patient never stand alone. */
function qualified(text: string, { meaning }: Scale): string {
  const note = words.measuring.meanings[meaning];
  return note === undefined ? text : `${text} ${note}`;
}

function angleText(value: number | null): string {
  return value === null ? "" : words.measuring.degrees(decimal(value, 1));
}

function statisticsText(found: Statistics, unit: string): string[] {
  const digits = digitsOf(found.deviation);
  const mean = withUnit(decimal(found.mean, digits), unit);
  return [
    words.measuring.mean(mean),
    words.measuring.deviation(decimal(found.deviation, digits)),
    words.measuring.reach(number(found.least), number(found.most)),
  ];
}

/** A value as it is, with no more than seven digits. */
function number(value: number): string {
  return decimal(Number(value.toPrecision(7)), 6);
}

/** In a chart of time or speed, how far apart two points are each way. */
function chartText(measurement: Measurement, frame: Frame): Said | null {
  const [a, b] = measurement.points;
  const region = regionOf(frame, measurement.points);
  if (region === null || !isChart(region) || a === undefined) {
    return null;
  }
  const far = (steps: number, delta: number, unit: string) =>
    unit === "" || delta === 0 ? [] : [withUnit(number(steps * delta), unit)];
  if (measurement.kind === "length" && b !== undefined) {
    return said(
      ...far(Math.abs(b.column - a.column), Math.abs(region.deltaX), region.unitX),
      ...far(Math.abs(b.row - a.row), Math.abs(region.deltaY), region.unitY),
    );
  }
  if (measurement.kind === "point" && region.reference !== null) {
    const [column, row] = region.reference;
    const [x, y] = region.referenceValue ?? [0, 0];
    const place = (steps: number, delta: number, from: number, unit: string) =>
      unit === "" || delta === 0 ? [] : [withUnit(number(from + steps * delta), unit)];
    return said(
      ...place(a.column - region.box[0] - column, region.deltaX, x, region.unitX),
      ...place(a.row - region.box[1] - row, region.deltaY, y, region.unitY),
    );
  }
  return said();
}

/** pixels: null while only a preview is here, whose greys are no values. */
export function resultOf(measurement: Measurement, frame: Frame, unit: string, pixels: PixelArray | null): Said {
  const { kind, points } = measurement;
  const [a, b, c, d] = points;
  if (kind === "arrow") {
    return said(...(measurement.text === "" ? [] : [measurement.text]));
  }
  const chart = chartText(measurement, frame);
  if (chart !== null) {
    return chart;
  }
  const scale = scaleFor(frame, points);
  if (kind === "point" && a !== undefined) {
    if (pixels === null) {
      return { lines: [], waiting: true };
    }
    const [value, ...colours] = valuesAtPoint(a, frame, pixels);
    const text = said(valueText([value ?? Number.NaN, ...colours], unit));
    return value === undefined || colours.length > 0
      ? text
      : { ...text, values: { mean: value, deviation: 0, least: value, most: value } };
  }
  if (hasInside(kind) && a !== undefined && b !== undefined) {
    const shape = kind === "ellipse" ? "ellipse" : "rectangle";
    const size = areaText(area(shape, a, b, scale), scale);
    if (frame.samples !== 1) {
      return said(size);
    }
    if (pixels === null) {
      return { lines: [size], waiting: true };
    }
    const found = statistics(shape, a, b, pixels, frame);
    if (found === null) {
      return said(words.measuring.noValues, size);
    }
    const { mean, deviation, least, most } = found;
    return { ...said(...statisticsText(found, unit), size), values: { mean, deviation, least, most } };
  }
  if (kind === "length" && a !== undefined && b !== undefined) {
    return said(lengthText(length(a, b, scale), scale));
  }
  if (kind === "angle" && a !== undefined && b !== undefined && c !== undefined) {
    return said(angleText(angleAt(a, b, c, scale)));
  }
  if (kind === "cobb" && a !== undefined && b !== undefined && c !== undefined && d !== undefined) {
    return said(angleText(angleBetween([a, b], [c, d], scale)));
  }
  return said();
}

function valuesAtPoint(at: { column: number; row: number }, frame: Frame, pixels: PixelArray): number[] {
  // The far edge of the picture belongs to its last pixel.
  const column = Math.min(frame.columns - 1, Math.floor(at.column));
  const row = Math.min(frame.rows - 1, Math.floor(at.row));
  return valuesAt(pixels, frame, column, row);
}

function valueText([first = 0, second, third]: readonly number[], unit: string): string {
  return second === undefined || third === undefined
    ? withUnit(number(first), unit)
    : words.colourValue(first, second, third);
}
