/** A package of pictures beside the page, on a disc or on a web host, open or sealed: its parts by name. */

import { NotAvailable, type Priority, type Refusal, SourceUnreachable } from "../source/frame-source";
import { list } from "../source/json";
import { bytesOf, isGzip, sumOf, textOf, unpacked } from "./bytes";
import { type Bytes, Chunks } from "./chunks";
import { canUnseal, keyOfFragment, type Lock, openChunk, readLock, unlock } from "./lock";
import { type Index, lengthOf, type Part, readIndex, stretches } from "./parts";
import type { LoadScript } from "./scripts";

/** How opening ended. "closed": the link's key is not this package's. */
export type PackageOpening = "opened" | "passphrase-needed" | "passphrase-wrong" | "closed" | "unreachable" | Refusal;

export interface Surroundings {
  load: LoadScript;
  /** What stands behind the # of the page's address. */
  fragment: string;
  /** A file's page: what does not come is not there. */
  isFile: boolean;
  /** Bytes of opened chunks that may be remembered. */
  memory: number;
}

const KEY = "DATA/KEY.JS";
const pathOf = (chunk: number) => `DATA/C${String(chunk).padStart(7, "0")}.JS`;

export class Package {
  private index: Index | null = null;
  private lock: Lock | null = null;
  private key: CryptoKey | null = null;
  /** The index as it came, while nobody has opened it. */
  private closed: Bytes | null = null;
  private readonly chunks: Chunks;

  constructor(private readonly around: Surroundings) {
    this.chunks = new Chunks(
      (chunk) => this.fetched(chunk),
      around.memory,
      (error) => error instanceof NotAvailable,
    );
  }

  /** Told apart from every other; empty until it is open. */
  get name(): string {
    return this.index?.package ?? "";
  }

  get isSealed(): boolean {
    return this.lock !== null;
  }

  get isFile(): boolean {
    return this.around.isFile;
  }

  /** Its files for other programs, by path: those of a sealed package, which has none beside it. */
  get files(): readonly { path: string; part: Part }[] {
    return [...(this.index?.parts ?? [])].flatMap(([name, part]) =>
      name.startsWith("files/") ? [{ path: name.slice("files/".length), part }] : [],
    );
  }

  /** The path of an instance's file; null where it has none. */
  fileOf(instance: number): string | null {
    return this.index?.files.get(instance) ?? null;
  }

  async open(passphrase: string | null): Promise<PackageOpening> {
    if (this.index !== null) {
      return "opened";
    }
    const refusal = this.closed === null ? await this.begin() : null;
    return refusal ?? (this.index === null ? this.unseal(passphrase) : "opened");
  }

  /** Forgets what was read, and the key. */
  forget(): void {
    this.index = null;
    this.lock = null;
    this.key = null;
    this.closed = null;
    this.chunks.forget();
  }

  has(name: string): boolean {
    return this.index?.parts.has(name) ?? false;
  }

  /** A part's bytes, unpacked. Rejects with NotAvailable, SourceUnreachable or an AbortError. */
  async read(name: string, priority: Priority, signal?: AbortSignal): Promise<Bytes> {
    const part = this.index?.parts.get(name);
    if (part === undefined) {
      throw new NotAvailable();
    }
    const bytes = await this.readPart(part, priority, signal);
    return part.gzip
      ? unpacked(bytes).catch(() => {
          throw new NotAvailable();
        })
      : bytes;
  }

  /** As it lies in the stream. */
  async readPart(part: Part, priority: Priority, signal?: AbortSignal): Promise<Bytes> {
    const bytes = new Uint8Array(part.length);
    let at = 0;
    for await (const piece of this.pieces(part, priority, signal)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Of a part that may be long, as a film is: browsers keep what they are given so where there is room for it. */
  async blob(name: string): Promise<Blob> {
    const part = this.index?.parts.get(name);
    const pieces: Blob[] = [];
    if (part === undefined) {
      throw new NotAvailable();
    }
    for await (const piece of this.pieces(part, "high")) {
      pieces.push(new Blob([piece]));
    }
    return new Blob(pieces);
  }

  private async *pieces(part: Part, priority: Priority, signal?: AbortSignal): AsyncGenerator<Bytes> {
    for (const { chunk, from, to } of stretches(part)) {
      yield (await this.chunks.get(chunk, priority, signal)).subarray(from, to);
    }
  }

  /** Fetches the index, which opens by itself where nothing is sealed. */
  private async begin(): Promise<PackageOpening | null> {
    const found = await this.around.load(pathOf(0), "undisc");
    if (found === "missing") {
      return this.around.isFile ? "no-data" : "unreachable";
    }
    const bytes = found === null ? null : bytesOf(String(found[1]));
    if (bytes === null || found?.[0] !== 0) {
      return "damaged";
    }
    this.index = isGzip(bytes) ? await indexOf(bytes) : null;
    if (this.index !== null) {
      return null;
    }
    const lock = await this.around.load(KEY, "undiscKey");
    this.lock = lock === "missing" ? null : readLock(lock);
    if (this.lock === null) {
      return "damaged";
    }
    this.closed = bytes;
    return null;
  }

  private async unseal(passphrase: string | null): Promise<PackageOpening> {
    const { lock, closed } = this;
    if (lock === null || closed === null) {
      return "damaged";
    }
    if (!canUnseal()) {
      return "no-crypto";
    }
    const linked = await keyOfFragment(this.around.fragment);
    if (linked === null && lock.wrapped === null) {
      return "link-only";
    }
    if (linked === null && passphrase === null) {
      return "passphrase-needed";
    }
    const key = linked ?? (await unlock(lock, passphrase ?? ""));
    if (key === null) {
      return "passphrase-wrong";
    }
    const opened = await openChunk(key, lock, 0, closed);
    if (opened === null) {
      return linked === null ? "damaged" : "closed";
    }
    this.index = await indexOf(opened);
    if (this.index === null || this.index.chunks !== lock.chunks) {
      this.index = null;
      return "damaged";
    }
    this.key = key;
    this.closed = null;
    return "opened";
  }

  private async fetched(chunk: number): Promise<Bytes> {
    const { index, lock, key } = this;
    const found = await this.around.load(pathOf(chunk), "undisc");
    if (found === "missing" && !(await this.isReachable())) {
      throw new SourceUnreachable();
    }
    if (index === null || found === "missing" || found === null || found[0] !== chunk) {
      throw new NotAvailable();
    }
    const [, text, sum] = list(found);
    const read = bytesOf(String(text));
    const bytes =
      read === null
        ? null
        : lock !== null && key !== null
          ? await openChunk(key, lock, chunk, read)
          : checked(read, sum);
    if (bytes === null || bytes.length !== lengthOf(index, chunk)) {
      throw new NotAvailable();
    }
    return bytes;
  }

  /** Scripts do not tell why they did not come; whether the index still comes tells a lost line from a lost file. */
  private async isReachable(): Promise<boolean> {
    return this.around.isFile || (await this.around.load(`${pathOf(0)}?${Date.now()}`, "undisc")) !== "missing";
  }
}

/** A chunk that nobody sealed carries its sum in hexadecimal. */
const checked = (bytes: Bytes, sum: unknown): Bytes | null =>
  sumOf(bytes) === Number.parseInt(String(sum), 16) ? bytes : null;

async function indexOf(bytes: Bytes): Promise<Index | null> {
  try {
    return readIndex(JSON.parse(textOf(await unpacked(bytes))));
  } catch {
    return null;
  }
}
