/** Files that somebody chose, or dropped onto the page, with their paths in the folder. */

import type { Picked } from "../source/folder/opening";

/** Without the name of the folder itself. */
const inside = (path: string) => path.split("/").slice(1).join("/") || path;

export function pickedFiles(files: FileList | null): Picked[] {
  return [...(files ?? [])].map((file) => ({ path: inside(file.webkitRelativePath) || file.name, file }));
}

interface Handle {
  kind: "file" | "directory";
  name: string;
  getFile?(): Promise<File>;
  values?(): AsyncIterable<Handle>;
}

interface Item {
  getAsFileSystemHandle?(): Promise<Handle | null>;
  webkitGetAsEntry?(): FileSystemEntry | null;
  getAsFile(): File | null;
}

/** Folders as deep as nobody makes them are links that lead round in circles. */
const DEEPEST = 32;

/** Everything in what was dropped, folders within folders too. To be called while the drop is being told of. */
export async function droppedFiles(transfer: DataTransfer): Promise<Picked[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === "file") as unknown as Item[];
  // All are asked for at once: after the first wait the browser has taken them away.
  const asked = items.map((item) => ({
    handle: item.getAsFileSystemHandle?.() ?? null,
    entry: item.webkitGetAsEntry?.() ?? null,
    file: item.getAsFile(),
  }));
  const found: Picked[] = [];
  const alone = asked.length === 1;
  for (const { handle, entry, file } of asked) {
    if (entry?.isDirectory !== true && file !== null) {
      found.push({ path: file.name, file });
      continue;
    }
    // Pages from files get at folders in the one way or in the other, by the browser.
    const held = handle === null ? null : await handle.catch(() => null);
    if (held !== null) {
      await throughHandle(held, alone ? "" : held.name, found, 0);
    } else if (entry !== null) {
      await throughEntry(entry, alone ? "" : entry.name, found, 0);
    }
  }
  return found;
}

const below = (path: string, name: string) => (path === "" ? name : `${path}/${name}`);

async function throughHandle(handle: Handle, path: string, found: Picked[], depth: number): Promise<void> {
  if (handle.kind === "file") {
    const file = await handle.getFile?.();
    if (file !== undefined) {
      found.push({ path, file });
    }
  } else if (depth < DEEPEST && handle.values !== undefined) {
    for await (const one of handle.values()) {
      await throughHandle(one, below(path, one.name), found, depth + 1);
    }
  }
}

async function throughEntry(entry: FileSystemEntry, path: string, found: Picked[], depth: number): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    found.push({ path, file });
  } else if (depth < DEEPEST) {
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
      if (some.length === 0) {
        return;
      }
      for (const one of some) {
        await throughEntry(one, below(path, one.name), found, depth + 1);
      }
    }
  }
}
