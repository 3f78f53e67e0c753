/** What the index of a package says: where in the stream each part lies. */

import { list, object, text } from "../source/json";

/** Bytes of the stream in each chunk but the last. */
export const CHUNK = 786_432;

export interface Part {
  offset: number;
  length: number;
  gzip: boolean;
}

export interface Index {
  package: string;
  chunks: number;
  bytes: number;
  parts: ReadonlyMap<string, Part>;
  /** Paths on the medium, or names of parts behind `files/`, by instance. */
  files: ReadonlyMap<number, string>;
}

const whole = (value: unknown, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;

/** Null where it does not hold together: every part lies within the stream, and the stream within the chunks. */
export function readIndex(value: unknown): Index | null {
  const json = object(value);
  const { chunks, bytes } = json;
  if (
    json.v !== 1 ||
    !whole(chunks, 9_999_999) ||
    !whole(bytes, chunks * CHUNK) ||
    Math.ceil(bytes / CHUNK) !== chunks
  ) {
    return null;
  }
  const parts = new Map<string, Part>();
  for (const [name, place] of Object.entries(object(json.parts))) {
    const [offset, length, flag] = list(place);
    if (!whole(offset, bytes) || !whole(length, bytes - offset)) {
      return null;
    }
    parts.set(name, { offset, length, gzip: flag === "gzip" });
  }
  const files = new Map<number, string>();
  for (const [instance, path] of Object.entries(object(json.files))) {
    files.set(Number(instance), text(path));
  }
  return { package: text(json.package), chunks, bytes, parts, files };
}

/** How many bytes of the stream a chunk holds. */
export const lengthOf = (index: Index, chunk: number): number => Math.min(CHUNK, index.bytes - (chunk - 1) * CHUNK);

/** The stretches of chunks that a part lies in. */
export function* stretches(part: Part): Generator<{ chunk: number; from: number; to: number }> {
  let at = part.offset;
  const end = part.offset + part.length;
  while (at < end) {
    const chunk = 1 + Math.floor(at / CHUNK);
    const begin = (chunk - 1) * CHUNK;
    const to = Math.min(end, begin + CHUNK);
    yield { chunk, from: at - begin, to: to - begin };
    at = to;
  }
}
