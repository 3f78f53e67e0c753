/** JPEG-LS by CharLS and JPEG 2000 by OpenJPEG, as WebAssembly, each fetched when its first picture comes. */

import startJpegLs from "@cornerstonejs/codec-charls/decodewasmjs";
import startJpeg2000 from "@cornerstonejs/codec-openjpeg/decodewasmjs";
import type { Description } from "./description";
import { type Bytes, FrameDamaged } from "./native";
import type { CodecName, FetchCodec } from "./opening";

interface Info {
  width: number;
  height: number;
  bitsPerSample: number;
  componentCount: number;
}

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): Info;
  /** A view of the codec's memory, valid until the next call. */
  getDecodedBuffer(): Uint8Array;
  getInterleaveMode?(): number;
  delete(): void;
}

export interface DecodedFrame {
  precision: number;
  /** Samples interleaved. */
  values: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

/** The WebAssembly itself does not run here. */
export class CodecUnavailable extends Error {}

export class Codecs {
  private readonly started = new Map<CodecName, Promise<new () => Decoder>>();

  constructor(private readonly fetchCodec: FetchCodec) {}

  /** Rejects with FrameDamaged, or with CodecUnavailable. */
  async decode(name: CodecName, coded: Bytes, description: Description): Promise<DecodedFrame> {
    const started = this.started.get(name) ?? this.start(name);
    this.started.set(name, started);
    let made: new () => Decoder;
    try {
      made = await started;
    } catch (error) {
      this.started.delete(name);
      throw new CodecUnavailable(String(error));
    }
    const decoder = new made();
    try {
      return decoded(decoder, coded, description, name);
    } catch (error) {
      if (error instanceof FrameDamaged) {
        throw error;
      }
      // A codec that gave up in the middle may have left its memory in disorder.
      this.started.delete(name);
      throw new FrameDamaged("the compressed frame is damaged");
    } finally {
      try {
        decoder.delete();
      } catch {
        this.started.delete(name);
      }
    }
  }

  private async start(name: CodecName): Promise<new () => Decoder> {
    const wasmBinary = new Uint8Array(await this.fetchCodec(name));
    const quiet = { print: () => undefined, printErr: () => undefined };
    return name === "jpeg-ls"
      ? (await startJpegLs({ wasmBinary, ...quiet })).JpegLSDecoder
      : (await startJpeg2000({ wasmBinary, ...quiet })).J2KDecoder;
  }
}

function decoded(decoder: Decoder, coded: Bytes, description: Description, name: CodecName): DecodedFrame {
  const { rows, columns, samples } = description;
  // A stream that claims to be larger than the header says is not even begun.
  const claim = name === "jpeg-ls" ? jpegLsClaim(coded) : jpeg2000Claim(coded);
  if (claim === null || claim.rows !== rows || claim.columns !== columns || claim.samples !== samples) {
    throw new FrameDamaged("the compressed frame is of another size than the header says");
  }
  // CharLS looks on in a stream that is cut short until it finds an end.
  const ended = name === "jpeg-ls" ? coded.length + 2 : coded.length;
  const room = decoder.getEncodedBuffer(ended);
  room.set(coded);
  if (name === "jpeg-ls") {
    room.set([0xff, 0xd9], coded.length);
  }
  decoder.decode();
  const info = decoder.getFrameInfo();
  const bytes = decoder.getDecodedBuffer().slice();
  const count = rows * columns * samples;
  const wide = info.bitsPerSample > 8;
  if (info.width !== columns || info.height !== rows || info.componentCount !== samples) {
    throw new FrameDamaged("the compressed frame is of another size than the header says");
  }
  if (bytes.length < count * (wide ? 2 : 1)) {
    throw new FrameDamaged("the compressed frame is damaged");
  }
  const values = wide ? new Uint16Array(bytes.buffer, 0, count) : bytes.subarray(0, count);
  // 0: plane by plane.
  const isPlanar = samples > 1 && decoder.getInterleaveMode?.() === 0;
  return {
    precision: info.bitsPerSample,
    values: isPlanar ? interleaved(values, rows * columns, samples) : values,
  };
}

function interleaved<T extends Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>>(
  values: T,
  pixels: number,
  samples: number,
): T {
  const found = values.slice() as T;
  for (let sample = 0; sample < samples; sample++) {
    for (let at = 0; at < pixels; at++) {
      found[at * samples + sample] = values[sample * pixels + at] ?? 0;
    }
  }
  return found;
}

interface Claim {
  rows: number;
  columns: number;
  samples: number;
}

/** The frame header (ITU-T T.87 C.2.2). */
function jpegLsClaim(coded: Bytes): Claim | null {
  const view = new DataView(coded.buffer, coded.byteOffset, coded.byteLength);
  let at = 2;
  while (at + 10 <= coded.length && coded[at] === 0xff) {
    const marker = coded[at + 1];
    if (marker === 0xf7) {
      return { rows: view.getUint16(at + 5), columns: view.getUint16(at + 7), samples: coded[at + 9] ?? 0 };
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/** The SIZ marker (ITU-T T.800 A.5.1), bare or in a JP2 file. */
function jpeg2000Claim(coded: Bytes): Claim | null {
  const view = new DataView(coded.buffer, coded.byteOffset, coded.byteLength);
  for (let at = 0; at + 45 <= coded.length && at < 4_096; at++) {
    if (view.getUint32(at) === 0xff4fff51) {
      return {
        rows: view.getUint32(at + 12) - view.getUint32(at + 20),
        columns: view.getUint32(at + 8) - view.getUint32(at + 16),
        samples: view.getUint16(at + 40),
      };
    }
  }
  return null;
}
