/** From modality values to grey: the value range shown, the standard's windows, and presets. */

import type { Frame, StoredWindow } from "../source/model";

/** Modality values shown as black and as white. */
export interface ValueRange {
  low: number;
  high: number;
}

/** The linear function of PS3.3 C.11.2.1.2.1: black up to c - 0.5 - (w - 1) / 2, white from c - 0.5 + (w - 1) / 2. */
export function rangeOfWindow(center: number, width: number): ValueRange {
  const half = Math.max(width - 1, 1e-6) / 2;
  return { low: center - 0.5 - half, high: center - 0.5 + half };
}

/** The inverse of rangeOfWindow. */
export function windowOfRange(range: ValueRange): { center: number; width: number } {
  return { center: (range.low + range.high) / 2 + 0.5, width: range.high - range.low + 1 };
}

/** Centre and width to show for a range of a frame; measures with fractions have no half steps between them. */
export function shownWindow(range: ValueRange, frame: Frame | null): { center: number; width: number } {
  return frame?.format.startsWith("f")
    ? { center: (range.low + range.high) / 2, width: range.high - range.low }
    : windowOfRange(range);
}

/** 0 (black) to 1 (white) for a modality value, before any inversion. */
export function grey(value: number, range: ValueRange): number {
  const width = range.high - range.low;
  return width > 0 ? Math.max(0, Math.min(1, (value - range.low) / width)) : value > range.low ? 1 : 0;
}

/** The range that the preview of a frame was made with. */
export function previewRange(frame: Frame): ValueRange {
  return { low: Math.min(frame.low, frame.high), high: Math.max(frame.low, frame.high) };
}

/** What a frame is shown with until somebody chooses: its own first window, else the preview's range. */
export function defaultRange(frame: Frame): ValueRange {
  if (frame.samples !== 1) {
    return { low: 0, high: 255 };
  }
  const stored = frame.window[0];
  return stored === undefined ? previewRange(frame) : rangeOfWindow(stored[0], stored[1]);
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
  return { low: center - wider / 2, high: center + wider / 2 };
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

/** The windows that came with the picture, from the second on (the first is "as taken"). */
export function otherStoredWindows(frame: Frame): StoredWindow[] {
  return frame.window.slice(1);
}

/** For values shown with sensible digits: whole numbers when the range is wide. */
export function digitsFor(range: ValueRange): number {
  const width = Math.abs(range.high - range.low);
  return width >= 20 ? 0 : Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(Math.max(width, 1e-9)))));
}
