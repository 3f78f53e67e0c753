/** Notes as text and back. What is read may be from an older version, or anything: what does not fit is left out. */

import type { PicturePoint } from "../geometry/view";
import { KINDS, type Kind, type Measurement, type PictureName, POINTS } from "./model";
import type { Notes } from "./notebook";
import type { Values } from "./results";

type Json = Record<string, unknown>;

const MOST = 1000;
export const LONGEST_TEXT = 80;
const MOST_LINES = 6;

const object = (value: unknown): Json => (value !== null && typeof value === "object" ? (value as Json) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, MOST) : []);
const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const finite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function readPicture(value: unknown): PictureName | null {
  const { series, instance, frame } = object(value);
  return whole(series) && whole(instance) && whole(frame) ? { series, instance, frame } : null;
}

function readPoints(value: unknown, kind: Kind): PicturePoint[] | null {
  const points: PicturePoint[] = [];
  for (const item of list(value)) {
    const { column, row } = object(item);
    if (!finite(column) || !finite(row)) {
      return null;
    }
    points.push({ column, row });
  }
  return points.length === POINTS[kind] ? points : null;
}

function readMeasurement(value: unknown): Measurement | null {
  const json = object(value);
  const kind = KINDS.find((one) => one === json.kind);
  const on = readPicture(json.on);
  const points = kind === undefined ? null : readPoints(json.points, kind);
  if (kind === undefined || on === null || points === null || typeof json.id !== "string") {
    return null;
  }
  return { id: json.id, kind, on, points, text: typeof json.text === "string" ? json.text.slice(0, LONGEST_TEXT) : "" };
}

function readValues(value: unknown): Values | null {
  const { mean, deviation, least, most } = object(value);
  return finite(mean) && finite(deviation) && finite(least) && finite(most) ? { mean, deviation, least, most } : null;
}

interface Read {
  notes: Notes;
  lines: Map<string, readonly string[]>;
  values: Map<string, Values>;
  /** What of it was kept with the pictures, as it was sent. */
  sent: string | null;
}

export function readNotes(text: string | null): Read {
  let json: Json = {};
  try {
    json = object(JSON.parse(text ?? "{}"));
  } catch {
    // Not ours.
  }
  const measurements = list(json.measurements).flatMap((one) => readMeasurement(one) ?? []);
  const stars = list(json.stars).flatMap((one) => readPicture(one) ?? []);
  const lines = new Map<string, readonly string[]>();
  const values = new Map<string, Values>();
  for (const item of list(json.lines)) {
    const [id, said, found] = list(item);
    const read = readValues(found);
    if (measurements.some((one) => one.id === id)) {
      lines.set(String(id), list(said).slice(0, MOST_LINES).map(String));
      if (read !== null) {
        values.set(String(id), read);
      }
    }
  }
  return { notes: { measurements, stars }, lines, values, sent: typeof json.sent === "string" ? json.sent : null };
}

/** Null where there is nothing to keep. */
export function writeNotes(
  notes: Notes,
  lines: ReadonlyMap<string, readonly string[]>,
  values: ReadonlyMap<string, Values> = new Map(),
  sent: string | null = null,
): string | null {
  const { measurements, stars } = notes;
  const kept = [...lines]
    .filter(([id]) => measurements.some((one) => one.id === id))
    .map(([id, said]) => (values.has(id) ? [id, said, values.get(id)] : [id, said]));
  return measurements.length + stars.length === 0 ? null : JSON.stringify({ measurements, stars, lines: kept, sent });
}
