/** What a link (or, later, a disc) tells about its pictures. The server's JSON has these shapes. */

import type { PresentationState } from "./presentation";

/** Little-endian array formats, named as numpy names them. */
export type Format = "u1" | "i1" | "u2" | "i2" | "u4" | "i4" | "f4" | "f8";

/** How a frame travels: HTJ2K codestream, plain bytes (gzip is undone by the browser), or not at all. */
export type Wire = "htj2k" | "raw" | "";

/** Window centre, window width (modality values), and the name the scanner gave the pair. */
export type StoredWindow = readonly [center: number, width: number, name: string];

export type Vector3 = readonly [number, number, number];
/** Image Orientation (Patient): direction of a row, then of a column (PS3.3 C.7.6.2.1.1). */
export type Orientation = readonly [number, number, number, number, number, number];

/** How values between black and white become shades (PS3.3 C.11.2): in a straight line, along an S, or by a table. */
export type Curve = "linear" | "sigmoid" | LookupTable;

/** How a window of the picture's own is meant (VOI LUT Function, PS3.3 C.11.2.1.3). */
export type WindowFunction = "linear" | "linear-exact" | "sigmoid";

/** A VOI LUT: shades from 0 to 1 for the modality values from `first` on. */
export interface LookupTable {
  name: string;
  first: number;
  shades: Float32Array;
}

/**
 * What the spacing says of lengths in the patient (PS3.3 10.7.1.3). "given": it holds in the patient, as in slices.
 * "geometry", "fiducial": a projection's, corrected by known geometry or by an object of known size. "corrected": a
 * projection's, by a way it does not tell. "magnification": at the detector, divided by the estimated magnification.
 * "detector": at the detector, so that the patient is smaller. "scanned": of a scanned film. "unknown": a projection's
 * that does not tell where it holds. "none": there is no spacing.
 */
export type Calibration =
  | "given"
  | "geometry"
  | "fiducial"
  | "corrected"
  | "magnification"
  | "detector"
  | "scanned"
  | "unknown"
  | "none";

/** A part of an ultrasound picture and what its pixels stand for (PS3.3 C.8.5.5). */
export interface Region {
  /** Edges in columns and rows of the picture: left, top, right, bottom. */
  box: readonly [number, number, number, number];
  /** 1 tissue (2D), 2 M-mode, 3 spectrum, 4 waveform, 5 graphics; 0 none. */
  format: number;
  /** "cm", "s", "Hz", "cm/s", "%", "dB", "degree" and the like; empty where none is meant. */
  unitX: string;
  unitY: string;
  /** What one pixel to the right or down adds, in those units; may be negative. */
  deltaX: number;
  deltaY: number;
  /** Where both are zero, from the box's corner; and the values there. */
  reference: readonly [column: number, row: number] | null;
  referenceValue: readonly [x: number, y: number] | null;
}

/** What is not to be seen (PS3.3 C.7.6.11): all outside of every shape named. In columns and rows. */
export interface Shutter {
  rectangle: readonly [left: number, top: number, right: number, bottom: number] | null;
  circle: readonly [column: number, row: number, radius: number] | null;
  polygon: readonly (readonly [column: number, row: number])[] | null;
  /** What it has on is covered, too. */
  bitmap: Overlay | null;
  /** What covers it: 0 (black) to 1. */
  shade: number;
}

/** Lines and words laid over a picture (PS3.3 C.9.2), one bit a pixel. */
export interface Overlay {
  rows: number;
  columns: number;
  /** Where its first pixel lies in the picture; may be outside. */
  column: number;
  row: number;
  label: string;
  /** How many pixels are off, then how many are on, and so on, row by row. */
  runs: Uint32Array;
}

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
  /** How those windows are meant. */
  windowFunction: WindowFunction;
  /** VOI LUTs that came with the picture. */
  tables: readonly LookupTable[];
  /** Modality values which the preview shows as black and as white, which is how the picture is shown at first. */
  low: number;
  high: number;
  /** How the preview gets from one to the other. */
  curve: Curve;
  /** Stored values. */
  min: number;
  max: number;
  /** Stored values from..to which are no measurement (PS3.3 C.7.5.1.1.2). */
  padding: readonly [number, number] | null;
  position: Vector3 | null;
  orientation: Orientation | null;
  /** Row spacing, column spacing in mm. */
  spacing: readonly [number, number] | null;
  calibration: Calibration;
  regions: readonly Region[];
  /** Where rows and columns run to in the patient, as letters, where no orientation is known (PS3.3 C.7.6.1.1.1). */
  toward: readonly [row: string, column: string] | null;
  /** Milliseconds for which it is shown when the loop runs as it was recorded. */
  duration: number | null;
  shutter: Shutter | null;
  overlays: readonly Overlay[];
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
  /** Which frame of reference positions are given in; only series that have it in common lie in one space. */
  reference: string;
  frames: readonly Frame[];
  /** Presentation states; other series have frames. */
  states?: readonly PresentationState[];
}

/** What is known of a series beyond its name, for placing it beside others. */
export interface HangingFacts {
  plane: "axial" | "coronal" | "sagittal" | "";
  /** Of an MR: "T1", "T2", "FLAIR", "DWI" and the like. */
  weighting: string;
  /** Of a CT: the reconstruction's convolution kernel. */
  kernel: string;
  /** Body part examined, as a code string. */
  body: string;
  contrast: boolean;
  /** A scout, not the pictures themselves. */
  localizer: boolean;
  /** Of projections, picture by picture in display order: side ("R", "L", "B") and view ("CC", "MLO", "PA"). */
  views: readonly (readonly [side: string, view: string])[];
  /** How many frames each of its instances has, where one of several is a loop. */
  loops: readonly number[];
}

/** A page of its own, a page made of what it says, curves, a film, or a file for other programs. */
export type Form = "pdf" | "report" | "recording" | "video" | "file";

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
  /** The instance of a document, or the first of what cannot be shown. */
  instance: number | null;
  /** How it is shown, if not as pictures. */
  form?: Form;
  /** What it is, in plain words; empty for pictures. */
  name?: string;
  /** The instances of what cannot be shown. */
  files?: readonly number[];
  hanging: HangingFacts;
}

export interface StudyEntry {
  id: number;
  title: string;
  /** YYYYMMDD, or empty. */
  date: string;
  time: string;
  institution: string;
  accession: string;
  /** Whose it is; null where the link tells of one patient only. */
  patient: Patient | null;
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
  /** Notes may be kept with the pictures. */
  mayAnnotate: boolean;
  /** The patient looks, who may share what they see. */
  mine?: boolean;
  patient: Patient;
  studies: readonly StudyEntry[];
  first: { series: number; index: number; preview: Blob | null } | null;
  /** The first series, sent along so that nothing need be asked for before its pictures. */
  series: SeriesManifest | null;
}

/** Where the patient who looks shows others what they see. */
export function shareAddress(study: StudyManifest): string {
  const [first] = study.studies;
  return first === undefined ? "/me" : `/me/scans/${first.id}/share`;
}
