/** Lengths, angles, areas and what the pixels within an outline amount to. */

import { isPadding, modalityValue, type PixelArray } from "../decode/pixels";
import type { PicturePoint } from "../geometry/view";
import type { Frame } from "../source/model";
import { corners } from "./model";
import type { Scale } from "./scale";

interface Vector {
  x: number;
  y: number;
}

const DEGREES = 180 / Math.PI;

function between(a: PicturePoint, b: PicturePoint, scale: Scale): Vector {
  return { x: (b.column - a.column) * scale.column, y: (b.row - a.row) * scale.row };
}

export function length(a: PicturePoint, b: PicturePoint, scale: Scale): number {
  const { x, y } = between(a, b, scale);
  return Math.hypot(x, y);
}

/** Degrees from 0 to 180 between two directions; null where one has no length. */
function degrees(first: Vector, second: Vector): number | null {
  const cross = first.x * second.y - first.y * second.x;
  const dot = first.x * second.x + first.y * second.y;
  const short = Math.hypot(first.x, first.y) === 0 || Math.hypot(second.x, second.y) === 0;
  return short ? null : Math.abs(Math.atan2(cross, dot)) * DEGREES;
}

/** The angle at the vertex between its two arms, 0 to 180 degrees; null where an arm has no length. */
export function angleAt(a: PicturePoint, vertex: PicturePoint, b: PicturePoint, scale: Scale): number | null {
  return degrees(between(vertex, a, scale), between(vertex, b, scale));
}

/** The angle between two lines, whichever way they were drawn: 0 to 90 degrees (as Cobb has it). */
export function angleBetween(
  [a, b]: readonly [PicturePoint, PicturePoint],
  [c, d]: readonly [PicturePoint, PicturePoint],
  scale: Scale,
): number | null {
  const angle = degrees(between(a, b, scale), between(c, d, scale));
  return angle === null ? null : Math.min(angle, 180 - angle);
}

/** The area of an ellipse or rectangle that fills the box between two points. */
export function area(kind: "ellipse" | "rectangle", a: PicturePoint, b: PicturePoint, scale: Scale): number {
  const { x, y } = between(a, b, scale);
  return Math.abs(x * y) * (kind === "ellipse" ? Math.PI / 4 : 1);
}

export interface Statistics {
  /** Pixels that took part. */
  count: number;
  mean: number;
  /** Of these very pixels, not an estimate for others: the sum of squares is divided by their count. */
  deviation: number;
  least: number;
  most: number;
}

/**
 * Statistics of the modality values within an outline. A pixel takes part when its middle lies within or on the outline
 * and it is no padding. Null where none does, and for colours, which are no measurement.
 */
export function statistics(
  kind: "ellipse" | "rectangle",
  a: PicturePoint,
  b: PicturePoint,
  pixels: PixelArray,
  frame: Frame,
): Statistics | null {
  if (frame.samples !== 1) {
    return null;
  }
  const values: number[] = [];
  eachInside(kind, a, b, frame, (at) => {
    const stored = pixels[at] ?? Number.NaN;
    if (!isPadding(stored, frame)) {
      values.push(modalityValue(stored, frame));
    }
  });
  if (values.length === 0) {
    return null;
  }
  let sum = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    sum += value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const mean = sum / values.length;
  // In a second pass: large values with little spread would lose theirs in a difference of large squares.
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return { count: values.length, mean, deviation: Math.sqrt(squares / values.length), least, most };
}

/** Calls back with the place in the array of each pixel of the picture whose middle lies within or on the outline. */
function eachInside(
  kind: "ellipse" | "rectangle",
  a: PicturePoint,
  b: PicturePoint,
  picture: { rows: number; columns: number },
  visit: (at: number) => void,
): void {
  const [start, , end] = corners(a, b);
  const middle = { column: (start.column + end.column) / 2, row: (start.row + end.row) / 2 };
  const radius = { column: (end.column - start.column) / 2, row: (end.row - start.row) / 2 };
  const away = (from: number, most: number) => (most === 0 ? 0 : from / most);
  const first = { column: Math.max(0, Math.ceil(start.column - 0.5)), row: Math.max(0, Math.ceil(start.row - 0.5)) };
  const last = {
    column: Math.min(picture.columns - 1, Math.floor(end.column - 0.5)),
    row: Math.min(picture.rows - 1, Math.floor(end.row - 0.5)),
  };
  for (let row = first.row; row <= last.row; row++) {
    const down = away(row + 0.5 - middle.row, radius.row);
    for (let column = first.column; column <= last.column; column++) {
      const along = away(column + 0.5 - middle.column, radius.column);
      if (kind === "rectangle" || along * along + down * down <= 1) {
        visit(row * picture.columns + column);
      }
    }
  }
}
