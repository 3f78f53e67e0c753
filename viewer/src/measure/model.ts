/** What people draw on pictures. Places are columns and rows of the picture, as geometry/view.ts has them. */

import type { PicturePoint } from "../geometry/view";

export const KINDS = ["length", "angle", "cobb", "ellipse", "rectangle", "point", "arrow"] as const;

export type Kind = (typeof KINDS)[number];

/** How many points each kind has. An angle's vertex is its second; of two lines, each has two; an arrow's tip is first. */
export const POINTS: Readonly<Record<Kind, number>> = {
  length: 2,
  angle: 3,
  cobb: 4,
  ellipse: 2,
  rectangle: 2,
  point: 1,
  arrow: 2,
};

/** Which picture: an instance's number on the server and the frame in it. */
export interface PictureName {
  series: number;
  instance: number;
  frame: number;
}

export interface Measurement {
  readonly id: string;
  readonly kind: Kind;
  readonly on: PictureName;
  readonly points: readonly PicturePoint[];
  /** An arrow's words. */
  readonly text: string;
}

export function isOn(one: PictureName, other: PictureName): boolean {
  return one.instance === other.instance && one.frame === other.frame;
}

/** Kinds within whose outline there are values. */
export function hasInside(kind: Kind): boolean {
  return kind === "ellipse" || kind === "rectangle";
}

/** The four corners of the box between two points, clockwise from the one with the lowest column and row. */
export function corners(a: PicturePoint, b: PicturePoint): [PicturePoint, PicturePoint, PicturePoint, PicturePoint] {
  const left = Math.min(a.column, b.column);
  const right = Math.max(a.column, b.column);
  const top = Math.min(a.row, b.row);
  const bottom = Math.max(a.row, b.row);
  return [
    { column: left, row: top },
    { column: right, row: top },
    { column: right, row: bottom },
    { column: left, row: bottom },
  ];
}

/** Where a measurement can be taken hold of: its points, or the corners of the box that an outline fills. */
export function handles(measurement: Measurement): readonly PicturePoint[] {
  const [a, b] = measurement.points;
  return hasInside(measurement.kind) && a !== undefined && b !== undefined ? corners(a, b) : measurement.points;
}

/** The points after one handle was drawn to another place; of a box, the opposite corner stays. */
export function withHandle(measurement: Measurement, handle: number, to: PicturePoint): readonly PicturePoint[] {
  if (!hasInside(measurement.kind)) {
    return measurement.points.map((point, at) => (at === handle ? to : point));
  }
  const opposite = handles(measurement)[(handle + 2) % 4];
  return opposite === undefined ? measurement.points : [opposite, to];
}

export function shifted(points: readonly PicturePoint[], columns: number, rows: number): readonly PicturePoint[] {
  return points.map((point) => ({ column: point.column + columns, row: point.row + rows }));
}

/** How far apart two writings of one place may be, in pixels: reports have their places in 24 bits. */
const ONE_PLACE = 0.01;

/** Whether a report's mark that reaches from edge to edge is this measurement; of an arrow its tip is kept. */
export function isMarkedAs({ kind, points }: Measurement, edges: readonly [number, number, number, number]): boolean {
  const kept = kind === "arrow" ? points.slice(0, 1) : points;
  const columns = kept.map(({ column }) => column);
  const rows = kept.map(({ row }) => row);
  const own = [Math.min(...columns), Math.min(...rows), Math.max(...columns), Math.max(...rows)];
  return own.every((edge, at) => Math.abs(edge - (edges[at] ?? 0)) < ONE_PLACE);
}
