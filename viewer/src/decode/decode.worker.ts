/** Decodes HTJ2K codestreams off the page's thread. */

import startCodec, { type Codec } from "@cornerstonejs/codec-openjph";
import type { CodecNotice, DecodeAnswer, DecodeRequest, WorkerMessage } from "./messages";

let begin: (codec: Promise<Codec>) => void = () => undefined;
const codec = new Promise<Codec>((done) => {
  begin = done;
});

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

const unable = (error: unknown) => say({ unable: String(error) });

self.onmessage = ({ data }: MessageEvent<CodecNotice | DecodeRequest>) => {
  if ("codec" in data) {
    const place = data.codec;
    begin(startCodec(typeof place === "string" ? { locateFile: () => place } : { wasmBinary: new Uint8Array(place) }));
    codec.catch(unable);
    return;
  }
  codec.then((ready) => {
    const answer = decode(ready, data);
    say(answer, "pixels" in answer ? [answer.pixels] : []);
  }, unable);
};
