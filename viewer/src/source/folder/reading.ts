/** Goes through the files of a folder: which are DICOM, what they belong to, and what was left aside. */

import { differentPatients } from "../../viewer/patients";
import type { FolderTold } from "../frame-source";
import type { Patient } from "../model";
import { readHeader } from "./header";
import { Instance } from "./instance";
import type { Picked } from "./opening";
import { TAG } from "./tags";
import { Values } from "./values";

export type Found = Omit<FolderTold, "openOther">;

export interface Reading {
  instances: readonly Instance[];
  found: Found;
}

const AT_ONCE = 6;
const DIRECTORY = "1.2.840.10008.1.3.10";
/** More than any disc holds; what lies beyond is not read. */
export const MOST_FILES = 200_000;
const MOST_RECORDS = 200_000;

/** Rejects with an AbortError alone. */
export async function readFolder(
  picked: readonly Picked[],
  told: (done: number) => void,
  signal: AbortSignal,
): Promise<Reading> {
  const files = picked.slice(0, MOST_FILES);
  const read: (Instance | "aside" | "unreadable" | "index")[] = new Array(files.length);
  const listed: string[] = [];
  let next = 0;
  let done = 0;
  const go = async () => {
    for (let at = next++; at < files.length; at = next++) {
      signal.throwIfAborted();
      const one = files[at];
      if (one !== undefined) {
        read[at] = await readOne(one, at + 1, listed);
      }
      done += 1;
      told(done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, go));
  const known = new Map<string, Instance>();
  const instances: Instance[] = [];
  let repeated = 0;
  for (const one of read) {
    if (one instanceof Instance) {
      const uid = one.values.text(TAG.sopInstance);
      const before = uid === "" ? undefined : known.get(uid);
      if (before !== undefined && before.original.size === one.original.size) {
        repeated += 1;
        continue;
      }
      known.set(uid, one);
      instances.push(one);
    }
  }
  const count = (what: string) => read.filter((one) => one === what).length;
  const pictures = instances.filter(({ kind }) => kind === "images").length;
  const patients: Patient[] = differentPatients(instances.map(({ patient }) => patient));
  return {
    instances,
    found: {
      files: picked.length,
      pictures,
      others: instances.length - pictures,
      aside: count("aside") + picked.length - files.length,
      unreadable: count("unreadable"),
      repeated,
      missing: missing(listed, files),
      people: patients.length,
    },
  };
}

async function readOne(
  { path, file }: Picked,
  id: number,
  listed: string[],
): Promise<Instance | "aside" | "unreadable" | "index"> {
  try {
    const header = await readHeader(file);
    if (header === null) {
      return "aside";
    }
    const values = new Values([header.dataset], header.littleEndian);
    if (values.text(TAG.sopClass) === DIRECTORY || header.dataset.has(TAG.records)) {
      for (const record of values.items(TAG.records).slice(0, MOST_RECORDS)) {
        // From where the index itself lies (PS3.10 8.2).
        const named = values.within(record).texts(TAG.recordFile).join("/");
        if (named !== "") {
          listed.push(path.slice(0, path.lastIndexOf("/") + 1) + named);
        }
      }
      return "index";
    }
    return new Instance(id, file, header, values);
  } catch {
    return "unreadable";
  }
}

/** Names on discs come in lower case, or with a version or a dot behind them. */
const plain = (path: string) =>
  path
    .toUpperCase()
    .replace(/;[0-9]+$/, "")
    .replace(/\.$/, "");

/** The index counts only where it belongs to these files: where at least one that it names is there. */
function missing(listed: readonly string[], files: readonly Picked[]): number {
  const there = new Set(files.map(({ path }) => plain(path)));
  const wanted = new Set(listed.map(plain));
  const lost = [...wanted].filter((path) => !there.has(path)).length;
  return lost === wanted.size ? 0 : lost;
}
