/** How large things in a picture are: its spacing, and the regions of ultrasound. */

import type { Json } from "../json";
import type { Calibration } from "../model";
import { TAG } from "./tags";
import type { Values } from "./values";

const PROJECTIONS = new Set(["CR", "DX", "MG", "RG", "RF", "XA", "XC", "IO", "PX"]);
const UNITS = ["", "%", "dB", "cm", "s", "Hz", "dB/s", "cm/s", "cm²", "cm²/s", "cm³", "cm³/s", "°"];
const MOST_REGIONS = 64;

type Pair = readonly number[] | null;

/** Row and column spacing in mm, and what it says of lengths in the patient (PS3.3 10.7.1.3). */
export function spacingOf(values: Values): { spacing: Pair; calibration: Calibration } {
  const positive = (tag: number): Pair => {
    const pair = values.numbers(tag, 2);
    return pair !== null && Math.min(...pair) > 0 ? pair : null;
  };
  const given = positive(TAG.pixelSpacing);
  const detector = positive(TAG.imagerSpacing);
  const calibrated = values.term(TAG.calibration);
  const known = calibrated === "GEOMETRY" ? "geometry" : calibrated === "FIDUCIAL" ? "fiducial" : null;
  const differs = given !== null && detector !== null && given.some((value, at) => value !== detector[at]);
  if (given !== null && (differs || known !== null)) {
    return { spacing: given, calibration: known ?? "corrected" };
  }
  if (detector !== null) {
    const enlarged = values.number(TAG.magnification);
    return enlarged !== null && enlarged >= 1
      ? { spacing: detector.map((value) => value / enlarged), calibration: "magnification" }
      : { spacing: detector, calibration: "detector" };
  }
  if (given !== null) {
    return { spacing: given, calibration: PROJECTIONS.has(values.term(TAG.modality)) ? "unknown" : "given" };
  }
  const scanned = positive(TAG.scannedSpacing);
  return { spacing: scanned, calibration: scanned === null ? "none" : "scanned" };
}

/** As JSON of the server's shape (PS3.3 C.8.5.5). */
export function regionsOf(values: Values): Json[] {
  return values
    .items(TAG.regions)
    .slice(0, MOST_REGIONS)
    .map((item) => {
      const own = values.within(item);
      const numbers = (...tags: number[]) => tags.map((tag) => own.number(tag));
      const [left, top, right, bottom] = numbers(TAG.regionLeft, TAG.regionTop, TAG.regionRight, TAG.regionBottom);
      return {
        box: [left, top, (right ?? Number.NaN) + 1, (bottom ?? Number.NaN) + 1],
        format: own.number(TAG.regionFormat) ?? 0,
        units: [UNITS[own.number(TAG.unitX) ?? 0] ?? "", UNITS[own.number(TAG.unitY) ?? 0] ?? ""],
        delta: numbers(TAG.deltaX, TAG.deltaY),
        reference: numbers(TAG.referenceX, TAG.referenceY),
        reference_value: numbers(TAG.valueX, TAG.valueY),
      };
    });
}
