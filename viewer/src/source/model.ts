/** What a link (or, later, a disc) tells about its pictures. The server's JSON has these shapes. */

/** Little-endian array formats, named as numpy names them. */
export type Format = "u1" | "i1" | "u2" | "i2" | "u4" | "i4" | "f4" | "f8";

/** How a frame travels: HTJ2K codestream, plain bytes (gzip is undone by the browser), or not at all. */
export type Wire = "htj2k" | "raw" | "";

/** Window centre, window width (modality values), and the name the scanner gave the pair. */
export type StoredWindow = readonly [center: number, width: number, name: string];

export type Vector3 = readonly [number, number, number];
/** Image Orientation (Patient): direction of a row, then of a column (PS3.3 C.7.6.2.1.1). */
export type Orientation = readonly [number, number, number, number, number, number];

export interface Frame {
  /** The instance's number on the server. */
  i: number;
  /** The frame within the instance, from 0. */
  n: number;
  rows: number;
  columns: number;
  format: Format;
  samples: number;
  wire: Wire;
  /** Bytes on the wire. */
  bytes: number;
  slope: number;
  intercept: number;
  /** MONOCHROME1: the lowest value is white. */
  invert: boolean;
  window: readonly StoredWindow[];
  /** Modality values which the preview shows as black and as white. */
  low: number;
  high: number;
  /** Stored values. */
  min: number;
  max: number;
  /** Stored values from..to which are no measurement (PS3.3 C.7.5.1.1.2). */
  padding: readonly [number, number] | null;
  position: Vector3 | null;
  orientation: Orientation | null;
  /** Row spacing, column spacing in mm. */
  spacing: readonly [number, number] | null;
  thickness: number | null;
  location: number | null;
  number: number | null;
  /** Height of a pixel divided by its width. */
  aspect: number;
  /** What is wrong with this picture, in a plain sentence; empty when nothing is. */
  damage: string;
}

export interface SeriesManifest {
  id: number;
  modality: string;
  title: string;
  /** "HU" or empty. */
  unit: string;
  frames: readonly Frame[];
}

export interface SeriesEntry {
  id: number;
  kind: "images" | "document" | "other";
  modality: string;
  number: number | null;
  title: string;
  count: number;
  rows: number;
  columns: number;
  thumbnail: boolean;
  note: string;
  /** The instance of a document. */
  instance: number | null;
}

export interface StudyEntry {
  id: number;
  title: string;
  /** YYYYMMDD, or empty. */
  date: string;
  time: string;
  institution: string;
  accession: string;
  series: readonly SeriesEntry[];
}

export interface Patient {
  /** As in the files: five parts by `^`, up to three scripts by `=` (PS3.5 6.2.1). */
  name: string;
  id: string;
  birthDate: string;
  sex: string;
}

export interface StudyManifest {
  from: string;
  /** ISO 8601, or empty where the link does not end. */
  until: string;
  mayDownload: boolean;
  patient: Patient;
  studies: readonly StudyEntry[];
  first: { series: number; index: number; preview: Blob | null } | null;
  /** The first series, sent along so that nothing need be asked for before its pictures. */
  series: SeriesManifest | null;
}
