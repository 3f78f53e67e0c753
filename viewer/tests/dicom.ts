/** DICOM files made for tests, in each of the three ways in which data sets are written. */

export const UIDS = {
  implicit: "1.2.840.10008.1.2",
  explicit: "1.2.840.10008.1.2.1",
  big: "1.2.840.10008.1.2.2",
  rle: "1.2.840.10008.1.2.5",
  jpeg: "1.2.840.10008.1.2.4.50",
} as const;

/** A value: text, a number, the items of a sequence, or bytes; "claims" writes that length instead of the true one. */
export type Field = readonly [
  tag: number,
  vr: string,
  value: string | number | readonly (readonly Field[])[] | Uint8Array,
  claims?: number,
];

const LONG = new Set(["OB", "OW", "SQ", "UN", "UT"]);

interface Writing {
  explicit: boolean;
  little: boolean;
}

class Writer {
  readonly bytes: number[] = [];

  constructor(private readonly how: Writing) {}

  word(value: number, size: number): void {
    for (let at = 0; at < size; at++) {
      const place = this.how.little ? at : size - 1 - at;
      this.bytes.push(Math.floor(value / 256 ** place) & 0xff);
    }
  }

  fields(fields: readonly Field[]): void {
    const last = new Map(fields.map((field) => [field[0], field]));
    for (const [tag, vr, value, claims] of [...last.values()].sort((a, b) => a[0] - b[0])) {
      const content = this.content(vr, value);
      const length = claims ?? content.length;
      this.word(Math.floor(tag / 0x10000), 2);
      this.word(tag & 0xffff, 2);
      if (this.how.explicit) {
        this.bytes.push(vr.charCodeAt(0), vr.charCodeAt(1));
        if (LONG.has(vr)) {
          this.bytes.push(0, 0);
        }
      }
      this.word(length, this.how.explicit && !LONG.has(vr) ? 2 : 4);
      this.bytes.push(...content);
    }
  }

  private content(vr: string, value: Field[2]): number[] {
    const inner = new Writer(this.how);
    if (typeof value === "number") {
      inner.word(value, 2);
    } else if (value instanceof Uint8Array) {
      inner.bytes.push(...value);
    } else if (typeof value === "string") {
      inner.bytes.push(...[...value].map((letter) => letter.charCodeAt(0)));
      if (value.length % 2 === 1) {
        inner.bytes.push(vr === "UI" ? 0 : 0x20);
      }
    } else {
      for (const item of value) {
        const own = new Writer(this.how);
        own.fields(item);
        inner.word(0xfffe, 2);
        inner.word(0xe000, 2);
        inner.word(own.bytes.length, 4);
        inner.bytes.push(...own.bytes);
      }
    }
    return inner.bytes;
  }
}

interface FileOptions {
  syntax?: string;
  /** With a preamble and DICM. */
  marked?: boolean;
  /** With file meta information. */
  meta?: boolean;
}

export function fileOf(fields: readonly Field[], options: FileOptions): File {
  const { syntax = UIDS.explicit, marked = true, meta = true } = options;
  const head = new Writer({ explicit: true, little: true });
  head.fields([[0x00020010, "UI", syntax]]);
  const data = new Writer({ explicit: syntax !== UIDS.implicit, little: syntax !== UIDS.big });
  data.fields(fields);
  const preamble = [...new Array(128).fill(0), 0x44, 0x49, 0x43, 0x4d];
  return new File(
    [Uint8Array.from([...(marked && meta ? preamble : []), ...(meta ? head.bytes : []), ...data.bytes])],
    "IM000001",
  );
}

interface ImageOptions {
  uid?: string;
  study?: string;
  date?: string;
  name?: string;
  id?: string;
  frames?: number;
  pixelLength?: number;
  syntax?: string;
  /** Pixels in fragments. */
  fragments?: readonly number[];
}

/** A picture of two rows and three columns, 16 bits a pixel. */
export function image(options: ImageOptions = {}): Field[] {
  const { uid = "1.2.3", study = "1.2", date = "20261101", name = "DOE^JANE", id = "1", frames = 1 } = options;
  const pixels = Uint8Array.from({ length: 12 * frames }, (_, at) => (at % 2 === 0 ? at : 0));
  const { fragments, pixelLength } = options;
  return [
    [0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4"],
    [0x00080018, "UI", uid],
    [0x00080020, "DA", date],
    [0x00080060, "CS", "MR"],
    [0x00100010, "PN", name],
    [0x00100020, "LO", id],
    [0x0020000d, "UI", study],
    [0x0020000e, "UI", `${study}.1`],
    [0x00200032, "DS", "1\\2\\3.5"],
    [0x00280002, "US", 1],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280008, "IS", String(frames)],
    [0x00280010, "US", 2],
    [0x00280011, "US", 3],
    [0x00280100, "US", 16],
    [0x00280101, "US", 16],
    [0x00280102, "US", 15],
    [0x00280103, "US", 0],
    fragments === undefined
      ? [0x7fe00010, "OW", pixels, pixelLength]
      : [0x7fe00010, "OB", Uint8Array.from([...fragments, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]), 0xffffffff],
  ];
}

/** Lossless JPEG by the sample to the left, its differences in codes of four bits and more. */
export function jpegLossless(
  rows: number,
  columns: number,
  precision: number,
  values: readonly number[],
): Uint8Array<ArrayBuffer> {
  // Sixteen lengths have codes of five bits each.
  const table = [0, 0, 0, 0, 16, ...new Array(11).fill(0), ...Array.from({ length: 16 }, (_, at) => at)];
  const segment = (marker: number, ...content: number[]) => [0xff, marker, 0, content.length + 2, ...content];
  let bits = "";
  values.forEach((value, at) => {
    const row = Math.floor(at / columns);
    const first = at % columns === 0;
    const before = at === 0 ? 2 ** (precision - 1) : (values[first ? (row - 1) * columns : at - 1] ?? 0);
    const difference = value - before;
    const length = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    bits += length.toString(2).padStart(5, "0");
    const coded = difference < 0 ? difference + 2 ** length - 1 : difference;
    bits += length === 0 ? "" : coded.toString(2).padStart(length, "0");
  });
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  const scan = (bits.match(/.{8}/g) ?? []).flatMap((byte) => {
    const value = Number.parseInt(byte, 2);
    return value === 0xff ? [0xff, 0] : [value];
  });
  return Uint8Array.from([
    0xff,
    0xd8,
    ...segment(0xc3, precision, rows >> 8, rows & 255, columns >> 8, columns & 255, 1, 1, 0x11, 0),
    ...segment(0xc4, 0, ...table),
    ...segment(0xda, 1, 1, 0, 1, 0, 0),
    ...scan,
    0xff,
    0xd9,
  ]);
}
