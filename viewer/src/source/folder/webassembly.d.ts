declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  export default function start(options: object): Promise<{ JpegLSDecoder: new () => never }>;
}

declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  export default function start(options: object): Promise<{ J2KDecoder: new () => never }>;
}

declare module "@cornerstonejs/codec-charls/decodewasm?url" {
  const address: string;
  export default address;
}

declare module "@cornerstonejs/codec-openjpeg/decodewasm?url" {
  const address: string;
  export default address;
}
