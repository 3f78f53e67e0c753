/** Where each frame's bytes lie in a file: in one run, or in fragments (PS3.5 annex A.4). */

import type { Description } from "./description";
import type { Header } from "./header";
import { TAG } from "./tags";
import type { Values } from "./values";

export interface Stretch {
  at: number;
  length: number;
}

/** Of a frame; skip: bits before it in the first byte. */
export interface FramePlace {
  stretches: readonly Stretch[];
  skip: number;
  coded: boolean;
}

export const MOST_FRAMES = 100_000;
const MOST_FRAGMENTS = 1_000_000;
const ITEM = 0xfffee000;

/** How many frames there may be at most, by the claim and by the bytes there are. */
export function framesThere(header: Header, values: Values, { frameBits }: Description): number {
  const { pixels, file } = header;
  if (pixels === null) {
    return 0;
  }
  const claimed = Math.max(1, values.whole(TAG.frames) ?? 1);
  const bytes = Math.min(pixels.length ?? Number.POSITIVE_INFINITY, file.size - pixels.at);
  const there = pixels.length === null ? Math.floor(bytes / 8) : Math.ceil((bytes * 8) / frameBits);
  return Math.min(claimed, there, MOST_FRAMES);
}

export function nativePlace(header: Header, { frameBits, swapped }: Description, frame: number): FramePlace | null {
  const { pixels, file } = header;
  if (pixels === null || pixels.length === null) {
    return null;
  }
  const start = frame * frameBits;
  // Words of two bytes are turned as wholes.
  const word = swapped ? 2 : 1;
  const first = Math.floor(start / 8 / word) * word;
  const last = Math.ceil((start + frameBits) / 8 / word) * word;
  const end = Math.min(last, pixels.length, file.size - pixels.at);
  return end <= first
    ? null
    : { stretches: [{ at: pixels.at + first, length: end - first }], skip: start - first * 8, coded: false };
}

/** All frames of compressed pixels; fewer than there should be where the fragments do not tell them apart. */
export async function codedPlaces(header: Header, frames: number, values: Values): Promise<readonly FramePlace[]> {
  const { pixels, file, littleEndian } = header;
  if (pixels === null) {
    return [];
  }
  const { table, fragments } = await walkFragments(file, pixels.at, littleEndian);
  const place = (stretches: readonly Stretch[]): FramePlace => ({ stretches, skip: 0, coded: true });
  if (frames === 1) {
    return fragments.length === 0 ? [] : [place(fragments)];
  }
  if (fragments.length === frames) {
    return fragments.map((fragment) => place([fragment]));
  }
  const start = (fragments[0]?.at ?? 8) - 8;
  const offsets = (await longOffsets(values, file)) ?? table;
  const begins =
    offsets.length === frames ? offsets.map((offset) => start + offset) : await imageStarts(file, fragments);
  const found: FramePlace[] = [];
  for (const [index, begin] of begins.entries()) {
    const end = begins[index + 1] ?? Number.POSITIVE_INFINITY;
    const own = fragments.filter(({ at }) => at - 8 >= begin && at - 8 < end);
    if (own.length > 0) {
      found.push(place(own));
    }
  }
  return found.slice(0, frames);
}

async function walkFragments(file: Blob, start: number, little: boolean) {
  const fragments: Stretch[] = [];
  let table: number[] = [];
  let at = start;
  let held = new DataView(new ArrayBuffer(0));
  let heldAt = 0;
  for (let count = 0; at + 8 <= file.size && count <= MOST_FRAGMENTS; count++) {
    if (at < heldAt || at + 8 > heldAt + held.byteLength) {
      held = new DataView(await file.slice(at, at + 512).arrayBuffer());
      heldAt = at;
    }
    const tag = held.getUint16(at - heldAt, little) * 0x10000 + held.getUint16(at - heldAt + 2, little);
    const said = held.getUint32(at - heldAt + 4, little);
    if (tag !== ITEM) {
      break;
    }
    const length = Math.min(said, file.size - at - 8);
    if (count === 0) {
      const bytes = await file.slice(at + 8, at + 8 + Math.min(length, 4 * MOST_FRAMES)).arrayBuffer();
      const view = new DataView(bytes);
      table = Array.from({ length: bytes.byteLength >> 2 }, (_, each) => view.getUint32(each * 4, little));
    } else {
      fragments.push({ at: at + 8, length });
    }
    at += 8 + said;
  }
  return { table, fragments };
}

/** The Extended Offset Table, where there is one. */
async function longOffsets(values: Values, file: Blob): Promise<number[] | null> {
  const element = values.element(TAG.longOffsets);
  if (element === null || element.length > 8 * MOST_FRAMES) {
    return null;
  }
  const view = new DataView(await file.slice(element.at, element.at + element.length).arrayBuffer());
  return Array.from({ length: view.byteLength >> 3 }, (_, each) => Number(view.getBigUint64(each * 8, true)));
}

/** Without offsets: frames begin where a codestream does. */
async function imageStarts(file: Blob, fragments: readonly Stretch[]): Promise<number[]> {
  const starts: number[] = [];
  for (const { at } of fragments) {
    const head = new Uint8Array(await file.slice(at, at + 4).arrayBuffer());
    if (head[0] === 0xff && (head[1] === 0xd8 || (head[1] === 0x4f && head[2] === 0xff && head[3] === 0x51))) {
      starts.push(at - 8);
    }
  }
  return starts;
}
