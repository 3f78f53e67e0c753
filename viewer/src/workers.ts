/** Workers and the codec, as a page from a server gets them: from files beside its script. */

import codecAddress from "@cornerstonejs/codec-openjph/wasm?url";
import decodeAddress from "./decode/decode.worker?worker&url";
import { scriptAddress } from "./trusted";
import cutAddress from "./volume/cut.worker?worker&url";

/** Where the codec's WebAssembly lies, or its bytes. Rejects where it cannot be had. */
export async function codec(): Promise<string | ArrayBuffer> {
  return new URL(codecAddress, location.href).href;
}

/** Throws where the browser gives no workers. */
export const decodingWorker = (): Worker => new Worker(scriptAddress(decodeAddress));

/** Throws where the browser gives no workers. */
export const cuttingWorker = (): Worker => new Worker(scriptAddress(cutAddress));
