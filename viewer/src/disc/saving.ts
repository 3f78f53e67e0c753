/** Takes the files of a sealed package out of it, for other programs: into a folder, or as one ZIP. */

import { makeZip } from "client-zip";
import { NotAvailable, type Saving, SourceUnreachable } from "../source/frame-source";
import type { Bytes } from "./chunks";
import type { Package } from "./package";

interface Taken {
  path: string;
  bytes: Bytes;
}

interface PickedFile {
  createWritable(): Promise<
    WritableStream<Uint8Array> & { write(bytes: Bytes): Promise<void>; close(): Promise<void> }
  >;
}

interface Folder {
  getDirectoryHandle(name: string, options: { create: boolean }): Promise<Folder>;
  getFileHandle(name: string, options: { create: true }): Promise<PickedFile>;
}

/** File System Access, where the browser has it. */
interface Pickers {
  showDirectoryPicker?(options: { mode: "readwrite"; startIn: string }): Promise<Folder>;
  showSaveFilePicker?(options: { suggestedName: string; startIn: string }): Promise<PickedFile>;
}

const NAME = "PICTURES.ZIP";
const FOLDER = "PICTURES";
/** Names that a package's files can have; any other could lead out of the folder that they are unpacked into. */
const PATH = /^[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?(\/[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?){0,7}$/;
/** A download is read from its address after the click; for so long it stays. */
const DOWNLOAD_MILLISECONDS = 60_000;

export class PackageSaving implements Saving {
  constructor(
    private readonly held: Package,
    private readonly pickers: Pickers = window as unknown as Pickers,
  ) {}

  get amount(): { files: number; bytes: number } {
    const { files } = this.held;
    return { files: files.length, bytes: files.reduce((sum, { part }) => sum + part.length, 0) };
  }

  get intoFolders(): boolean {
    return this.pickers.showDirectoryPicker !== undefined;
  }

  async save(into: "folder" | "zip", told: (files: number) => void, signal: AbortSignal) {
    const unreadable: string[] = [];
    // Asked for first: browsers let a page ask only as an answer to a click.
    if (into === "folder" && this.pickers.showDirectoryPicker !== undefined) {
      const chosen = await this.pickers.showDirectoryPicker({ mode: "readwrite", startIn: "documents" });
      const folder = await fresh(chosen);
      for await (const { path, bytes } of this.taken(unreadable, told, signal)) {
        await write(folder, path, bytes);
      }
      return { unreadable };
    }
    const file = await this.pickers.showSaveFilePicker?.({ suggestedName: NAME, startIn: "documents" });
    const zip = makeZip(named(this.taken(unreadable, told, signal)));
    if (file === undefined) {
      download(await gathered(zip));
    } else {
      await zip.pipeTo(await file.createWritable());
    }
    return { unreadable };
  }

  /** Files in their order, one in memory at a time; what cannot be read is named and left out. */
  private async *taken(
    unreadable: string[],
    told: (files: number) => void,
    signal: AbortSignal,
  ): AsyncGenerator<Taken> {
    for (const [at, { path, part }] of this.held.files.entries()) {
      signal.throwIfAborted();
      try {
        if (!PATH.test(path)) {
          throw new NotAvailable();
        }
        const bytes = await this.held.readPart(part, "auto", signal);
        yield { path, bytes };
      } catch (error) {
        if (!(error instanceof NotAvailable || error instanceof SourceUnreachable)) {
          throw error;
        }
        unreadable.push(path);
      }
      told(at + 1);
    }
  }
}

async function* named(files: AsyncIterable<Taken>) {
  const lastModified = new Date();
  for await (const { path, bytes } of files) {
    yield { name: path, input: bytes, size: bytes.length, lastModified };
  }
}

/** A folder of its own: every package has files of the same names, and those of two must never lie among each other. */
async function fresh(chosen: Folder): Promise<Folder> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? FOLDER : `${FOLDER}_${number}`;
    try {
      await chosen.getDirectoryHandle(name, { create: false });
    } catch (error) {
      const { name: why } = error as DOMException;
      if (why === "NotFoundError") {
        return chosen.getDirectoryHandle(name, { create: true });
      }
      if (why !== "TypeMismatchError") {
        throw error;
      }
    }
  }
}

async function write(root: Folder, path: string, bytes: Bytes): Promise<void> {
  const names = path.split("/");
  const last = names.pop() ?? "";
  let folder = root;
  for (const name of names) {
    folder = await folder.getDirectoryHandle(name, { create: true });
  }
  const file = await (await folder.getFileHandle(last, { create: true })).createWritable();
  await file.write(bytes);
  await file.close();
}

/** As a blob of blobs, which browsers put onto the disk when they grow. */
async function gathered(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const reader = stream.getReader();
  let whole = new Blob([]);
  let pieces: Bytes[] = [];
  let held = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (value !== undefined) {
      pieces.push(value as Bytes);
      held += value.length;
    }
    if (done || held > 1 << 24) {
      whole = new Blob([whole, ...pieces], { type: "application/zip" });
      pieces = [];
      held = 0;
    }
    if (done) {
      return whole;
    }
  }
}

function download(blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = NAME;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), DOWNLOAD_MILLISECONDS);
}
