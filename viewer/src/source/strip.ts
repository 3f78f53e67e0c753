/** The preview strip: "USTRIP1\0", u32 count, count × u32 lengths (little-endian), then the images joined. */

import type { StripImage } from "./frame-source";

const MAGIC = "USTRIP1\0";
const FIXED = MAGIC.length + 4;
/** More pictures in a series, or a larger small picture, than any scanner makes: the bytes are not a strip. */
const MOST_IMAGES = 100_000;
const MOST_BYTES = 1 << 22;

export class StripMalformed extends Error {}

/** Takes the strip in pieces of any size and gives out each image once it is complete. */
export class StripParser {
  private held = new Uint8Array(0);
  private lengths: Uint32Array | null = null;
  private index = 0;

  get count(): number | null {
    return this.lengths === null ? null : this.lengths.length;
  }

  get complete(): boolean {
    return this.lengths !== null && this.index === this.lengths.length;
  }

  /** Throws StripMalformed where the bytes are not a strip. */
  push(piece: Uint8Array): StripImage[] {
    const joined = new Uint8Array(this.held.length + piece.length);
    joined.set(this.held);
    joined.set(piece, this.held.length);
    let at = 0;
    if (this.lengths === null) {
      const header = readHeader(joined);
      if (header === null) {
        this.held = joined;
        return [];
      }
      this.lengths = header;
      at = FIXED + header.length * 4;
    }
    const images: StripImage[] = [];
    while (this.index < this.lengths.length) {
      const length = this.lengths[this.index] ?? 0;
      if (at + length > joined.length) {
        break;
      }
      images.push({ index: this.index, bytes: joined.slice(at, at + length) });
      at += length;
      this.index += 1;
    }
    this.held = joined.slice(at);
    return images;
  }
}

/** The lengths, or null while the header is not complete. */
function readHeader(bytes: Uint8Array): Uint32Array | null {
  for (let at = 0; at < Math.min(MAGIC.length, bytes.length); at++) {
    if (bytes[at] !== MAGIC.charCodeAt(at)) {
      throw new StripMalformed("not a preview strip");
    }
  }
  if (bytes.length < FIXED) {
    return null;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(MAGIC.length, true);
  if (count > MOST_IMAGES) {
    throw new StripMalformed("a preview strip of too many images");
  }
  if (bytes.length < FIXED + count * 4) {
    return null;
  }
  const lengths = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    const length = view.getUint32(FIXED + index * 4, true);
    if (length > MOST_BYTES) {
      throw new StripMalformed("a preview strip with too large an image");
    }
    lengths[index] = length;
  }
  return lengths;
}
