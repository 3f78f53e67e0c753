/** From modality values to grey: the value range shown, the standard's windows and lookup tables, and presets. */

import type { Curve, Frame, LookupTable, WindowFunction } from "../source/model";

/** Modality values shown as black and as white, and how those between are shaded: in a straight line unless said. */
export interface ValueRange {
  low: number;
  high: number;
  curve?: Curve;
}

/** A window's edges. Linear, it is black up to c - 0.5 - (w - 1) / 2, white from c - 0.5 + (w - 1) / 2 (PS3.3 C.11.2.1.2.1). */
export function rangeOfWindow(center: number, width: number, meant: WindowFunction = "linear"): ValueRange {
  if (meant !== "linear") {
    // PS3.3 C.11.2.1.3.1 and .2
    const edges = { low: center - width / 2, high: center + width / 2 };
    return meant === "sigmoid" ? { ...edges, curve: meant } : edges;
  }
  const half = Math.max(width - 1, 1e-6) / 2;
  return { low: center - 0.5 - half, high: center - 0.5 + half };
}

/** The inverse of rangeOfWindow for a linear window. */
export function windowOfRange(range: ValueRange): { center: number; width: number } {
  return { center: (range.low + range.high) / 2 + 0.5, width: range.high - range.low + 1 };
}

/** Centre and width to show for a range of a frame; measures with fractions have no half steps between them. */
export function shownWindow(range: ValueRange, frame: Frame | null): { center: number; width: number } {
  return range.curve === "sigmoid" || frame?.format.startsWith("f") || frame?.windowFunction === "linear-exact"
    ? { center: (range.low + range.high) / 2, width: range.high - range.low }
    : windowOfRange(range);
}

/** 0 (black) to 1 (white) for a modality value, before any inversion. */
export function grey(value: number, range: ValueRange): number {
  const width = range.high - range.low;
  const part = width > 0 ? (value - range.low) / width : value > range.low ? 1 : 0;
  const { curve = "linear" } = range;
  if (curve === "linear") {
    return Math.max(0, Math.min(1, part));
  }
  return curve === "sigmoid" ? 1 / (1 + Math.exp(-4 * (part - 0.5))) : shadeAt(curve, part);
}

/** A table's shade at a part of its length; a value between two entries has a shade between theirs. */
function shadeAt({ shades }: LookupTable, part: number): number {
  const last = shades.length - 1;
  const at = Math.max(0, Math.min(last, part * last));
  const before = Math.floor(at);
  const shade = shades[before] ?? 0;
  return shade + ((shades[Math.min(last, before + 1)] ?? 0) - shade) * (at - before);
}

/** The range that the preview of a frame was made with, which is also what a frame is shown with at first. */
export function previewRange(frame: Frame): ValueRange {
  if (frame.samples !== 1) {
    return { low: 0, high: 255 };
  }
  const range = { low: Math.min(frame.low, frame.high), high: Math.max(frame.low, frame.high) };
  return frame.curve === "linear" ? range : { ...range, curve: frame.curve };
}

/** What a frame is shown with until somebody chooses. */
export function defaultRange(frame: Frame): ValueRange {
  return previewRange(frame);
}

export function sameRange(a: ValueRange, b: ValueRange): boolean {
  return a.low === b.low && a.high === b.high && (a.curve ?? "linear") === (b.curve ?? "linear");
}

/** What each of the 256 samples of a picture made by the server, or of a colour picture, is shown as: 0 to 1. */
export function shadesOfSamples(frame: Frame, range: ValueRange, inverted: boolean): Float32Array {
  const made = previewRange(frame);
  const asMade = sameRange(made, range);
  const measured = valuesOfShades(made);
  // What was measured low is white in the preview of an inverted frame.
  const turned = frame.invert && frame.samples === 1;
  return Float32Array.from({ length: 256 }, (_, sample) => {
    const part = turned ? 1 - sample / 255 : sample / 255;
    const shade = asMade ? part : grey(measured(part), range);
    return inverted ? 1 - shade : shade;
  });
}

/** The way back from a shade to about the value it was made of. */
function valuesOfShades({ low, high, curve = "linear" }: ValueRange): (shade: number) => number {
  const value = (part: number) => low + part * (high - low);
  if (curve === "linear") {
    return value;
  }
  if (curve === "sigmoid") {
    return (shade) => {
      const within = Math.max(1 / 512, Math.min(511 / 512, shade));
      return value(0.5 + Math.log(within / (1 - within)) / 4);
    };
  }
  const { shades } = curve;
  const entries = new Int32Array(256).fill(-1);
  shades.forEach((shade, at) => {
    const sample = Math.round(shade * 255);
    entries[sample] = entries[sample] === -1 ? at : (entries[sample] ?? 0);
  });
  let known = Math.max(0, entries.find((entry) => entry >= 0) ?? 0);
  for (let sample = 0; sample < 256; sample++) {
    known = entries[sample] === -1 ? known : (entries[sample] ?? 0);
    entries[sample] = known;
  }
  return (shade) => value((entries[Math.round(shade * 255)] ?? 0) / Math.max(1, shades.length - 1));
}

/** Everything between the lowest and the highest value. */
export function fullRange(frame: Frame): ValueRange {
  const a = frame.min * frame.slope + frame.intercept;
  const b = frame.max * frame.slope + frame.intercept;
  return a === b ? { low: a - 1, high: a + 1 } : { low: Math.min(a, b), high: Math.max(a, b) };
}

/** A drag: to the right for less contrast (a wider range), downwards for brighter pictures (a lower range). */
export function adjust(range: ValueRange, dx: number, dy: number): ValueRange {
  const width = Math.max(range.high - range.low, 1e-6);
  const center = (range.low + range.high) / 2 - dy * width * 0.004;
  const wider = Math.max(width * Math.exp(dx * 0.006), 1e-6);
  const { curve } = range;
  const edges = { low: center - wider / 2, high: center + wider / 2 };
  return curve === undefined ? edges : { ...edges, curve };
}

export interface Preset {
  id: string;
  range: ValueRange;
}

/** Usual windows for CT, in HU. The words for them are in the message catalogue. */
const CT: readonly (readonly [id: string, center: number, width: number])[] = [
  ["brain", 40, 80],
  ["stroke", 35, 40],
  ["subdural", 75, 215],
  ["softTissue", 50, 400],
  ["liver", 60, 160],
  ["mediastinum", 50, 350],
  ["lung", -600, 1500],
  ["bone", 500, 2000],
  ["angiography", 300, 600],
];

/** Windows to choose from by name, beside "as taken" and "everything". */
export function presets(modality: string, unit: string): Preset[] {
  return modality === "CT" && unit === "HU"
    ? CT.map(([id, center, width]) => ({ id, range: rangeOfWindow(center, width) }))
    : [];
}

/** The lookup tables and windows that came with the picture; the first is what it is shown with at first. */
export function ownRanges(frame: Frame): { name: string; range: ValueRange }[] {
  const tables = frame.tables.map((table) => ({
    name: table.name,
    range: { low: table.first, high: table.first + Math.max(1, table.shades.length - 1), curve: table },
  }));
  const windows = frame.window.map(([center, width, name]) => ({
    name,
    range: rangeOfWindow(center, width, frame.windowFunction),
  }));
  return [...tables, ...windows];
}

/** For values shown with sensible digits: whole numbers when the range is wide. */
export function digitsFor(range: ValueRange): number {
  const width = Math.abs(range.high - range.low);
  return width >= 20 ? 0 : Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(Math.max(width, 1e-9)))));
}
