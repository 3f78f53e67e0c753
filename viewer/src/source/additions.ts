/** Reads what comes along with frames: lookup tables, overlays, shutters, regions. What does not hold together is null. */

import { bytesOfBase64, list, number, object, text, vector } from "./json";
import type { LookupTable, Overlay, Region, Shutter } from "./model";

/** A table has at most so many entries (PS3.3 C.11.2.1.1), and an overlay no more pixels than a large picture. */
const LONGEST_TABLE = 65_536;
const MOST_PIXELS = 1 << 28;
const MOST_CORNERS = 4_096;

/** Entries are 16 bits each, little-endian, base64. */
export function readTable(value: unknown): LookupTable | null {
  const json = object(value);
  const bytes = bytesOfBase64(text(json.data));
  const count = Math.min(LONGEST_TABLE, bytes.length >> 1);
  const bits = number(json.bits, 0);
  if (count === 0 || !(bits >= 1 && bits <= 16)) {
    return null;
  }
  const white = 2 ** bits - 1;
  const shades = new Float32Array(count);
  for (let at = 0; at < count; at++) {
    shades[at] = Math.min(1, ((bytes[2 * at] ?? 0) + 256 * (bytes[2 * at + 1] ?? 0)) / white);
  }
  return { name: text(json.name), first: number(json.first, 0), shades };
}

/** Runs are written in seven bits a byte, the lowest first, the eighth bit telling that more follow. */
function readRuns(bytes: Uint8Array, pixels: number): Uint32Array | null {
  const runs: number[] = [];
  let run = 0;
  let weight = 1;
  let covered = 0;
  for (const byte of bytes) {
    run += (byte & 127) * weight;
    if (run > pixels) {
      return null;
    }
    if (byte < 128) {
      runs.push(run);
      covered += run;
      run = 0;
      weight = 1;
    } else {
      weight *= 128;
    }
  }
  return covered > pixels ? null : Uint32Array.from(runs);
}

export function readOverlay(value: unknown): Overlay | null {
  const json = object(value);
  const rows = number(json.rows, 0);
  const columns = number(json.columns, 0);
  if (!(rows > 0 && columns > 0 && rows * columns <= MOST_PIXELS)) {
    return null;
  }
  const runs = readRuns(bytesOfBase64(text(json.runs)), rows * columns);
  return runs === null
    ? null
    : { rows, columns, column: number(json.column, 0), row: number(json.row, 0), label: text(json.label), runs };
}

export function readShutter(value: unknown): Shutter | null {
  const json = object(value);
  const rectangle = vector<readonly [number, number, number, number]>(json.rectangle, 4);
  const circle = vector<readonly [number, number, number]>(json.circle, 3);
  const corners = list(json.polygon).slice(0, MOST_CORNERS);
  const polygon = corners.flatMap((corner) => {
    const found = vector<readonly [number, number]>(corner, 2);
    return found === null ? [] : [found];
  });
  const bitmap = json.bitmap === undefined ? null : readOverlay(json.bitmap);
  if (rectangle === null && circle === null && polygon.length < 3 && bitmap === null) {
    return null;
  }
  return {
    rectangle,
    circle,
    polygon: polygon.length < 3 ? null : polygon,
    bitmap,
    shade: Math.max(0, Math.min(1, number(json.shade, 0))),
  };
}

export function readRegion(value: unknown): Region | null {
  const json = object(value);
  const box = vector<readonly [number, number, number, number]>(json.box, 4);
  const delta = vector<readonly [number, number]>(json.delta, 2);
  const units = list(json.units);
  if (box === null || delta === null || !(box[2] > box[0] && box[3] > box[1])) {
    return null;
  }
  return {
    box,
    format: number(json.format, 0),
    unitX: text(units[0]),
    unitY: text(units[1]),
    deltaX: delta[0],
    deltaY: delta[1],
    reference: vector<readonly [number, number]>(json.reference, 2),
    referenceValue: vector<readonly [number, number]>(json.reference_value, 2),
  };
}
