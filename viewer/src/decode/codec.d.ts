declare module "@cornerstonejs/codec-openjph" {
  export interface FrameInfo {
    width: number;
    height: number;
    bitsPerSample: number;
    componentCount: number;
    isSigned: boolean;
  }
  export interface HTJ2KDecoder {
    /** Room for the codestream inside the codec's memory. */
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getFrameInfo(): FrameInfo;
    /** A view of the codec's memory, valid until the next call. */
    getDecodedBuffer(): Uint8Array<ArrayBuffer>;
    delete(): void;
  }
  export interface Codec {
    HTJ2KDecoder: new () => HTJ2KDecoder;
  }
  export default function start(
    options: { locateFile(name: string): string } | { wasmBinary: Uint8Array },
  ): Promise<Codec>;
}

declare module "@cornerstonejs/codec-openjph/wasm?url" {
  const address: string;
  export default address;
}
