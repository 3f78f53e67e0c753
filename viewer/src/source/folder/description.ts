/** What an instance's pixels are, after every claim of the header was held against the bytes that are there. */

import type { Format } from "../model";
import { BIG_ENDIAN, type Header } from "./header";
import { TAG } from "./tags";
import type { Values } from "./values";

/** The Image Pixel module (PS3.3 C.7.6.3). */
export interface Description {
  syntax: string;
  rows: number;
  columns: number;
  samples: number;
  allocated: number;
  stored: number;
  highBit: number;
  signed: boolean;
  floating: boolean;
  photometric: string;
  planar: boolean;
  bigEndian: boolean;
  /** 8-bit samples in words of the other byte order (PS3.5 A.3). */
  swapped: boolean;
  /** Y Y Cb Cr for two pixels in uncompressed data. */
  halved: boolean;
  /** Of an uncompressed frame. */
  frameBits: number;
}

const CODED = "1.2.840.10008.1.2.4.";
const VIDEO = /^1\.2\.840\.10008\.1\.2\.4\.10[0-9]$/;
export const RLE = "1.2.840.10008.1.2.5";
export const DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1";
const JPEG: readonly string[] = ["50", "51", "57", "70"].map((last) => CODED + last);
const JPEG_LS: readonly string[] = ["80", "81"].map((last) => CODED + last);
const JPEG_2000: readonly string[] = ["90", "91", "92", "93", "201", "202", "203"].map((last) => CODED + last);

export type Codec = "native" | "rle" | "jpeg" | "jpeg-ls" | "jpeg-2000" | "deflated";

export function codecOf(syntax: string, isCoded: boolean): Codec | null {
  if (!isCoded) {
    return syntax.startsWith(CODED) && !/\.(?:94|95|204|205)$/.test(syntax) ? null : "native";
  }
  if (JPEG.includes(syntax)) {
    return "jpeg";
  }
  if (JPEG_LS.includes(syntax)) {
    return "jpeg-ls";
  }
  if (JPEG_2000.includes(syntax)) {
    return "jpeg-2000";
  }
  return syntax === RLE
    ? "rle"
    : syntax === DEFLATED_FRAMES
      ? "deflated"
      : syntax.endsWith("1.2.1.98")
        ? "native"
        : null;
}

export const isVideo = (syntax: string): boolean => VIDEO.test(syntax);

const GREY = new Set(["MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"]);
const COLOURS = /^(?:RGB|YBR_(?:FULL|FULL_422|PARTIAL_422|PARTIAL_420|ICT|RCT))$/;
const LARGEST_FRAME = 1 << 29;

/** Null where it cannot be shown as a picture. */
export function describe(header: Header, values: Values): Description | null {
  const { pixels, syntax } = header;
  if (pixels === null || pixels.length === 0 || codecOf(syntax, pixels.length === null) === null) {
    return null;
  }
  const rows = values.whole(TAG.rows) ?? 0;
  const columns = values.whole(TAG.columns) ?? 0;
  const samples = values.whole(TAG.samples) ?? 1;
  const floating = pixels.tag !== TAG.pixels;
  const allocated = floating ? (pixels.tag === TAG.floatPixels ? 32 : 64) : (values.whole(TAG.allocated) ?? 0);
  const photometric = fitting(values.term(TAG.photometric), samples);
  const known = floating ? samples === 1 : [1, 8, 16, 32].includes(allocated);
  if (!(rows > 0 && columns > 0 && rows < 65_536 && columns < 65_536 && known) || photometric === null) {
    return null;
  }
  if (rows * columns * samples * Math.max(1, allocated / 8) > LARGEST_FRAME) {
    return null;
  }
  const said = values.whole(TAG.stored) ?? allocated;
  const stored = floating || said < 1 || said > allocated ? allocated : said;
  const high = values.whole(TAG.highBit) ?? -1;
  const isCoded = pixels.length === null;
  const halved = !isCoded && /^YBR_(?:FULL|PARTIAL)_422$/.test(photometric) && columns % 2 === 0 && allocated === 8;
  const bigEndian = syntax === BIG_ENDIAN;
  return {
    syntax,
    rows,
    columns,
    samples,
    allocated,
    stored,
    highBit: floating || high < stored - 1 || high >= allocated ? stored - 1 : high,
    signed: floating || (values.whole(TAG.signed) === 1 && allocated > 1),
    floating,
    photometric,
    planar: samples > 1 && !halved && values.whole(TAG.planar) === 1,
    bigEndian,
    swapped: bigEndian && allocated <= 8 && pixels.vr === "OW",
    halved,
    frameBits: rows * columns * allocated * (halved ? 2 : samples),
  };
}

/** Null for ways of coding colour that are not known here. */
function fitting(photometric: string, samples: number): string | null {
  if (samples === 1) {
    return GREY.has(photometric) ? photometric : COLOURS.test(photometric) || photometric === "" ? "MONOCHROME2" : null;
  }
  if (samples !== 3) {
    return null;
  }
  return COLOURS.test(photometric) ? photometric : GREY.has(photometric) || photometric === "" ? "RGB" : null;
}

export const isColour = ({ photometric }: Description): boolean => !photometric.startsWith("MONOCHROME");

/** Of decoded pixels: colour is made into 8-bit RGB. */
export function formatOf(description: Description): Format {
  if (isColour(description)) {
    return "u1";
  }
  const kind = description.floating ? "f" : description.signed ? "i" : "u";
  return `${kind}${Math.max(1, description.allocated / 8)}` as Format;
}
