/** Holds a volume and cuts slices out of it, off the page's thread. */

import { Cutter } from "./cutter";
import type { CutAnswer, CutRequest } from "./messages";

let cutter: Cutter | null = null;

function say(message: CutAnswer, transfer: Transferable[] = []): void {
  (self as unknown as { postMessage(message: CutAnswer, transfer: Transferable[]): void }).postMessage(
    message,
    transfer,
  );
}

self.onmessage = ({ data }: MessageEvent<CutRequest>) => {
  if ("plan" in data) {
    try {
      cutter = new Cutter(data.plan);
    } catch {
      say({ failure: "short" });
    }
  } else if ("layer" in data) {
    cutter?.put(data.layer, data.pixels);
  } else if (cutter !== null) {
    const cut = cutter.cut(data.wanted);
    say({ cut }, [cut]);
  }
};
