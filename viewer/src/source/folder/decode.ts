/** From a frame's bytes in the file to pixels as the viewer takes them: stored values, or 8-bit RGB. */

import type { PixelArray } from "../../decode/pixels";
import type { Codecs } from "./codecs";
import { type Palette, toRgb } from "./colour";
import { codecOf, type Description, isColour } from "./description";
import { decodeJpeg } from "./jpeg";
import { type Bytes, FrameDamaged, nativeFrame, rleFrame, viewed, withoutUnusedBits } from "./native";
import type { ModalityTable } from "./tables";

export interface Job {
  bytes: ArrayBuffer;
  /** Bits before the frame in its first byte, of uncompressed data. */
  skip: number;
  coded: boolean;
  description: Description;
  palette: Palette | null;
  modality: ModalityTable | null;
}

/** Rejects with FrameDamaged or CodecUnavailable. */
export async function decodeFrame(job: Job, codecs: Codecs): Promise<PixelArray> {
  const { description, palette, modality } = job;
  const { values, photometric } = await stored(job, codecs);
  if (isColour(description)) {
    return toRgb(values, photometric, description, palette);
  }
  return modality === null ? values : mapped(values, modality);
}

function mapped(values: PixelArray, { first, entries }: ModalityTable): PixelArray {
  const last = entries.length - 1;
  return Uint16Array.from(values, (value) => entries[Math.max(0, Math.min(last, value - first))] ?? 0);
}

interface Stored {
  values: PixelArray;
  photometric: string;
}

async function stored({ bytes, skip, coded, description }: Job, codecs: Codecs): Promise<Stored> {
  const { photometric } = description;
  const raw: Bytes = new Uint8Array(bytes);
  if (raw.length === 0) {
    throw new FrameDamaged("the frame is empty");
  }
  switch (codecOf(description.syntax, coded)) {
    case "native":
      return { values: withoutUnusedBits(nativeFrame(raw, skip, description), description), photometric };
    case "rle":
      return { values: withoutUnusedBits(rleFrame(raw, description), description), photometric };
    case "deflated": {
      const { inflateSync } = await import("fflate");
      // Into room for one frame, whatever it claims to unpack to.
      const whole = new Uint8Array(inflateSync(raw, { out: new Uint8Array(Math.ceil(description.frameBits / 8)) }));
      return { values: withoutUnusedBits(nativeFrame(whole, 0, description), description), photometric };
    }
    case "jpeg": {
      const found = decodeJpeg(raw, description);
      return {
        values: fitted(found.values, found.precision, description),
        photometric: colourOf(found.colour, description),
      };
    }
    case "jpeg-ls": {
      const found = await codecs.decode("jpeg-ls", raw, description);
      return { values: fitted(found.values, found.precision, description), photometric };
    }
    case "jpeg-2000": {
      const found = await codecs.decode("jpeg-2000", raw, description);
      return {
        values: fitted(found.values, found.precision, description),
        photometric: photometric === "YBR_ICT" || photometric === "YBR_RCT" ? "RGB" : photometric,
      };
    }
    default:
      throw new FrameDamaged("this way of compressing pictures is not known here");
  }
}

/** A lossy stream that says what its colours are is believed, as every browser does; a lossless one has no say. */
function colourOf(says: "RGB" | "YBR" | "", { syntax, photometric }: Description): string {
  if (says === "" || /\.(?:57|70)$/.test(syntax)) {
    return photometric;
  }
  return says === "RGB" ? "RGB" : photometric === "RGB" ? "YBR_FULL" : photometric;
}

/** What a codec gave as the header's kind of number, the sign carried up from the codec's bits. */
function fitted(
  found: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>,
  precision: number,
  description: Description,
): PixelArray {
  const bits = Math.max(8, description.allocated);
  if (precision > bits || description.allocated > 16) {
    throw new FrameDamaged("the compressed frame has other bits than the header says");
  }
  const size = bits / 8;
  const values = viewed(new ArrayBuffer(found.length * size), { ...description, allocated: bits });
  const spare = 32 - precision;
  for (let at = 0; at < found.length; at++) {
    const value = found[at] ?? 0;
    values[at] = description.signed ? (value << spare) >> spare : (value << spare) >>> spare;
  }
  return precision > description.stored ? withoutUnusedBits(values, description) : values;
}
