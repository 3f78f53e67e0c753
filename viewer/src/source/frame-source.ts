/** Where pictures come from: a link over HTTP today, a disc or a folder by the same promise. */

import type { Frame, SeriesManifest, StudyManifest } from "./model";

/** What is known of a link before a passcode has proven the right to more: who shares, and until when. */
export interface Locked {
  from: string;
  until: string;
  digits: boolean;
  /** How many characters the passcode has; 0 when unknown. */
  length: number;
}

export type Opening =
  | { outcome: "opened"; study: StudyManifest }
  | { outcome: "passcode-needed"; locked: Locked }
  | { outcome: "passcode-wrong"; locked: Locked; triesLeft: number | null }
  | { outcome: "closed" }
  | { outcome: "unreachable" };

/** The link was revoked, has expired, or never was; nothing more may be shown. */
export class SourceClosed extends Error {}

/** No answer came; asking again may help. */
export class SourceUnreachable extends Error {}

/** An answer came, and this one thing cannot be had; asking again will not help. */
export class NotAvailable extends Error {}

/** How soon somebody waits for an answer: the picture on the screen, one likely to come, or anything else. */
export type Priority = "high" | "auto" | "low";

export interface StripImage {
  index: number;
  /** A WebP image; empty where the picture has none. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** What is read, heard or played instead of looked at slice by slice. Its methods promise what those of FrameSource do. */
export interface DocumentSource {
  /** What is to be shown of an instance, as JSON. */
  told(instanceId: number, signal?: AbortSignal): Promise<unknown>;
  /** One block of a recording's group: float32, little-endian, channel after channel. */
  samples(instanceId: number, group: number, block: number, signal?: AbortSignal): Promise<ArrayBuffer>;
  /** Addresses for elements that load by themselves, and for the file as it came. */
  mediaAddress(instanceId: number, group: number): string;
  previewAddress(instanceId: number, frame: number): string;
  originalAddress(instanceId: number): string;
}

/**
 * Every method takes an AbortSignal and rejects with an AbortError once that is aborted; otherwise with SourceClosed,
 * SourceUnreachable or NotAvailable. `open` alone turns these outcomes into values.
 */
export interface FrameSource {
  open(passcode: string | null, signal?: AbortSignal): Promise<Opening>;
  study(signal?: AbortSignal): Promise<StudyManifest>;
  series(id: number, signal?: AbortSignal): Promise<SeriesManifest>;
  /** Small pictures of the whole series in display order, each as soon as its bytes are there. */
  strip(id: number, signal?: AbortSignal): AsyncIterable<StripImage>;
  /** The frame as it travels (see Wire), not decoded. */
  frame(frame: Frame, priority: Priority, signal?: AbortSignal): Promise<ArrayBuffer>;
  preview(frame: Frame, priority: Priority, signal?: AbortSignal): Promise<Blob>;
  /** Addresses for elements that load by themselves. */
  thumbnailAddress(seriesId: number): string;
  documentAddress(instanceId: number): string;
  downloadAddress(): string;
  /** Absent where a source knows pictures alone. */
  readonly documents?: DocumentSource;
  /** Forgets in this browser tab that the link was opened. */
  forget(): void;
}
