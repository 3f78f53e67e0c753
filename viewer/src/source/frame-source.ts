/** Where pictures come from: a link over HTTP, or a package of files beside the page, by the same promise. */

import type { Frame, SeriesManifest, StudyManifest } from "./model";

/** What is known of a link before a passcode has proven the right to more: who shares, and until when. */
export interface Locked {
  from: string;
  until: string;
  digits: boolean;
  /** How many characters the passcode has; 0 when unknown. */
  length: number;
  /** A package that a passphrase unseals: nobody counts tries. */
  sealed?: boolean;
}

/**
 * Why what lies beside the page does not open. "no-data": it is not there. "damaged": it cannot be read. "no-crypto": this
 * browser cannot unseal it here. "link-only": the address lacks the part that opens it.
 */
export type Refusal = "no-data" | "damaged" | "no-crypto" | "link-only";

/** Where a code can be sent, told by its end alone: "···42". */
export interface CodeWay {
  way: "text" | "email";
  to: string;
}

/** What a link asks beside its passcode, and what is known of it before it is answered. */
export interface Question {
  asks: "birth-date" | "code" | "code-sent" | "code-late" | "sign-in";
  from: string;
  until: string;
  /** The answer before was not right. */
  wrong: boolean;
  triesLeft: number | null;
  /** By which a code can be sent; of one that was sent, the one. */
  ways: readonly CodeWay[];
}

export type Answer =
  | { passcode: string }
  /** YYYY-MM-DD */
  | { birth_date: string }
  | { code: string }
  | { send_code: CodeWay["way"]; language: string };

export type Opening =
  | { outcome: "opened"; study: StudyManifest }
  | { outcome: "passcode-needed"; locked: Locked }
  | { outcome: "passcode-wrong"; locked: Locked; triesLeft: number | null }
  | { outcome: "asked"; question: Question }
  | { outcome: "closed" }
  | { outcome: "refused"; why: Refusal }
  /** crowded: an answer came, and it was that too many are here. */
  | { outcome: "unreachable"; crowded?: boolean };

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

/** For elements that load by themselves; a promise where the bytes are read first, which rejects as methods here do. */
export type Address = string | Promise<string>;

/** How files are taken out of a sealed package. */
export interface Saving {
  /** How many files, and how many bytes. */
  readonly amount: { files: number; bytes: number };
  /** Whether this browser writes into folders. */
  readonly intoFolders: boolean;
  /** Rejects with an AbortError where somebody called it off, and otherwise where nothing can be written. */
  save(into: "folder" | "zip", told: (files: number) => void, signal: AbortSignal): Promise<{ unreadable: string[] }>;
}

/** What is different where the pictures lie beside the page. */
export interface Disc {
  /** The page was opened from a file, not from a web host. */
  readonly isFile: boolean;
  readonly isSealed: boolean;
  readonly saving: Saving;
  /** Leads to another disc. */
  openOther(): void;
}

/** What was found in a folder that somebody chose, in numbers of files. */
export interface FolderTold {
  files: number;
  pictures: number;
  /** Of DICOM, and no pictures. */
  others: number;
  /** Viewer programs and whatever else lies on discs. */
  aside: number;
  unreadable: number;
  /** The same once more. */
  repeated: number;
  /** Named by the disc's index, and not there. */
  missing: number;
  people: number;
  /** Leads to another folder. */
  openOther(): void;
}

/** What is read, heard or played instead of looked at slice by slice. Its methods promise what those of FrameSource do. */
export interface DocumentSource {
  /** What is to be shown of an instance, as JSON. */
  told(instanceId: number, signal?: AbortSignal): Promise<unknown>;
  /** One block of a recording's group: float32, little-endian, channel after channel. */
  samples(instanceId: number, group: number, block: number, signal?: AbortSignal): Promise<ArrayBuffer>;
  mediaAddress(instanceId: number, group: number): Address;
  /** Null where there is none. */
  previewAddress(instanceId: number, frame: number): string | null;
  /** Of the file as it came; null where it cannot be had. */
  originalAddress(instanceId: number): Address | null;
}

/**
 * Every method takes an AbortSignal and rejects with an AbortError once that is aborted; otherwise with SourceClosed,
 * SourceUnreachable or NotAvailable. `open` alone turns these outcomes into values.
 */
export interface FrameSource {
  open(passcode: string | null, signal?: AbortSignal): Promise<Opening>;
  /** Answers what was asked; absent where nothing but a passcode ever is. */
  answer?(answer: Answer, signal?: AbortSignal): Promise<Opening>;
  study(signal?: AbortSignal): Promise<StudyManifest>;
  series(id: number, signal?: AbortSignal): Promise<SeriesManifest>;
  /** Small pictures of the whole series in display order, each as soon as its bytes are there. */
  strip(id: number, signal?: AbortSignal): AsyncIterable<StripImage>;
  /** The frame as it travels (see Wire), not decoded. */
  frame(frame: Frame, priority: Priority, signal?: AbortSignal): Promise<ArrayBuffer>;
  preview(frame: Frame, priority: Priority, signal?: AbortSignal): Promise<Blob>;
  thumbnailAddress(seriesId: number): Address;
  documentAddress(instanceId: number): Address;
  /** Of everything; null where that is not packed into one. */
  downloadAddress(): string | null;
  /** Of everything as a disc would hold it; absent where there is no server that makes one. */
  discAddress?(): string;
  /** Absent where pictures come from a server. */
  readonly disc?: Disc;
  /** Absent where pictures come from anywhere but a folder that was chosen. */
  readonly folder?: FolderTold;
  /** Absent where a source knows pictures alone. */
  readonly documents?: DocumentSource;
  /** Forgets in this browser tab that the link was opened. */
  forget(): void;
}
