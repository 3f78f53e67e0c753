/** What a page from a file needs to read other discs: a script beside it, and codecs beside that. */

import type { FetchCodec, OpenFolder } from "../source/folder/opening";
import { bytesOf } from "./bytes";
import { scriptsOfPage } from "./scripts";

const READER = "VIEWER/FOLDER.JS";
const CODECS = { "jpeg-ls": "VIEWER/JPEGLS.JS", "jpeg-2000": "VIEWER/JPEG2000.JS" } as const;

let reader: Promise<OpenFolder> | null = null;

async function loadReader(): Promise<OpenFolder> {
  const words = await scriptsOfPage()(READER, "undiscFolder");
  if (words === "missing" || words === null) {
    reader = null;
    throw new Error(`${READER} cannot be had`);
  }
  return words[0] as OpenFolder;
}

/** Rejects where it cannot be had; asking again may help. */
export function folderReader(): Promise<OpenFolder> {
  reader ??= loadReader();
  return reader;
}

export const fetchFolderCodec: FetchCodec = async (name) => {
  const words = await scriptsOfPage()(CODECS[name], "undiscCodec");
  const bytes = words === "missing" || words === null ? null : bytesOf(String(words[0]));
  if (bytes === null) {
    throw new Error(`${CODECS[name]} cannot be had`);
  }
  return bytes.buffer;
};
