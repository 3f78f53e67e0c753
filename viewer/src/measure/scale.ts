/** What a step from pixel to pixel is worth, and what can honestly be said of it. */

import type { PicturePoint } from "../geometry/view";
import type { Calibration, Frame, Region } from "../source/model";

/**
 * Where millimetres hold: in the patient; there as far as the magnification was estimated well; where the picture was
 * taken up, which is larger than what was X-rayed (PS3.3 10.7.1.3); on the film that was scanned; nobody knows where.
 * "none": there are no millimetres, and lengths are in pixels.
 */
export type Meaning = "patient" | "estimated" | "detector" | "film" | "unknown" | "none";

export interface Scale {
  meaning: Meaning;
  /** Millimetres (or pixel widths, where the meaning is "none") from one column to the next, and from row to row. */
  column: number;
  row: number;
}

const MEANINGS: Readonly<Record<Calibration, Meaning>> = {
  given: "patient",
  geometry: "patient",
  fiducial: "patient",
  corrected: "patient",
  magnification: "estimated",
  detector: "detector",
  scanned: "film",
  unknown: "unknown",
  none: "none",
};

const MILLIMETRES_OF: Readonly<Record<string, number>> = { cm: 10, mm: 1 };

/** The region of an ultrasound picture that holds all of these points; the smallest, where one lies within another. */
export function regionOf(frame: Frame, points: readonly PicturePoint[]): Region | null {
  const holding = frame.regions.filter(({ box: [left, top, right, bottom] }) =>
    points.every(({ column, row }) => column >= left && column <= right && row >= top && row <= bottom),
  );
  const size = ({ box: [left, top, right, bottom] }: Region) => (right - left) * (bottom - top);
  return holding.sort((one, other) => size(one) - size(other))[0] ?? null;
}

/** True where a region's two directions are not both lengths: time, speed and the like are read one by one. */
export function isChart(region: Region): boolean {
  return MILLIMETRES_OF[region.unitX] === undefined || MILLIMETRES_OF[region.unitY] === undefined;
}

/** The scale for these points of a frame: of the region that holds them all, else of the picture. */
export function scaleFor(frame: Frame, points: readonly PicturePoint[]): Scale {
  const unknown: Scale = { meaning: "none", column: 1, row: frame.aspect };
  if (frame.regions.length > 0) {
    // Across regions, or beyond them, a spacing of the whole picture would be one region's, and wrong there.
    const region = regionOf(frame, points);
    const [x, y] = [MILLIMETRES_OF[region?.unitX ?? ""], MILLIMETRES_OF[region?.unitY ?? ""]];
    const usable = region !== null && x !== undefined && y !== undefined && region.deltaX !== 0 && region.deltaY !== 0;
    return usable
      ? { meaning: "patient", column: Math.abs(region.deltaX) * x, row: Math.abs(region.deltaY) * y }
      : unknown;
  }
  const meaning = MEANINGS[frame.calibration];
  return frame.spacing === null || meaning === "none"
    ? unknown
    : { meaning, column: frame.spacing[1], row: frame.spacing[0] };
}
