/**
 * Decodes JPEG (ISO 10918-1) as DICOM has it: sequential, Huffman coded, of 8 or 12 bits, and lossless of up to 16 bits.
 * Progressive and arithmetic coding, which DICOM has retired, are not known here.
 */

import { inverseCosines } from "./cosines";
import { type Bytes, FrameDamaged } from "./native";

export interface Decoded {
  rows: number;
  columns: number;
  samples: number;
  precision: number;
  /** What the stream says of its colours: "RGB", "YBR", or nothing. */
  colour: "RGB" | "YBR" | "";
  /** Samples interleaved. */
  values: Uint16Array<ArrayBuffer>;
}

interface Component {
  id: number;
  across: number;
  down: number;
  quantisation: number;
  /** Its samples, with those of blocks that reach beyond the picture. */
  plane: Uint16Array;
  stride: number;
  columns: number;
  rows: number;
}

interface Tables {
  quantisation: (Uint16Array | undefined)[];
  /** Of differences or first coefficients, and of the others. */
  dc: (Huffman | undefined)[];
  ac: (Huffman | undefined)[];
  restart: number;
}

const ZIGZAG = zigzag();

function zigzag(): Uint8Array {
  const order = new Uint8Array(64);
  let at = 0;
  for (let diagonal = 0; diagonal < 15; diagonal++) {
    for (let step = 0; step <= diagonal; step++) {
      const [row, column] = diagonal % 2 === 0 ? [diagonal - step, step] : [step, diagonal - step];
      if (row < 8 && column < 8) {
        order[at++] = row * 8 + column;
      }
    }
  }
  return order;
}

/** Codes by their length, the longest of 16 bits; those of up to 8 bits are looked up at once. */
class Huffman {
  private readonly quick = new Int16Array(256).fill(-1);
  private readonly first = new Int32Array(18);
  private readonly last = new Int32Array(18).fill(-1);
  private readonly place = new Int32Array(18);

  constructor(
    counts: Uint8Array,
    private readonly symbols: Uint8Array,
  ) {
    let code = 0;
    let at = 0;
    for (let length = 1; length <= 16; length++) {
      const count = counts[length - 1] ?? 0;
      this.first[length] = code;
      this.place[length] = at;
      this.last[length] = code + count - 1;
      for (let each = 0; each < count && length <= 8; each++) {
        const from = (code + each) << (8 - length);
        this.quick.fill((length << 8) | (symbols[at + each] ?? 0), from, from + (1 << (8 - length)));
      }
      at += count;
      code = (code + count) << 1;
    }
  }

  read(bits: Bits): number {
    const found = this.quick[bits.peek8()] ?? -1;
    if (found >= 0) {
      bits.skip(found >> 8);
      return found & 0xff;
    }
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | bits.bit();
      if (code <= (this.last[length] ?? -1)) {
        return this.symbols[(this.place[length] ?? 0) + code - (this.first[length] ?? 0)] ?? 0;
      }
    }
    throw new FrameDamaged("the compressed frame is damaged");
  }
}

/** Bits of a scan; beyond its end they are zero, for as long as a picture may lack a little. */
class Bits {
  private held = 0;
  private count = 0;
  private lacking = 0;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  private fill(): void {
    while (this.count <= 16) {
      let byte = this.bytes[this.at];
      if (byte === undefined || (byte === 0xff && this.bytes[this.at + 1] !== 0)) {
        this.lacking += 1;
        if (this.lacking > 1 << 16) {
          throw new FrameDamaged("the compressed frame ends too early");
        }
        byte = 0;
      } else {
        this.at += byte === 0xff ? 2 : 1;
      }
      this.held = ((this.held << 8) | byte) & 0xffffff;
      this.count += 8;
    }
  }

  peek8(): number {
    if (this.count < 8) {
      this.fill();
    }
    return (this.held >> (this.count - 8)) & 0xff;
  }

  skip(length: number): void {
    this.count -= length;
  }

  bit(): number {
    if (this.count < 1) {
      this.fill();
    }
    this.count -= 1;
    return (this.held >> this.count) & 1;
  }

  take(length: number): number {
    if (length > 8) {
      return (this.take(length - 8) << 8) | this.take(8);
    }
    if (this.count < length) {
      this.fill();
    }
    this.count -= length;
    return (this.held >> this.count) & ((1 << length) - 1);
  }

  /** A difference of so many bits (ISO 10918-1 F.2.2.1). */
  signed(length: number): number {
    if (length === 0) {
      return 0;
    }
    const value = this.take(length);
    return value < 1 << (length - 1) ? value - (1 << length) + 1 : value;
  }

  /** Goes on behind the next restart marker, if there is one. */
  restart(): void {
    this.count = 0;
    this.held = 0;
    for (let at = this.at; at + 1 < this.bytes.length; at++) {
      const marker = this.bytes[at + 1] ?? 0;
      if (this.bytes[at] === 0xff && marker !== 0 && marker !== 0xff) {
        this.at = marker >= 0xd0 && marker <= 0xd7 ? at + 2 : at;
        return;
      }
    }
  }
}

/** The picture must be of this size. Throws FrameDamaged. */
export function decodeJpeg(bytes: Bytes, expected: { rows: number; columns: number; samples: number }): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables: Tables = { quantisation: [], dc: [], ac: [], restart: 0 };
  let components: Component[] = [];
  let precision = 0;
  let lossless = false;
  let scans = 0;
  let adobe: number | null = null;
  let isJfif = false;
  let at = 2;
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) {
    throw new FrameDamaged("the compressed frame does not begin as it must");
  }
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || marker === 0xff || marker === 0 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 1;
      continue;
    }
    if (marker === 0xd9) {
      break;
    }
    const length = view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    at += 2 + length;
    if (marker === 0xc0 || marker === 0xc1 || marker === 0xc3) {
      lossless = marker === 0xc3;
      precision = segment[0] ?? 0;
      components = readFrame(segment, expected, lossless);
    } else if (marker > 0xc0 && marker < 0xd0 && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      throw new FrameDamaged("this kind of JPEG is not known here");
    } else if (marker === 0xc4) {
      readHuffman(segment, tables);
    } else if (marker === 0xdb) {
      readQuantisation(segment, tables);
    } else if (marker === 0xdd) {
      tables.restart = ((segment[0] ?? 0) << 8) | (segment[1] ?? 0);
    } else if (marker === 0xee && String.fromCharCode(...segment.subarray(0, 5)) === "Adobe") {
      adobe = segment[11] ?? null;
    } else if (marker === 0xe0 && String.fromCharCode(...segment.subarray(0, 4)) === "JFIF") {
      isJfif = true;
    } else if (marker === 0xda) {
      at = lossless
        ? readLosslessScan(bytes, at, segment, components, tables, precision)
        : readScan(bytes, at, segment, components, tables, precision);
      scans += 1;
    }
  }
  if (components.length === 0 || scans === 0) {
    throw new FrameDamaged("the compressed frame has no picture");
  }
  const ids = String.fromCharCode(...components.map(({ id }) => id));
  const isRgb = adobe === 0 || (adobe === null && !isJfif && ids === "RGB");
  return {
    ...expected,
    precision,
    colour: components.length < 3 ? "" : isRgb ? "RGB" : adobe !== null || isJfif ? "YBR" : "",
    values: joined(components, expected.rows, expected.columns),
  };
}

function readFrame(
  segment: Uint8Array,
  { rows, columns, samples }: { rows: number; columns: number; samples: number },
  lossless: boolean,
): Component[] {
  const word = (at: number) => ((segment[at] ?? 0) << 8) | (segment[at + 1] ?? 0);
  const count = segment[5] ?? 0;
  if (word(1) !== rows || word(3) !== columns || count !== samples) {
    throw new FrameDamaged("the compressed frame is of another size than the header says");
  }
  const read = Array.from({ length: count }, (_, index) => {
    const at = 6 + index * 3;
    const sampling = segment[at + 1] ?? 0;
    return { id: segment[at] ?? 0, across: sampling >> 4, down: sampling & 15, quantisation: segment[at + 2] ?? 0 };
  });
  if (read.some(({ across, down }) => across < 1 || across > 4 || down < 1 || down > 4)) {
    throw new FrameDamaged("the compressed frame is damaged");
  }
  const mostAcross = Math.max(...read.map(({ across }) => across));
  const mostDown = Math.max(...read.map(({ down }) => down));
  const unit = lossless ? 1 : 8;
  const unitsAcross = Math.ceil(columns / (unit * mostAcross));
  const unitsDown = Math.ceil(rows / (unit * mostDown));
  return read.map((component) => {
    const stride = unitsAcross * component.across * unit;
    return {
      ...component,
      plane: new Uint16Array(stride * unitsDown * component.down * unit),
      stride,
      columns: Math.ceil((columns * component.across) / mostAcross),
      rows: Math.ceil((rows * component.down) / mostDown),
    };
  });
}

function readHuffman(segment: Uint8Array, tables: Tables): void {
  let at = 0;
  while (at + 17 <= segment.length) {
    const place = segment[at] ?? 0;
    const counts = segment.subarray(at + 1, at + 17);
    const sum = counts.reduce((total, count) => total + count, 0);
    const symbols = segment.subarray(at + 17, at + 17 + sum);
    (place >> 4 === 0 ? tables.dc : tables.ac)[place & 3] = new Huffman(counts, symbols);
    at += 17 + sum;
  }
}

function readQuantisation(segment: Uint8Array, tables: Tables): void {
  let at = 0;
  while (at < segment.length) {
    const head = segment[at++] ?? 0;
    const wide = head >> 4 !== 0;
    const table = new Uint16Array(64);
    for (let each = 0; each < 64; each++) {
      const high = wide ? (segment[at++] ?? 0) << 8 : 0;
      table[ZIGZAG[each] ?? 0] = high | (segment[at++] ?? 0);
    }
    tables.quantisation[head & 3] = table;
  }
}

interface Scanned {
  component: Component;
  dc: Huffman | undefined;
  ac: Huffman | undefined;
  before: number;
}

function scanned(segment: Uint8Array, components: readonly Component[], tables: Tables): Scanned[] {
  const count = Math.min(4, segment[0] ?? 0);
  return Array.from({ length: count }, (_, index) => {
    const component = components.find(({ id }) => id === segment[1 + index * 2]);
    const places = segment[2 + index * 2] ?? 0;
    if (component === undefined) {
      throw new FrameDamaged("the compressed frame is damaged");
    }
    return { component, dc: tables.dc[(places >> 4) & 3], ac: tables.ac[places & 3], before: 0 };
  });
}

/** Units of one component alone are its own; of several they are groups of blocks (ISO 10918-1 A.2). */
function units(parts: readonly Scanned[], unit: number): { across: number; down: number; alone: boolean } {
  const first = parts[0]?.component;
  if (first === undefined) {
    throw new FrameDamaged("the compressed frame is damaged");
  }
  const alone = parts.length === 1;
  return alone
    ? { across: Math.ceil(first.columns / unit), down: Math.ceil(first.rows / unit), alone }
    : {
        across: first.stride / (unit * first.across),
        down: first.plane.length / first.stride / (unit * first.down),
        alone,
      };
}

function readScan(
  bytes: Uint8Array,
  start: number,
  segment: Uint8Array,
  components: readonly Component[],
  tables: Tables,
  precision: number,
): number {
  const bits = new Bits(bytes, start);
  const parts = scanned(segment, components, tables);
  const { across, down, alone } = units(parts, 8);
  const block = new Float64Array(64);
  const middle = 2 ** (precision - 1);
  const most = 2 ** precision - 1;
  for (let unit = 0; unit < across * down; unit++) {
    if (tables.restart > 0 && unit > 0 && unit % tables.restart === 0) {
      bits.restart();
      for (const part of parts) {
        part.before = 0;
      }
    }
    const row = Math.floor(unit / across);
    const column = unit % across;
    for (const part of parts) {
      const { component } = part;
      const wide = alone ? 1 : component.across;
      const high = alone ? 1 : component.down;
      for (let each = 0; each < wide * high; each++) {
        readBlock(bits, part, tables.quantisation[component.quantisation & 3], block);
        const left = (column * wide + (each % wide)) * 8;
        const top = (row * high + Math.floor(each / wide)) * 8;
        inverseCosines(block);
        for (let y = 0; y < 8; y++) {
          const to = (top + y) * component.stride + left;
          for (let x = 0; x < 8; x++) {
            const value = Math.round((block[y * 8 + x] ?? 0) + middle);
            component.plane[to + x] = value < 0 ? 0 : value > most ? most : value;
          }
        }
      }
    }
  }
  return bits.at;
}

function readBlock(bits: Bits, part: Scanned, quantisation: Uint16Array | undefined, block: Float64Array): void {
  const { dc, ac } = part;
  if (dc === undefined || ac === undefined || quantisation === undefined) {
    throw new FrameDamaged("the compressed frame lacks a table");
  }
  block.fill(0);
  part.before += bits.signed(Math.min(16, dc.read(bits)));
  block[0] = part.before * (quantisation[0] ?? 0);
  for (let at = 1; at < 64; at++) {
    const symbol = ac.read(bits);
    const length = symbol & 15;
    if (length === 0) {
      if (symbol !== 0xf0) {
        return;
      }
      at += 15;
      continue;
    }
    at += symbol >> 4;
    const place = ZIGZAG[Math.min(63, at)] ?? 0;
    block[place] = bits.signed(length) * (quantisation[place] ?? 0);
  }
}

function readLosslessScan(
  bytes: Uint8Array,
  start: number,
  segment: Uint8Array,
  components: readonly Component[],
  tables: Tables,
  precision: number,
): number {
  const bits = new Bits(bytes, start);
  const parts = scanned(segment, components, tables);
  const { across, down, alone } = units(parts, 1);
  const predictor = segment[1 + parts.length * 2] ?? 1;
  const shift = (segment[3 + parts.length * 2] ?? 0) & 15;
  if (components.some((component) => !alone && (component.across !== 1 || component.down !== 1))) {
    throw new FrameDamaged("this kind of lossless JPEG is not known here");
  }
  // After a restart prediction begins anew, as in the first row.
  let begun = 0;
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const unit = row * across + column;
      if (tables.restart > 0 && unit > 0 && unit % tables.restart === 0) {
        bits.restart();
        begun = row;
      }
      for (const { component, dc } of parts) {
        if (dc === undefined) {
          throw new FrameDamaged("the compressed frame lacks a table");
        }
        const length = dc.read(bits);
        const difference = length === 16 ? 32_768 : bits.signed(Math.min(15, length));
        const at = row * component.stride + column;
        const { plane, stride } = component;
        let guess: number;
        if (row === begun) {
          guess = column === 0 ? 2 ** (precision - shift - 1) : (plane[at - 1] ?? 0);
        } else if (column === 0) {
          guess = plane[at - stride] ?? 0;
        } else {
          guess = predicted(predictor, plane[at - 1] ?? 0, plane[at - stride] ?? 0, plane[at - stride - 1] ?? 0);
        }
        plane[at] = (guess + difference) & 0xffff;
      }
    }
  }
  if (shift > 0) {
    for (const { component } of parts) {
      component.plane.forEach((value, at) => {
        component.plane[at] = value << shift;
      });
    }
  }
  return bits.at;
}

/** From the sample to the left, the one above, and the one left of that (ISO 10918-1 table H.1). */
function predicted(predictor: number, left: number, above: number, corner: number): number {
  switch (predictor) {
    case 2:
      return above;
    case 3:
      return corner;
    case 4:
      return left + above - corner;
    case 5:
      return left + ((above - corner) >> 1);
    case 6:
      return above + ((left - corner) >> 1);
    case 7:
      return (left + above) >> 1;
    default:
      return left;
  }
}

function joined(components: readonly Component[], rows: number, columns: number): Uint16Array<ArrayBuffer> {
  const samples = components.length;
  const values = new Uint16Array(rows * columns * samples);
  components.forEach((component, sample) => {
    const { plane, stride } = component;
    const whole = component.columns === columns && component.rows === rows;
    const at = whole
      ? (row: number, column: number) => plane[row * stride + column] ?? 0
      : between(component, columns, rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        values[(row * columns + column) * samples + sample] = at(row, column);
      }
    }
  });
  return values;
}

/** Coarser chroma between its samples, whose centres lie between those of the picture. */
function between(component: Component, columns: number, rows: number): (row: number, column: number) => number {
  const { plane, stride } = component;
  const across = component.columns / columns;
  const down = component.rows / rows;
  const stepX = Math.min(1, 2 ** Math.round(Math.log2(across)));
  const stepY = Math.min(1, 2 ** Math.round(Math.log2(down)));
  return (row, column) => {
    const y = Math.max(0, Math.min(component.rows - 1, (row + 0.5) * stepY - 0.5));
    const x = Math.max(0, Math.min(component.columns - 1, (column + 0.5) * stepX - 0.5));
    const top = Math.floor(y);
    const left = Math.floor(x);
    const bottom = Math.min(component.rows - 1, top + 1);
    const right = Math.min(component.columns - 1, left + 1);
    const upper = (plane[top * stride + left] ?? 0) * (1 - x + left) + (plane[top * stride + right] ?? 0) * (x - left);
    const lower =
      (plane[bottom * stride + left] ?? 0) * (1 - x + left) + (plane[bottom * stride + right] ?? 0) * (x - left);
    return Math.round(upper * (1 - y + top) + lower * (y - top));
  };
}
