/** Which values are shown as black and as white when nobody has chosen yet (PS3.3 C.11.2). */

import type { PixelArray } from "../../decode/pixels";
import type { Curve, LookupTable } from "../model";
import { TAG } from "./tags";
import type { Values } from "./values";

/** Modality values, and the curve between them. */
export interface Contrast {
  low: number;
  high: number;
  curve: Curve;
}

export type WindowFunction = "linear" | "linear-exact" | "sigmoid";

export function functionOf(values: Values): WindowFunction {
  const said = values.text(TAG.windowFunction);
  return said === "SIGMOID" ? "sigmoid" : said === "LINEAR_EXACT" ? "linear-exact" : "linear";
}

/** The header's own choice, a table before a window; null where it has none. */
export function statedContrast(values: Values, tables: readonly LookupTable[]): Contrast | null {
  const [table] = tables;
  if (table !== undefined) {
    return { low: table.first, high: table.first + Math.max(table.shades.length - 1, 1), curve: table };
  }
  const centre = values.number(TAG.windowCentre);
  const width = values.number(TAG.windowWidth);
  const edges = centre === null || width === null ? null : edgesOf(centre, width, functionOf(values));
  return edges === null ? null : { ...edges, curve: functionOf(values) === "sigmoid" ? "sigmoid" : "linear" };
}

/** A window's edges by its function (PS3.3 C.11.2.1.2.1, C.11.2.1.3); null where there is no such window. */
export function edgesOf(centre: number, width: number, how: WindowFunction): { low: number; high: number } | null {
  if (width <= 0 || (how === "linear" && width < 1)) {
    return null;
  }
  return how === "linear"
    ? { low: centre - 0.5 - (width - 1) / 2, high: centre - 0.5 + Math.max(width - 1, 1e-3) / 2 }
    : { low: centre - width / 2, high: centre + width / 2 };
}

const SAMPLED = 65_536;

/** The 1st to the 99th percentile of stored values without padding; and the least and the greatest. */
export function spreadOf(pictures: readonly PixelArray[], padding: readonly [number, number] | null) {
  const sample: number[] = [];
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const pixels of pictures) {
    const step = Math.max(1, Math.floor((pixels.length * pictures.length) / SAMPLED));
    for (let at = 0; at < pixels.length; at++) {
      const value = pixels[at] ?? 0;
      if (Number.isFinite(value)) {
        min = value < min ? value : min;
        max = value > max ? value : max;
        if (at % step === 0 && (padding === null || value < padding[0] || value > padding[1])) {
          sample.push(value);
        }
      }
    }
  }
  if (min > max) {
    return { low: 0, high: 1, min: 0, max: 1 };
  }
  sample.sort((a, b) => a - b);
  const at = (part: number) => sample[Math.round(part * (sample.length - 1))] ?? min;
  let [low, high] = [at(0.01), at(0.99)];
  if (low === high) {
    [low, high] = [sample[0] ?? min, sample.at(-1) ?? max];
  }
  return { low, high: high > low ? high : low + 1, min, max };
}
