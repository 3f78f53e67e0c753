/** Reads the server's JSON into the shapes of model.ts; what is absent gets a value that shows nothing wrong. */

import { readOverlay, readRegion, readShutter, readTable } from "./additions";
import { bytesOfBase64, type Json, list, number, numberOrNull, object, text, vector } from "./json";
import type {
  Calibration,
  Curve,
  Form,
  Format,
  Frame,
  HangingFacts,
  LookupTable,
  Orientation,
  Overlay,
  Patient,
  SeriesEntry,
  SeriesManifest,
  StoredWindow,
  StudyEntry,
  StudyManifest,
  Vector3,
  WindowFunction,
  Wire,
} from "./model";
import { readState } from "./presentation";

const FORMATS: readonly string[] = ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"];
const FORMS: readonly string[] = ["pdf", "report", "recording", "video", "file"] satisfies Form[];
const CALIBRATIONS: readonly string[] = [
  "given",
  "geometry",
  "fiducial",
  "corrected",
  "magnification",
  "detector",
  "scanned",
  "unknown",
] satisfies Calibration[];

/** What a series says once and its frames point at by number. */
interface Shared {
  tables: readonly (LookupTable | null)[];
  overlays: readonly (Overlay | null)[];
}

const NOTHING_SHARED: Shared = { tables: [], overlays: [] };

/** Those of the numbered things that are there. */
function chosen<T>(from: readonly (T | null)[], value: unknown): T[] {
  return list(value).flatMap((at) => (typeof at === "number" ? (from[at] ?? []) : []));
}

function curve(value: unknown, tables: readonly (LookupTable | null)[]): Curve {
  if (value === "sigmoid") {
    return value;
  }
  return (typeof value === "number" ? tables[value] : null) ?? "linear";
}

function windows(value: unknown): readonly StoredWindow[] {
  const found: StoredWindow[] = [];
  for (const item of list(value)) {
    const [center, width, name] = list(item);
    if (typeof center === "number" && typeof width === "number" && width > 0) {
      found.push([center, width, text(name)]);
    }
  }
  return found;
}

/** One frame with everything it needs to be drawn, whatever was left unsaid. */
export function readFrame(json: Json, shared: Shared = NOTHING_SHARED): Frame {
  const format = text(json.format);
  const wire = text(json.wire);
  const measured = vector<readonly [number, number]>(json.spacing, 2);
  const spacing = measured !== null && measured[0] > 0 && measured[1] > 0 ? measured : null;
  const calibration = text(json.calibration);
  const windowFunction = text(json.function);
  const toward = list(json.toward);
  const duration = number(json.duration, 0);
  return {
    i: number(json.i, 0),
    n: number(json.n, 0),
    rows: number(json.rows, 0),
    columns: number(json.columns, 0),
    format: (FORMATS.includes(format) ? format : "u1") as Format,
    samples: number(json.samples, 1),
    wire: (wire === "htj2k" || (wire === "raw" && FORMATS.includes(format)) ? wire : "") as Wire,
    bytes: number(json.bytes, 0),
    slope: number(json.slope, 1) || 1,
    intercept: number(json.intercept, 0),
    invert: json.invert === true,
    window: windows(json.window),
    windowFunction: (windowFunction === "sigmoid" || windowFunction === "linear-exact"
      ? windowFunction
      : "linear") as WindowFunction,
    tables: chosen(shared.tables, json.tables),
    low: number(json.low, 0),
    high: number(json.high, 255),
    curve: curve(json.curve, shared.tables),
    min: number(json.min, 0),
    max: number(json.max, 255),
    padding: vector<readonly [number, number]>(json.padding, 2),
    position: vector<Vector3>(json.position, 3),
    orientation: vector<Orientation>(json.orientation, 6),
    spacing,
    calibration: (spacing === null
      ? "none"
      : CALIBRATIONS.includes(calibration)
        ? calibration
        : "unknown") as Calibration,
    regions: list(json.regions).flatMap((region) => readRegion(region) ?? []),
    toward: toward.length === 2 ? [text(toward[0]), text(toward[1])] : null,
    duration: duration >= 1 ? duration : null,
    shutter: readShutter(json.shutter),
    overlays: chosen(shared.overlays, json.overlays),
    thickness: numberOrNull(json.thickness),
    location: numberOrNull(json.location),
    number: numberOrNull(json.number),
    aspect: Math.max(0.05, Math.min(20, number(json.aspect, 1))),
    damage: text(json.damage),
  };
}

/** What all frames have in common is sent once; here each frame gets it back. */
export function readSeries(value: unknown): SeriesManifest {
  const json = object(value);
  const common = object(json.common);
  const shared = { tables: list(json.tables).map(readTable), overlays: list(json.overlays).map(readOverlay) };
  return {
    id: number(json.id, 0),
    modality: text(json.modality),
    title: text(json.title),
    unit: text(json.unit),
    reference: text(json.reference),
    states: list(json.states).map(readState),
    frames: list(json.frames).map((frame) => readFrame({ ...common, ...object(frame) }, shared)),
  };
}

function readSeriesEntry(value: unknown): SeriesEntry {
  const json = object(value);
  const kind = text(json.kind);
  return {
    id: number(json.id, 0),
    kind: kind === "images" || kind === "document" ? kind : "other",
    modality: text(json.modality),
    number: numberOrNull(json.number),
    title: text(json.title),
    count: number(json.count, 0),
    rows: number(json.rows, 0),
    columns: number(json.columns, 0),
    thumbnail: json.thumbnail === true,
    note: text(json.note),
    instance: numberOrNull(json.instance),
    ...readDocument(json),
    hanging: readHanging(json.hanging),
  };
}

function readDocument(json: Json): { form?: Form; name?: string; files?: readonly number[] } {
  const form = text(json.form);
  const files = list(json.files).filter((file): file is number => typeof file === "number");
  return {
    ...(FORMS.includes(form) ? { form: form as Form } : {}),
    ...(text(json.name) === "" ? {} : { name: text(json.name) }),
    ...(files.length === 0 ? {} : { files }),
  };
}

function readHanging(value: unknown): HangingFacts {
  const json = object(value);
  const plane = text(json.plane);
  return {
    plane: plane === "axial" || plane === "coronal" || plane === "sagittal" ? plane : "",
    weighting: text(json.weighting),
    kernel: text(json.kernel),
    body: text(json.body),
    contrast: json.contrast === true,
    localizer: json.localizer === true,
    loops: list(json.loops).filter((count): count is number => typeof count === "number" && count > 0),
    views: list(json.views).map((view) => [text(list(view)[0]), text(list(view)[1])] as const),
  };
}

function readPatient(json: Json): Patient {
  return { name: text(json.name), id: text(json.id), birthDate: text(json.birth_date), sex: text(json.sex) };
}

function readStudyEntry(value: unknown): StudyEntry {
  const json = object(value);
  return {
    id: number(json.id, 0),
    title: text(json.title),
    date: text(json.date),
    time: text(json.time),
    institution: text(json.institution),
    accession: text(json.accession),
    patient: typeof json.patient === "object" && json.patient !== null ? readPatient(object(json.patient)) : null,
    series: list(json.series).map(readSeriesEntry),
  };
}

/** The bytes of a base64 `data:` address as a blob; null when it is not one. fetch() of data: is closed by the CSP. */
export function blobOfDataAddress(address: string): Blob | null {
  const match = /^data:(image\/[a-z0-9.+-]+);base64,([A-Za-z0-9+/=]+)$/.exec(address);
  if (match === null) {
    return null;
  }
  return new Blob([bytesOfBase64(match[2] ?? "")], { type: match[1] ?? "" });
}

export function readStudy(value: unknown): StudyManifest {
  const json = object(value);
  const first = object(json.first);
  return {
    from: text(json.from),
    until: text(json.until),
    mayDownload: json.may_download === true,
    mayAnnotate: json.may_annotate === true,
    mine: json.mine === true,
    patient: readPatient(object(json.patient)),
    studies: list(json.studies).map(readStudyEntry),
    first:
      typeof first.series === "number"
        ? { series: first.series, index: number(first.index, 0), preview: blobOfDataAddress(text(first.preview)) }
        : null,
    series: json.series === undefined || json.series === null ? null : readSeries(json.series),
  };
}
