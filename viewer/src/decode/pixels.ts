/** Decoded pictures: stored values, row by row, samples interleaved. */

import type { Format, Frame } from "../source/model";

export type PixelArray =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

export const BYTES_OF: Readonly<Record<Format, number>> = { u1: 1, i1: 1, u2: 2, i2: 2, u4: 4, i4: 4, f4: 4, f8: 8 };

export class PixelsMalformed extends Error {}

/** Views bytes as stored values. Throws PixelsMalformed where there are too few for the frame. */
export function viewPixels(
  bytes: ArrayBuffer,
  frame: Pick<Frame, "rows" | "columns" | "samples" | "format">,
): PixelArray {
  const length = frame.rows * frame.columns * frame.samples;
  if (bytes.byteLength < length * BYTES_OF[frame.format]) {
    throw new PixelsMalformed("fewer bytes than the picture has pixels");
  }
  switch (frame.format) {
    case "u1":
      return new Uint8Array(bytes, 0, length);
    case "i1":
      return new Int8Array(bytes, 0, length);
    case "u2":
      return new Uint16Array(bytes, 0, length);
    case "i2":
      return new Int16Array(bytes, 0, length);
    case "u4":
      return new Uint32Array(bytes, 0, length);
    case "i4":
      return new Int32Array(bytes, 0, length);
    case "f4":
      return new Float32Array(bytes, 0, length);
    case "f8":
      return new Float64Array(bytes, 0, length);
  }
}

/** The modality value (HU for CT) of one stored value. */
export function modalityValue(stored: number, frame: Frame): number {
  return stored * frame.slope + frame.intercept;
}

export function isPadding(stored: number, frame: Frame): boolean {
  return frame.padding !== null && stored >= frame.padding[0] && stored <= frame.padding[1];
}
