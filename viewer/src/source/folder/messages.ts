/** What the page and the worker that decodes files say to each other. */

import type { Job } from "./decode";
import type { CodecName } from "./opening";

export interface Request {
  id: number;
  job: Job;
}

/** A codec that was wanted; null where it cannot be had. */
export interface Notice {
  codec: CodecName;
  bytes: ArrayBuffer | null;
}

export type Failure = "damaged" | "no-codec";

export type Answer = { id: number; pixels: ArrayBuffer } | { id: number; failure: Failure } | { wants: CodecName };
