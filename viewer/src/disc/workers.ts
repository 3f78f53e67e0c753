/** Workers and the codec, as a page from a file gets them: out of its own script, and the codec from one beside it. */

import DecodeWorker from "../decode/decode.worker?worker&inline";
import { NotAvailable } from "../source/frame-source";
import CutWorker from "../volume/cut.worker?worker&inline";
import { bytesOf } from "./bytes";
import { scriptsOfPage } from "./scripts";

const CODEC = "VIEWER/CODEC.JS";
let fetched: Promise<ArrayBuffer> | null = null;

async function fetchCodec(): Promise<ArrayBuffer> {
  const words = await scriptsOfPage()(CODEC, "undiscCodec");
  const bytes = words === "missing" || words === null ? null : bytesOf(String(words[0]));
  if (bytes === null) {
    fetched = null;
    throw new NotAvailable();
  }
  return bytes.buffer;
}

/** The codec's WebAssembly. Rejects where it cannot be had. */
export function codec(): Promise<string | ArrayBuffer> {
  fetched ??= fetchCodec();
  return fetched;
}

export const decodingWorker = (): Worker => new DecodeWorker();

export const cuttingWorker = (): Worker => new CutWorker();
