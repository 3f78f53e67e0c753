/** Notes as text and back. What is read may be from an older version, or anything: what does not fit is left out. */

import type { PicturePoint } from "../geometry/view";
import { KINDS, type Kind, type Measurement, type PictureName, POINTS } from "./model";
import type { Notes } from "./notebook";

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

export function readNotes(text: string | null): { notes: Notes; lines: Map<string, readonly string[]> } {
  let json: Json = {};
  try {
    json = object(JSON.parse(text ?? "{}"));
  } catch {
    // Not ours.
  }
  const measurements = list(json.measurements).flatMap((one) => readMeasurement(one) ?? []);
  const stars = list(json.stars).flatMap((one) => readPicture(one) ?? []);
  const lines = new Map<string, readonly string[]>();
  for (const item of list(json.lines)) {
    const [id, said] = list(item);
    if (measurements.some((one) => one.id === id)) {
      lines.set(String(id), list(said).slice(0, MOST_LINES).map(String));
    }
  }
  return { notes: { measurements, stars }, lines };
}

/** Null where there is nothing to keep. */
export function writeNotes(notes: Notes, lines: ReadonlyMap<string, readonly string[]>): string | null {
  const { measurements, stars } = notes;
  const kept = [...lines].filter(([id]) => measurements.some((one) => one.id === id));
  return measurements.length + stars.length === 0 ? null : JSON.stringify({ measurements, stars, lines: kept });
}
