/** Decodes frames of other people's files off the page's thread. */

import { BYTES_OF } from "../../decode/pixels";
import { Codecs, CodecUnavailable } from "./codecs";
import { decodeFrame } from "./decode";
import { formatOf } from "./description";
import type { Answer, Notice, Request } from "./messages";
import type { CodecName } from "./opening";

const say = (answer: Answer, transfer: Transferable[] = []) =>
  (self as unknown as { postMessage(answer: Answer, transfer: Transferable[]): void }).postMessage(answer, transfer);

const waiting = new Map<CodecName, { done(bytes: ArrayBuffer): void; failed(error: Error): void }>();
const codecs = new Codecs((name) => {
  say({ wants: name });
  return new Promise((done, failed) => waiting.set(name, { done, failed }));
});

async function answer({ id, job }: Request): Promise<void> {
  try {
    const pixels = await decodeFrame(job, codecs);
    const whole = pixels.byteLength === pixels.buffer.byteLength ? pixels.buffer : pixels.slice().buffer;
    if (pixels.BYTES_PER_ELEMENT !== BYTES_OF[job.modality === null ? formatOf(job.description) : "u2"]) {
      say({ id, failure: "damaged" });
      return;
    }
    say({ id, pixels: whole }, [whole]);
  } catch (error) {
    say({ id, failure: error instanceof CodecUnavailable ? "no-codec" : "damaged" });
  }
}

self.onmessage = ({ data }: MessageEvent<Notice | Request>) => {
  if ("job" in data) {
    void answer(data);
    return;
  }
  const waiter = waiting.get(data.codec);
  if (data.bytes === null) {
    waiter?.failed(new CodecUnavailable());
  } else {
    waiter?.done(data.bytes);
  }
};
