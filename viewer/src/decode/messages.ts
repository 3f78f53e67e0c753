/** What the page and its decoding worker say to each other. */

/** Said once, before anything is to be decoded or after: where the codec's WebAssembly lies, or its bytes. */
export interface CodecNotice {
  codec: string | ArrayBuffer;
}

export interface DecodeRequest {
  id: number;
  codestream: ArrayBuffer;
  rows: number;
  columns: number;
  samples: number;
  bytesPerSample: number;
  signed: boolean;
}

export type DecodeAnswer = { id: number; pixels: ArrayBuffer } | { id: number; failure: string };

/** Sent by a worker that cannot decode at all, because its browser has no (or too old a) WebAssembly. */
export type WorkerMessage = DecodeAnswer | { unable: string };
