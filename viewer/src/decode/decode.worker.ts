/** Decodes HTJ2K codestreams off the page's thread. */

import startCodec, { type Codec } from "@cornerstonejs/codec-openjph";
import type { DecodeAnswer, DecodeRequest, WorkerMessage } from "./messages";

let codec: Promise<Codec> | null = null;

function say(message: WorkerMessage, transfer: Transferable[] = []): void {
  (self as unknown as { postMessage(message: WorkerMessage, transfer: Transferable[]): void }).postMessage(
    message,
    transfer,
  );
}

function decode(ready: Codec, request: DecodeRequest): DecodeAnswer {
  const decoder = new ready.HTJ2KDecoder();
  try {
    decoder.getEncodedBuffer(request.codestream.byteLength).set(new Uint8Array(request.codestream));
    decoder.decode();
    const info = decoder.getFrameInfo();
    const { rows, columns, samples, bytesPerSample, signed } = request;
    if (info.width !== columns || info.height !== rows || info.componentCount !== samples) {
      return { id: request.id, failure: "the codestream is of another size than the picture" };
    }
    // The codec clamps signed samples of up to eight bits to 0..255: wrong values must not be shown.
    if (info.isSigned !== signed || (signed && info.bitsPerSample <= 8)) {
      return { id: request.id, failure: "the codestream's samples are of another kind than the picture's" };
    }
    const bytes = decoder.getDecodedBuffer();
    const decodedBytes = info.bitsPerSample <= 8 ? 1 : 2;
    if (decodedBytes === bytesPerSample) {
      return { id: request.id, pixels: bytes.slice().buffer };
    }
    if (decodedBytes === 1 && bytesPerSample === 2) {
      return { id: request.id, pixels: Uint16Array.from(bytes).buffer };
    }
    return { id: request.id, failure: "the codestream has more bits than the picture" };
  } catch {
    return { id: request.id, failure: "the codestream is damaged" };
  } finally {
    decoder.delete();
  }
}

self.onmessage = (event: MessageEvent<DecodeRequest>) => {
  const request = event.data;
  codec ??= startCodec({ locateFile: () => request.codec });
  codec.then(
    (ready) => {
      if (request.codestream.byteLength > 0) {
        const answer = decode(ready, request);
        say(answer, "pixels" in answer ? [answer.pixels] : []);
      }
    },
    (error: unknown) => say({ unable: String(error) }),
  );
};
