/** Stored values out of uncompressed, run-length and deflated frames (PS3.5 8.1, 8.2, annex G). */

import type { PixelArray } from "../../decode/pixels";
import type { Description } from "./description";

/** A frame cannot be decoded. */
export class FrameDamaged extends Error {}

export type Bytes = Uint8Array<ArrayBuffer>;

/** Row by row, samples interleaved, not yet rid of unused bits. skip: bits before the frame in its first byte. */
export function nativeFrame(raw: Bytes, skip: number, description: Description): PixelArray {
  const { allocated, bigEndian, swapped, frameBits } = description;
  const needed = Math.ceil((skip + frameBits) / 8);
  let bytes = raw;
  if (bytes.length < needed) {
    // What is missing at the end is zero.
    bytes = new Uint8Array(needed);
    bytes.set(raw);
  }
  if (swapped) {
    bytes = turned(bytes, 2);
  }
  if (allocated === 1) {
    const bits = new Uint8Array(frameBits);
    for (let at = 0; at < frameBits; at++) {
      const bit = at + skip;
      bits[at] = ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
    }
    return arranged(bits, description);
  }
  const size = allocated / 8;
  const own = bytes.slice(skip >> 3, (skip >> 3) + frameBits / 8);
  return arranged(viewed((bigEndian && size > 1 ? turned(own, size) : own).buffer, description), description);
}

/** Each run of `size` bytes the other way round. */
function turned(bytes: Bytes, size: number): Bytes {
  const found = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    const from = at - (at % size) + size - 1 - (at % size);
    found[at] = bytes[from] ?? 0;
  }
  return found;
}

/** Little-endian bytes as stored values. */
export function viewed(buffer: ArrayBuffer, { allocated, signed, floating }: Description): PixelArray {
  if (floating) {
    return allocated === 32 ? new Float32Array(buffer) : new Float64Array(buffer);
  }
  switch (allocated) {
    case 16:
      return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
    case 32:
      return signed ? new Int32Array(buffer) : new Uint32Array(buffer);
    default:
      return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
  }
}

/** Plane by plane and Y Y Cb Cr to pixel by pixel. */
function arranged(values: PixelArray, { rows, columns, samples, planar, halved }: Description): PixelArray {
  const pixels = rows * columns;
  if (halved) {
    const found = new Uint8Array(pixels * 3);
    for (let pair = 0; pair < pixels / 2; pair++) {
      for (let one = 0; one < 2; one++) {
        const to = (pair * 2 + one) * 3;
        found[to] = values[pair * 4 + one] ?? 0;
        found[to + 1] = values[pair * 4 + 2] ?? 0;
        found[to + 2] = values[pair * 4 + 3] ?? 0;
      }
    }
    return found;
  }
  if (samples === 1 || !planar) {
    return values;
  }
  const found = values.slice();
  for (let sample = 0; sample < samples; sample++) {
    for (let at = 0; at < pixels; at++) {
      found[at * samples + sample] = values[sample * pixels + at] ?? 0;
    }
  }
  return found;
}

/** Values of Bits Stored bits only: what lies above or below goes, and the sign is carried up. In place. */
export function withoutUnusedBits(
  values: PixelArray,
  { allocated, stored, highBit, floating }: Description,
): PixelArray {
  const spare = allocated - stored;
  if (spare === 0 || floating || allocated === 1 || values instanceof Float32Array || values instanceof Float64Array) {
    return values;
  }
  const up = 32 - allocated + (allocated - 1 - highBit);
  const down = 32 - stored;
  const signed = values instanceof Int8Array || values instanceof Int16Array || values instanceof Int32Array;
  for (let at = 0; at < values.length; at++) {
    const moved = (values[at] ?? 0) << up;
    values[at] = signed ? moved >> down : moved >>> down;
  }
  return values;
}

const RLE_HEAD = 64;

/** Throws FrameDamaged. */
export function rleFrame(coded: Bytes, description: Description): PixelArray {
  const { rows, columns, samples, allocated } = description;
  const size = Math.max(1, allocated / 8);
  const pixels = rows * columns;
  const view = new DataView(coded.buffer, coded.byteOffset, coded.byteLength);
  const planes = samples * size;
  if (coded.length < RLE_HEAD || view.getUint32(0, true) !== planes) {
    throw new FrameDamaged("the run-length coded frame has other segments than the header says");
  }
  const length = allocated === 1 ? Math.ceil(pixels / 8) : pixels;
  const out = new Uint8Array(pixels * planes);
  for (let plane = 0; plane < planes; plane++) {
    const start = view.getUint32(4 + 4 * plane, true);
    const end = plane + 1 < planes ? view.getUint32(8 + 4 * plane, true) : coded.length;
    const segment = unpackedRuns(coded.subarray(start, end), length);
    if (allocated === 1) {
      return nativeFrame(segment, 0, { ...description, samples: 1, bigEndian: false, swapped: false });
    }
    // The most significant byte of each sample comes first (PS3.5 G.2).
    const place = Math.floor(plane / size) * size + (size - 1 - (plane % size));
    for (let at = 0; at < pixels; at++) {
      out[at * planes + place] = segment[at] ?? 0;
    }
  }
  return viewed(out.buffer, description);
}

/** PackBits. What is missing at the end is zero. */
function unpackedRuns(coded: Uint8Array, length: number): Bytes {
  const out = new Uint8Array(length);
  let at = 0;
  let to = 0;
  while (at < coded.length && to < length) {
    const head = coded[at++] ?? 0;
    if (head < 128) {
      const run = Math.min(head + 1, length - to, coded.length - at);
      out.set(coded.subarray(at, at + run), to);
      at += head + 1;
      to += run;
    } else if (head > 128) {
      const run = 257 - head;
      out.fill(coded[at++] ?? 0, to, Math.min(length, to + run));
      to += run;
    }
  }
  return out;
}
