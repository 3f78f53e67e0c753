/** How a folder is opened, for pages that fetch the rest only when somebody wants to. */

import type { FrameSource } from "../frame-source";

/** path: within the folder, with /. */
export interface Picked {
  path: string;
  file: File;
}

export type CodecName = "jpeg-ls" | "jpeg-2000";

/** Fetches a codec's WebAssembly. Rejects where it cannot be had. */
export type FetchCodec = (name: CodecName) => Promise<ArrayBuffer>;

export interface Surroundings {
  fetchCodec: FetchCodec;
  /** Leads to another folder. */
  openOther(): void;
}

/** Null where there is nothing of DICOM. `told` hears how many files were read. Rejects with an AbortError alone. */
export type OpenFolder = (
  picked: readonly Picked[],
  around: Surroundings,
  told: (done: number) => void,
  signal: AbortSignal,
) => Promise<FrameSource | null>;
