/** Lookup tables of a header: VOI LUTs (PS3.3 C.11.2) and palettes. What does not hold together is left out. */

import type { LookupTable } from "../model";
import { type Channel, entriesOf, type Palette, paletteOf } from "./colour";
import type { Dataset, Element, Header } from "./header";
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

export async function readTables(header: Header, values: Values): Promise<LookupTable[]> {
  const found: LookupTable[] = [];
  for (const item of values.items(TAG.windowTables).slice(0, MOST_TABLES)) {
    const table = await readOne(header, values, item);
    if (table !== null) {
      found.push(table);
    }
  }
  return found;
}

async function readOne(header: Header, values: Values, item: Dataset): Promise<LookupTable | null> {
  const own = values.within(item);
  const descriptor = own.numbers(TAG.tableDescriptor, 3);
  const data = await bytesOf(own.element(TAG.tableData), header.file);
  if (descriptor === null || data === null) {
    return null;
  }
  const [said = 0, first = 0, bits = 0] = descriptor;
  const entries = entriesOf(data, said & 0xffff || 65_536, header.littleEndian);
  if (entries.length === 0 || bits < 1 || bits > 16) {
    return null;
  }
  const white = 2 ** bits - 1;
  const shades = Float32Array.from(entries, (entry) => Math.min(1, entry / white));
  return { name: own.text(TAG.tableName), first, shades };
}
