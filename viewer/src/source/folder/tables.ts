/** Lookup tables of a header: VOI LUTs (PS3.3 C.11.2) and palettes. What does not hold together is left out. */

import type { LookupTable } from "../model";
import { type Channel, entriesOf, type Palette, paletteOf } from "./colour";
import type { Element, Header } from "./header";
import type { Bytes } from "./native";
import { TAG } from "./tags";
import type { Values } from "./values";

const MOST_BYTES = 1 << 18;
const MOST_TABLES = 16;

async function bytesOf(element: Element | null, file: Blob): Promise<Bytes | null> {
  if (element === null || element.length > MOST_BYTES) {
    return null;
  }
  return element.bytes ?? new Uint8Array(await file.slice(element.at, element.at + element.length).arrayBuffer());
}

export async function readPalette(header: Header, values: Values, signed: boolean): Promise<Palette | null> {
  const pairs = [
    [TAG.redDescriptor, TAG.redTable, TAG.redSegments],
    [TAG.greenDescriptor, TAG.greenTable, TAG.greenSegments],
    [TAG.blueDescriptor, TAG.blueTable, TAG.blueSegments],
  ] as const;
  const channels: Channel[] = [];
  for (const [descriptor, table, segments] of pairs) {
    const plain = await bytesOf(values.element(table), header.file);
    const short = plain === null ? await bytesOf(values.element(segments), header.file) : null;
    channels.push([values.numbers(descriptor, 3), plain ?? short, plain === null]);
  }
  return paletteOf(channels, signed, header.littleEndian);
}

/** VOI LUTs of an instance, or of a frame by its own groups. signed: whether what goes into them may be below zero. */
export async function readTables(header: Header, values: Values, signed: boolean): Promise<LookupTable[]> {
  const found: LookupTable[] = [];
  for (const item of values.items(TAG.windowTables).slice(0, MOST_TABLES)) {
    const table = await readOne(header, values.within(item), signed);
    if (table !== null) {
      const white = 2 ** table.bits - 1;
      const shades = Float32Array.from(table.entries, (entry) => Math.min(1, entry / white));
      found.push({ name: table.name, first: table.first, shades });
    }
  }
  return found;
}

/** What stored values stand for, where that is told by a table (PS3.3 C.11.1). */
export interface ModalityTable {
  /** The stored value of the first entry; values outside take the nearest. */
  first: number;
  entries: Uint16Array<ArrayBuffer>;
}

export async function readModalityTable(
  header: Header,
  values: Values,
  signed: boolean,
): Promise<ModalityTable | null> {
  const [item] = values.items(TAG.modalityTables);
  const table = item === undefined ? null : await readOne(header, values.within(item), signed);
  return table === null ? null : { first: table.first, entries: Uint16Array.from(table.entries) };
}

interface Table {
  name: string;
  first: number;
  bits: number;
  entries: readonly number[];
}

async function readOne(header: Header, own: Values, signed: boolean): Promise<Table | null> {
  const descriptor = own.numbers(TAG.tableDescriptor, 3);
  const data = await bytesOf(own.element(TAG.tableData), header.file);
  if (descriptor === null || data === null) {
    return null;
  }
  const [said = 0, first = 0, bits = 0] = descriptor;
  const entries = entriesOf(data, said & 0xffff || 65_536, header.littleEndian);
  if (entries.length === 0) {
    return null;
  }
  // A table may hold more than its descriptor allows; nothing of it is cut off.
  const most = entries.reduce((greatest, entry) => Math.max(greatest, entry), 1);
  return {
    name: own.text(TAG.tableName),
    first: signed && first > 0x7fff ? first - 0x10000 : first,
    bits: Math.max(bits >= 1 && bits <= 16 ? bits : 16, Math.ceil(Math.log2(most + 1))),
    entries,
  };
}
