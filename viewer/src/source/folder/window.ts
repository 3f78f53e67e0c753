/** A stretch of a file in memory. The rest is read as it is wanted: files of gigabytes are never read as a whole. */

/** The file ends before what is asked for. */
export class FileEnds extends Error {}
/** A header is larger than any that scanners write. */
export class HeaderTooLong extends Error {}

const STRETCH = 1 << 15;
const MOST = 1 << 26;

export class FileWindow {
  private bytes = new Uint8Array(0);
  private data = new DataView(this.bytes.buffer);
  private start = 0;
  private readSoFar = 0;

  constructor(readonly file: Blob) {}

  /** Whether so many bytes from there on are in memory. */
  has(at: number, length: number): boolean {
    return at >= this.start && at + length <= this.start + this.bytes.length;
  }

  /** Takes them into memory. Rejects with FileEnds, HeaderTooLong, or as the file does where it cannot be read. */
  async hold(at: number, length: number): Promise<void> {
    if (this.has(at, length)) {
      return;
    }
    if (at + length > this.file.size) {
      throw new FileEnds();
    }
    const end = Math.min(this.file.size, at + Math.max(length, STRETCH));
    this.readSoFar += end - at;
    if (this.readSoFar > MOST) {
      throw new HeaderTooLong();
    }
    this.bytes = new Uint8Array(await this.file.slice(at, end).arrayBuffer());
    this.data = new DataView(this.bytes.buffer);
    this.start = at;
    if (this.bytes.length < length) {
      throw new FileEnds();
    }
  }

  u8(at: number): number {
    return this.bytes[at - this.start] ?? 0;
  }

  u16(at: number, little: boolean): number {
    return this.data.getUint16(at - this.start, little);
  }

  u32(at: number, little: boolean): number {
    return this.data.getUint32(at - this.start, little);
  }

  /** A copy of what is in memory. */
  copy(at: number, length: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(at - this.start, at - this.start + length);
  }
}
