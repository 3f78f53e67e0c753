/** Packages beside the page: read by parts, unsealed by words or by a link, and refused part by part where damaged. */

import { expect, test } from "vitest";
import { sumOf } from "../src/disc/bytes";
import { Chunks } from "../src/disc/chunks";
import { readLock, unlock } from "../src/disc/lock";
import { Package } from "../src/disc/package";
import { readIndex } from "../src/disc/parts";
import { PackageSaving } from "../src/disc/saving";
import { NotAvailable, SourceUnreachable } from "../src/source/frame-source";
import {
  base64,
  base64url,
  chunkPath,
  loading,
  NAME,
  openPackage,
  PASSPHRASE,
  packed,
  type Scripts,
  sealedPackage,
} from "./packages";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
// Nothing that repeats itself, so that no piece of it can stand in for another.
const noise = Uint8Array.from({ length: 1_000_000 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 13);
const reversed = noise.slice().reverse();

/** Comparing a million numbers one by one would take a second. */
const isSame = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((value, at) => value === other[at]);

/** A study, and three pictures of a million bytes each, so that the second and third lie across chunks. */
const PARTS = [
  await packed("study", { from: "Riverside Imaging" }),
  { name: "frames/7/0", bytes: noise },
  { name: "frames/7/1", bytes: reversed },
  { name: "files/DICOM/ST000001/IM000001", bytes: new TextEncoder().encode("one") },
  { name: "files/DICOMDIR", bytes: new TextEncoder().encode("index") },
];

const made = (scripts: Scripts, more: { fragment?: string; isFile?: boolean; asked?: string[] } = {}) =>
  new Package({
    load: loading(scripts, more.asked),
    fragment: more.fragment ?? "",
    isFile: more.isFile ?? true,
    memory: 4 << 20,
  });

const sealed = await sealedPackage(...PARTS);
const copyOf = (scripts: Scripts): Scripts => new Map(scripts);

test("an open package is read by parts, and each part's chunks alone are fetched", async () => {
  const asked: string[] = [];
  const held = made(await openPackage(...PARTS), { asked });
  expect(await held.open(null)).toBe("opened");
  expect(held.isSealed).toBe(false);
  expect(JSON.parse(text(await held.read("study", "high")))).toEqual({ from: "Riverside Imaging" });
  expect(isSame(await held.read("frames/7/1", "high"), reversed)).toBe(true);
  expect(asked).toEqual([0, 1, 2, 3].map(chunkPath));
  expect(held.fileOf(7)).toBe("DICOM/A");
});

test("a sealed package opens by its passphrase, however that is spaced, and by no other", async () => {
  const held = made(sealed.scripts);
  expect(await held.open(null)).toBe("passphrase-needed");
  expect(await held.open("orbit velvet walnut")).toBe("passphrase-wrong");
  expect(held.has("study")).toBe(false);
  expect(await held.open(`  ${PASSPHRASE.replaceAll(" ", " \n ")} `)).toBe("opened");
  expect(held.isSealed).toBe(true);
  expect(isSame(await held.read("frames/7/0", "high"), noise)).toBe(true);
});

test("a link's key opens it without a passphrase; another's does not", async () => {
  expect(await made(sealed.scripts, { fragment: sealed.fragment }).open(null)).toBe("opened");
  const other = `#key=${base64url(new Uint8Array(32).fill(1))}`;
  expect(await made(sealed.scripts, { fragment: other }).open(null)).toBe("closed");
});

test("a package that its link alone opens says so when the address is cut off", async () => {
  const scripts = copyOf(sealed.scripts);
  scripts.set("DATA/KEY.JS", [{ v: 1, package: NAME, chunks: 3 }]);
  expect(await made(scripts).open(null)).toBe("link-only");
  expect(await made(scripts, { fragment: sealed.fragment }).open(null)).toBe("opened");
});

test("without its data, or with an index that is damaged, a package says which", async () => {
  expect(await made(new Map()).open(null)).toBe("no-data");
  expect(await made(new Map(), { isFile: false }).open(null)).toBe("unreachable");
  const cutOff = copyOf(sealed.scripts).set(chunkPath(0), null);
  expect(await made(cutOff).open(null)).toBe("damaged");
  const keyless = copyOf(sealed.scripts);
  keyless.delete("DATA/KEY.JS");
  expect(await made(keyless).open(null)).toBe("damaged");
});

/** The same package with something done to its chunks, opened. */
async function harmed(harm: (scripts: Scripts) => void, isFile = true): Promise<Package> {
  const scripts = copyOf(sealed.scripts);
  harm(scripts);
  const held = made(scripts, { isFile, fragment: sealed.fragment });
  expect(await held.open(null)).toBe("opened");
  return held;
}

const textOfChunk = (scripts: Scripts, chunk: number): string => String(scripts.get(chunkPath(chunk))?.[1]);

test.each<[string, (scripts: Scripts) => void]>([
  [
    "one flipped bit",
    (scripts) => {
      const bytes = Uint8Array.from(atob(textOfChunk(scripts, 3)), (letter) => letter.charCodeAt(0));
      bytes[4_321] = (bytes[4_321] ?? 0) ^ 8;
      scripts.set(chunkPath(3), [3, base64(bytes)]);
    },
  ],
  ["a missing chunk", (scripts) => scripts.delete(chunkPath(3))],
  ["a chunk under another's name", (scripts) => scripts.set(chunkPath(3), [2, textOfChunk(scripts, 2)])],
  ["a chunk that pretends to be another", (scripts) => scripts.set(chunkPath(3), [3, textOfChunk(scripts, 2)])],
  ["a chunk cut off", (scripts) => scripts.set(chunkPath(3), [3, textOfChunk(scripts, 3).slice(0, 4_000)])],
  ["no base64", (scripts) => scripts.set(chunkPath(3), [3, "not base64!"])],
  ["a script that says nothing", (scripts) => scripts.set(chunkPath(3), null)],
])("%s makes what lies in it unreadable, and nothing else", async (_, harm) => {
  const held = await harmed(harm);
  await expect(held.read("frames/7/1", "high")).rejects.toThrow(NotAvailable);
  expect(isSame(await held.read("frames/7/0", "high"), noise)).toBe(true);
});

test("on a web host a chunk that does not come is lost only where the index still comes", async () => {
  const gone = await harmed((scripts) => scripts.delete(chunkPath(3)), false);
  await expect(gone.read("frames/7/1", "high")).rejects.toThrow(NotAvailable);
  let offline = false;
  const load = loading(sealed.scripts);
  const held = new Package({
    load: async (path, called) => (offline ? "missing" : load(path, called)),
    fragment: sealed.fragment,
    isFile: false,
    memory: 1 << 20,
  });
  await held.open(null);
  offline = true;
  await expect(held.read("frames/7/1", "high")).rejects.toThrow(SourceUnreachable);
  offline = false;
  expect(isSame(await held.read("frames/7/1", "high"), reversed)).toBe(true);
});

test("in an open package a swapped chunk is seen by its number", async () => {
  const scripts = await openPackage(...PARTS);
  scripts.set(chunkPath(3), scripts.get(chunkPath(2)) ?? null);
  const held = made(scripts);
  await held.open(null);
  await expect(held.read("frames/7/1", "high")).rejects.toThrow(NotAvailable);
});

test("in an open package a changed byte is seen by the sum of its chunk", async () => {
  expect(sumOf(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  const scripts = await openPackage(...PARTS);
  const [number, text, sum] = scripts.get(chunkPath(3)) ?? [];
  const changed = `${String(text).slice(0, 99)}${String(text)[99] === "A" ? "B" : "A"}${String(text).slice(100)}`;
  scripts.set(chunkPath(3), [number, changed, sum]);
  const held = made(scripts);
  await held.open(null);
  await expect(held.read("frames/7/1", "high")).rejects.toThrow(NotAvailable);
  expect(isSame(await held.read("frames/7/0", "high"), noise)).toBe(true);
});

test("a lock of too few rounds, or of a kind not known, is none", async () => {
  const [lock] = sealed.scripts.get("DATA/KEY.JS") as [Record<string, unknown>];
  expect(readLock([lock])).not.toBeNull();
  for (const change of [
    { rounds: 1_000 },
    { rounds: 1e9 },
    { kdf: "scrypt" },
    { v: 2 },
    { nonce: "" },
    { package: "x" },
  ]) {
    expect(readLock([{ ...lock, ...change }]), JSON.stringify(change)).toBeNull();
  }
  const other = readLock([{ ...lock, package: NAME.replace("0", "f") }]);
  expect(other && (await unlock(other, PASSPHRASE))).toBeNull();
});

test("an index that does not hold together is none", () => {
  const index = { v: 1, package: NAME, chunks: 1, bytes: 10, parts: { study: [0, 10, "gzip"] }, files: {} };
  expect(readIndex(index)?.parts.get("study")).toEqual({ offset: 0, length: 10, gzip: true });
  expect(readIndex({ ...index, parts: { study: [0, 11, ""] } })).toBeNull();
  expect(readIndex({ ...index, parts: { study: [-1, 5, ""] } })).toBeNull();
  expect(readIndex({ ...index, chunks: 2 })).toBeNull();
  expect(readIndex({ ...index, bytes: 1e12 })).toBeNull();
  expect(readIndex(null)).toBeNull();
});

test("what somebody looks at is fetched before what waits already; what nobody waits for is not fetched", async () => {
  const begun: number[] = [];
  const finish = new Map<number, () => void>();
  const chunks = new Chunks(
    (chunk) => {
      begun.push(chunk);
      return new Promise((done) => finish.set(chunk, () => done(new Uint8Array(10))));
    },
    1_000,
    () => true,
  );
  const control = new AbortController();
  const ahead = [1, 2, 3, 4, 5].map((chunk) => chunks.get(chunk, "low", chunk === 4 ? control.signal : undefined));
  expect(begun).toEqual([1, 2, 3]);
  const looked = chunks.get(9, "high");
  expect(begun).toEqual([1, 2, 3, 9]);
  control.abort();
  await expect(ahead[3]).rejects.toThrow(DOMException);
  for (const chunk of [1, 2, 3, 9]) {
    finish.get(chunk)?.();
  }
  await looked;
  await new Promise((done) => setTimeout(done));
  finish.get(5)?.();
  await ahead[4];
  expect(begun).toEqual([1, 2, 3, 9, 5]);
});

test("no more is remembered than fits, and what is lost is not asked for again", async () => {
  const begun: number[] = [];
  const chunks = new Chunks(
    async (chunk) => {
      begun.push(chunk);
      if (chunk === 7) {
        throw new NotAvailable();
      }
      return new Uint8Array(400);
    },
    1_000,
    (error) => error instanceof NotAvailable,
  );
  for (const chunk of [1, 2, 3, 3, 1]) {
    await chunks.get(chunk, "auto");
  }
  expect(begun).toEqual([1, 2, 3, 1]);
  for (let tries = 0; tries < 2; tries++) {
    await expect(chunks.get(7, "high")).rejects.toThrow(NotAvailable);
  }
  expect(begun).toEqual([1, 2, 3, 1, 7]);
});

class WrittenFolder {
  readonly files = new Map<string, string>();

  constructor(
    private readonly path = "",
    files?: Map<string, string>,
  ) {
    this.files = files ?? this.files;
  }

  async getDirectoryHandle(name: string, { create }: { create: boolean }): Promise<WrittenFolder> {
    if (!create && ![...this.files.keys()].some((path) => path.startsWith(`${this.path}${name}/`))) {
      throw new DOMException("", "NotFoundError");
    }
    return new WrittenFolder(`${this.path}${name}/`, this.files);
  }

  async getFileHandle(name: string) {
    return {
      createWritable: async () => ({
        write: async (bytes: Uint8Array) => this.files.set(this.path + name, text(bytes)),
        close: async () => undefined,
      }),
    };
  }
}

test("files of a sealed package are saved into a folder under their own names; the unreadable are named", async () => {
  const folder = new WrittenFolder();
  const pickers = { showDirectoryPicker: async () => folder } as never;
  const told: number[] = [];
  const never = new AbortController().signal;
  const whole = new PackageSaving(await harmed(() => undefined), pickers);
  expect(whole.amount).toEqual({ files: 2, bytes: 8 });
  expect(await whole.save("folder", (files) => told.push(files), never)).toEqual({ unreadable: [] });
  const saved = { "PICTURES/DICOM/ST000001/IM000001": "one", "PICTURES/DICOMDIR": "index" };
  expect(Object.fromEntries(folder.files)).toEqual(saved);
  expect(told).toEqual([1, 2]);
  const broken = new PackageSaving(await harmed((scripts) => scripts.delete(chunkPath(3))), pickers);
  expect(await broken.save("folder", () => undefined, never)).toEqual({
    unreadable: ["DICOM/ST000001/IM000001", "DICOMDIR"],
  });
});

test("files of two packages never lie among each other, nor over what is in the folder", async () => {
  const folder = new WrittenFolder();
  folder.files.set("DICOMDIR", "mine");
  const pickers = { showDirectoryPicker: async () => folder } as never;
  const never = new AbortController().signal;
  for (let time = 0; time < 2; time++) {
    await new PackageSaving(await harmed(() => undefined), pickers).save("folder", () => undefined, never);
  }
  expect(Object.fromEntries(folder.files)).toEqual({
    DICOMDIR: "mine",
    "PICTURES/DICOM/ST000001/IM000001": "one",
    "PICTURES/DICOMDIR": "index",
    "PICTURES_2/DICOM/ST000001/IM000001": "one",
    "PICTURES_2/DICOMDIR": "index",
  });
});

test("saving ends when it is called off", async () => {
  const control = new AbortController();
  const saving = new PackageSaving(await harmed(() => undefined), {
    showDirectoryPicker: async () => new WrittenFolder(),
  } as never);
  await expect(saving.save("folder", () => control.abort(), control.signal)).rejects.toThrow(DOMException);
});
