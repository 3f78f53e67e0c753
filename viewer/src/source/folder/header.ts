/** Reads a DICOM header out of a file (PS3.5, PS3.10): what stands before the pixels, and where those begin. */

import { TAG, VR_OF } from "./tags";
import { FileEnds, FileWindow, HeaderTooLong } from "./window";

export interface Element {
  vr: string;
  /** Where its value lies in the file. */
  at: number;
  length: number;
  /** Null where it is long; then it is read from the file. */
  bytes: Uint8Array<ArrayBuffer> | null;
  items: Dataset[];
}

export type Dataset = Map<number, Element>;

export interface PixelPlace {
  tag: number;
  vr: string;
  at: number;
  /** Null where it is cut into fragments (PS3.5 A.4). */
  length: number | null;
}

export interface Header {
  /** What offsets are of: the file, or what was unpacked from it. */
  file: Blob;
  syntax: string;
  littleEndian: boolean;
  dataset: Dataset;
  pixels: PixelPlace | null;
  /** The header breaks off. */
  truncated: boolean;
}

const IMPLICIT = "1.2.840.10008.1.2";
export const EXPLICIT = "1.2.840.10008.1.2.1";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const DEFLATED_ELSEWHERE = "1.2.840.10008.1.2.4.95";
export const BIG_ENDIAN = "1.2.840.10008.1.2.2";

const ITEM = 0xfffee000;
const ITEM_ENDS = 0xfffee00d;
const SEQUENCE_ENDS = 0xfffee0dd;
const UNDEFINED = 0xffffffff;
const LONG_VRS = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const SHORT_VRS = new Set(
  [
    "AE",
    "AS",
    "AT",
    "CS",
    "DA",
    "DS",
    "DT",
    "FD",
    "FL",
    "IS",
    "LO",
    "LT",
    "PN",
    "SH",
    "SL",
    "SS",
    "ST",
    "TM",
    "UI",
  ].concat(["UL", "US"]),
);
const PIXELS: readonly number[] = [TAG.pixels, TAG.floatPixels, TAG.doublePixels];
/** Longer values are read when they are wanted. */
const KEPT = 4_096;
const DEEPEST = 24;
/** What is unpacked from a deflated file must fit into memory. */
const MOST_INFLATED = 1 << 28;

interface Coding {
  explicit: boolean;
  little: boolean;
}

/** Null where the file is no DICOM. Rejects where it cannot be read. */
export async function readHeader(file: Blob): Promise<Header | null> {
  if (file.size < 20) {
    return null;
  }
  const window = new FileWindow(file);
  const begun = await beginning(window);
  if (begun === null) {
    return null;
  }
  const { at, syntax, isMarked } = begun;
  if (syntax === DEFLATED || syntax === DEFLATED_ELSEWHERE) {
    const whole = await inflated(file.slice(at));
    return whole === null
      ? null
      : readDataset(new FileWindow(whole), 0, EXPLICIT, { explicit: true, little: true }, isMarked);
  }
  const coding = await codingAt(window, at, syntax);
  return coding === null ? null : readDataset(window, at, syntax || syntaxOf(coding), coding, isMarked);
}

const syntaxOf = ({ explicit, little }: Coding) => (!explicit ? IMPLICIT : little ? EXPLICIT : BIG_ENDIAN);

/** Where the data set begins, and what the file says of how it is written: "" where it says nothing. */
async function beginning(window: FileWindow): Promise<{ at: number; syntax: string; isMarked: boolean } | null> {
  const marked = window.file.size >= 132;
  await window.hold(0, marked ? 132 : 20);
  const isMarked = marked && [0x44, 0x49, 0x43, 0x4d].every((letter, place) => window.u8(128 + place) === letter);
  let at = isMarked ? 132 : 0;
  let syntax = "";
  try {
    for (;;) {
      await window.hold(at, 8);
      if (window.u16(at, true) !== 2) {
        return isMarked || at > 0 || (await looksRight(window)) ? { at, syntax, isMarked } : null;
      }
      const tag = tagAt(window, at, true);
      const { value, length } = await lengthAt(window, at, { explicit: true, little: true }, tag);
      if (length > 1 << 20) {
        return null;
      }
      if (tag === TAG.transferSyntax) {
        await window.hold(value, length);
        syntax = String.fromCharCode(...window.copy(value, Math.min(length, 64))).replace(/[\0 ]+$/, "");
      }
      at = value + length;
    }
  } catch (error) {
    if (error instanceof FileEnds || error instanceof HeaderTooLong) {
      return null;
    }
    throw error;
  }
}

/** Without a preamble: a first element of group 8, of a length that can be. */
async function looksRight(window: FileWindow): Promise<boolean> {
  const little = window.u16(0, true) === 8;
  if (!little && window.u16(0, false) !== 8) {
    return false;
  }
  const explicit = isVr(vrAt(window, 0));
  if (!explicit && !little) {
    return false;
  }
  const { length } = await lengthAt(window, 0, { explicit, little }, tagAt(window, 0, little));
  return window.u16(2, little) <= 0x100 && length <= 4_096;
}

/** By what is there rather than by what is said of it, where the two disagree. */
async function codingAt(window: FileWindow, at: number, syntax: string): Promise<Coding | null> {
  try {
    await window.hold(at, 8);
  } catch {
    return null;
  }
  const little =
    syntax === BIG_ENDIAN ? window.u16(at, true) <= 8 && window.u16(at, true) > 0 : window.u16(at, true) < 0x100;
  return { explicit: isVr(vrAt(window, at)), little };
}

const isVr = (vr: string) => LONG_VRS.has(vr) || SHORT_VRS.has(vr);
const vrAt = (window: FileWindow, at: number) => String.fromCharCode(window.u8(at + 4), window.u8(at + 5));
const tagAt = (window: FileWindow, at: number, little: boolean) =>
  window.u16(at, little) * 0x10000 + window.u16(at + 2, little);

/** Of an element whose first eight bytes are in memory: its VR, where its value begins, and how long it is. */
async function lengthAt(
  window: FileWindow,
  at: number,
  { explicit, little }: Coding,
  tag: number,
): Promise<{ vr: string; value: number; length: number }> {
  const said = explicit ? vrAt(window, at) : "";
  const known = VR_OF.get(tag) ?? "UN";
  if (SHORT_VRS.has(said)) {
    return { vr: said, value: at + 8, length: window.u16(at + 6, little) };
  }
  // What is no VR at all is taken for an element of Implicit VR among others, as some writers put them.
  if (!LONG_VRS.has(said)) {
    return { vr: known, value: at + 8, length: window.u32(at + 4, little) };
  }
  await window.hold(at, 12);
  return { vr: said === "UN" ? known : said, value: at + 12, length: window.u32(at + 8, little) };
}

interface Level {
  /** Elements go here; null between the items of a sequence. */
  dataset: Dataset | null;
  items: Dataset[];
  end: number;
  coding: Coding;
  /** Its items are fragments of pixels, as of an icon. */
  fragments?: boolean;
}

async function readDataset(
  window: FileWindow,
  start: number,
  syntax: string,
  coding: Coding,
  isMarked: boolean,
): Promise<Header | null> {
  const dataset: Dataset = new Map();
  const header: Header = {
    file: window.file,
    syntax,
    littleEndian: coding.little,
    dataset,
    pixels: null,
    truncated: false,
  };
  try {
    header.pixels = await walk(window, start, coding, dataset);
  } catch (error) {
    if (!(error instanceof FileEnds || error instanceof HeaderTooLong)) {
      throw error;
    }
    header.truncated = true;
  }
  return (isMarked && dataset.size > 0) ||
    dataset.has(TAG.sopClass) ||
    dataset.has(TAG.rows) ||
    dataset.has(TAG.studyUid)
    ? header
    : null;
}

/** Fills the data set. By a stack of its own: however deep sequences lie, the page's own stack does not grow. */
async function walk(window: FileWindow, start: number, coding: Coding, root: Dataset): Promise<PixelPlace | null> {
  const stack: Level[] = [{ dataset: root, items: [], end: window.file.size, coding }];
  let at = start;
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    if (at >= level.end) {
      if (stack.length === 1) {
        return null;
      }
      stack.pop();
      continue;
    }
    if (!window.has(at, 12)) {
      await window.hold(at, Math.min(12, Math.max(8, window.file.size - at)));
    }
    const { little } = level.coding;
    const tag = tagAt(window, at, little);
    if (level.dataset === null || tag === ITEM_ENDS || tag === SEQUENCE_ENDS) {
      const length = window.u32(at + 4, little);
      at += 8;
      if (level.fragments && tag === ITEM && length !== UNDEFINED) {
        at += length;
      } else if (level.dataset === null && tag === ITEM) {
        const item: Dataset = new Map();
        level.items.push(item);
        const end = length === UNDEFINED ? level.end : at + length;
        stack.push({ dataset: item, items: [], end, coding: level.coding });
      } else if (stack.length > 1 && (tag === ITEM_ENDS || tag === SEQUENCE_ENDS)) {
        stack.pop();
      } else {
        throw new FileEnds();
      }
      continue;
    }
    const { vr, value, length } = await lengthAt(window, at, level.coding, tag);
    const atRoot = stack.length === 1;
    if (atRoot && PIXELS.includes(tag)) {
      return { tag, vr, at: value, length: length === UNDEFINED ? null : length };
    }
    const wanted = VR_OF.get(tag);
    const isSequence = length === UNDEFINED || (wanted === "SQ" && (vr === "SQ" || vr === "UN"));
    if (isSequence) {
      if (stack.length >= DEEPEST * 2) {
        throw new FileEnds();
      }
      const items: Dataset[] = [];
      if (wanted !== undefined) {
        level.dataset.set(tag, { vr: "SQ", at: value, length: 0, bytes: null, items });
      }
      // A sequence of unknown VR and length is written in Implicit VR (PS3.5 6.2.2).
      const own = level.coding.explicit && vrAt(window, at) === "UN" ? { explicit: false, little: true } : level.coding;
      const end = length === UNDEFINED ? level.end : value + length;
      stack.push({ dataset: null, items, end, coding: own, fragments: vr === "OB" || vr === "OW" });
      at = value;
      continue;
    }
    if (value + length > window.file.size) {
      throw new FileEnds();
    }
    if (wanted !== undefined) {
      const isShort = length <= KEPT;
      if (isShort && length > 0) {
        await window.hold(value, length);
      }
      const bytes = isShort ? (length === 0 ? new Uint8Array(0) : window.copy(value, length)) : null;
      level.dataset.set(tag, { vr, at: value, length, bytes, items: [] });
    }
    at = value + length;
  }
  return null;
}

async function inflated(packed: Blob): Promise<Blob | null> {
  const { Inflate } = await import("fflate");
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let sum = 0;
  const inflate = new Inflate((piece) => {
    sum += piece.length;
    pieces.push(new Uint8Array(piece));
  });
  try {
    for (let at = 0; at < packed.size && sum <= MOST_INFLATED; at += STEP) {
      const piece = new Uint8Array(await packed.slice(at, at + STEP).arrayBuffer());
      inflate.push(piece, at + STEP >= packed.size);
    }
  } catch {
    // What came before the damage may still be a whole header.
  }
  return sum === 0 || sum > MOST_INFLATED ? null : new Blob(pieces);
}

const STEP = 1 << 20;
