/** The values of the pixel under the pointer. */

import { modalityValue, type PixelArray } from "../decode/pixels";
import { type Placement, pixelAt, type ScreenPoint } from "../geometry/view";
import type { Frame } from "../source/model";

export interface Probe {
  column: number;
  row: number;
  /** Modality values, one or three. */
  values: readonly number[];
}

/** What lies under a point of the screen; null outside of the picture. */
export function probeAt(point: ScreenPoint, placement: Placement, frame: Frame, pixels: PixelArray): Probe | null {
  const at = pixelAt(point.x, point.y, placement, frame);
  return at === null ? null : { ...at, values: valuesAt(pixels, frame, at.column, at.row) };
}

/** Modality values of one pixel, as many as it has samples. */
export function valuesAt(pixels: PixelArray, frame: Frame, column: number, row: number): number[] {
  const first = (row * frame.columns + column) * frame.samples;
  return Array.from({ length: frame.samples }, (_, sample) => {
    const stored = pixels[first + sample] ?? 0;
    return frame.samples === 1 ? modalityValue(stored, frame) : stored;
  });
}
