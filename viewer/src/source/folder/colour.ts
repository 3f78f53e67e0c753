/** Colour to 8-bit RGB: photometric interpretations (PS3.3 C.7.6.3.1.2) and palettes (C.7.6.3.1.5, C.7.9.2). */

import type { PixelArray } from "../../decode/pixels";
import type { Description } from "./description";
import { type Bytes, FrameDamaged } from "./native";

/** table: red, green, blue of each entry. first: the stored value of the first one. */
export interface Palette {
  first: number;
  table: Bytes;
}

/** Throws FrameDamaged where a palette is missing. */
export function toRgb(
  values: PixelArray,
  photometric: string,
  { stored, signed }: Pick<Description, "stored" | "signed">,
  palette: Palette | null,
): Bytes {
  if (photometric === "PALETTE COLOR") {
    return fromPalette(values, palette);
  }
  const eight = new Uint8ClampedArray(values.length);
  const offset = signed ? 2 ** (stored - 1) : 0;
  const factor = stored > 8 ? 2 ** (8 - stored) : 2 ** Math.max(0, 8 - stored);
  for (let at = 0; at < values.length; at++) {
    eight[at] = Math.floor(((values[at] ?? 0) + offset) * factor);
  }
  if (/^YBR_(?:FULL|FULL_422|ICT|RCT)$/.test(photometric)) {
    mixed(eight, 0, 1, [1.402, 0.344136, 0.714136, 1.772]);
  } else if (photometric.startsWith("YBR_PARTIAL")) {
    mixed(eight, 16, 1.164384, [1.596027, 0.391762, 0.812968, 2.017232]);
  }
  return new Uint8Array(eight.buffer);
}

type Mixing = readonly [red: number, greenOfBlue: number, greenOfRed: number, blue: number];

function mixed(values: Uint8ClampedArray, black: number, luma: number, [red, greenB, greenR, blue]: Mixing): void {
  for (let at = 0; at + 2 < values.length; at += 3) {
    const y = ((values[at] ?? 0) - black) * luma + 0.5;
    const b = (values[at + 1] ?? 0) - 128;
    const r = (values[at + 2] ?? 0) - 128;
    values[at] = Math.floor(y + red * r);
    values[at + 1] = Math.floor(y - greenB * b - greenR * r);
    values[at + 2] = Math.floor(y + blue * b);
  }
}

function fromPalette(values: PixelArray, palette: Palette | null): Bytes {
  if (palette === null || palette.table.length < 3) {
    throw new FrameDamaged("the colour table is missing or damaged");
  }
  const { first, table } = palette;
  const last = table.length / 3 - 1;
  const out = new Uint8Array(values.length * 3);
  for (let at = 0; at < values.length; at++) {
    const entry = 3 * Math.max(0, Math.min(last, (values[at] ?? 0) - first));
    out[at * 3] = table[entry] ?? 0;
    out[at * 3 + 1] = table[entry + 1] ?? 0;
    out[at * 3 + 2] = table[entry + 2] ?? 0;
  }
  return out;
}

const LONGEST = 65_536;

/** One channel: its descriptor, and its entries in bytes, or segments that they are made of. */
export type Channel = readonly [descriptor: readonly number[] | null, data: Bytes | null, segmented: boolean];

/** Null where the tables are missing or do not hold together. */
export function paletteOf(channels: readonly Channel[], signed: boolean, little: boolean): Palette | null {
  const found: number[][] = [];
  let wide = false;
  let first = 0;
  let longest = 0;
  for (const [descriptor, data, segmented] of channels) {
    if (descriptor?.length !== 3 || data === null) {
      return null;
    }
    // 0 stands for the most that there are; old files write the number signed.
    const entries = (descriptor[0] ?? 0) & 0xffff || LONGEST;
    const mapped = (descriptor[1] ?? 0) & 0xffff;
    first = signed && mapped > 0x7fff ? mapped - 0x10000 : mapped;
    const words = segmented
      ? expanded(entriesOf(data, data.length >> 1, little), entries)
      : entriesOf(data, entries, little);
    if (words.length === 0) {
      return null;
    }
    wide ||= (descriptor[2] ?? 0) > 8 && words.some((word) => word > 255);
    longest = Math.max(longest, entries);
    found.push(words);
  }
  const table = new Uint8Array(longest * 3);
  found.forEach((words, channel) => {
    for (let at = 0; at < longest; at++) {
      const word = words[Math.min(at, words.length - 1)] ?? 0;
      table[at * 3 + channel] = wide ? word >> 8 : word & 0xff;
    }
  });
  return { first, table };
}

/** Entries of 16 bits, or of 8 where there are only so many bytes. */
export function entriesOf(data: Bytes, entries: number, little: boolean): number[] {
  if (data.length < entries * 2 && data.length >= entries) {
    return [...data.subarray(0, entries)];
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const count = Math.min(entries, data.length >> 1);
  return Array.from({ length: count }, (_, at) => view.getUint16(at * 2, little));
}

/** Segments (PS3.3 C.7.9.2): 0 discrete, 1 linear, 2 indirect. Empty where they do not hold together. */
function expanded(words: readonly number[], entries: number): number[] {
  const out: number[] = [];
  const run = (from: number, most: number, mayPoint: boolean): boolean => {
    let at = from;
    for (let done = 0; at + 1 < words.length && out.length < entries && done < most; done++) {
      const opcode = words[at];
      const length = words[at + 1] ?? 0;
      const word = words[at + 2] ?? 0;
      // Each segment must give something, so that the table's length bounds the work.
      if (length === 0) {
        return false;
      }
      if (opcode === 0) {
        out.push(...words.slice(at + 2, at + 2 + length));
        at += 2 + length;
      } else if (opcode === 1 && out.length > 0) {
        const start = out.at(-1) ?? 0;
        for (let step = 1; step <= length; step++) {
          out.push(Math.round(start + ((word - start) * step) / length));
        }
        at += 3;
      } else if (opcode === 2 && mayPoint) {
        // The offset is in bytes, and an indirect segment must not point at another one.
        if (!run(Math.floor((word + (words[at + 3] ?? 0) * 0x10000) / 2), length, false)) {
          return false;
        }
        at += 4;
      } else {
        return false;
      }
    }
    return true;
  };
  return run(0, Number.POSITIVE_INFINITY, true) ? out.slice(0, entries) : [];
}
