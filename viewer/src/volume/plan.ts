/** From the pictures of a series to a volume that fits into memory, and to the series that are cut out of it. */

import { BYTES_OF } from "../decode/pixels";
import type { Format, Frame, Orientation, SeriesManifest } from "../source/model";
import type { Layer, Plan } from "./cutter";
import { emptyOf, outcomeFor, type Slab } from "./reslice";
import { coarser, factorWithin, originOf, type Stack, stacksOf, type Volume } from "./space";

const KEPT_AS: Readonly<Record<Format, Plan["format"]>> = {
  u1: "u1",
  i1: "i1",
  u2: "u2",
  i2: "i2",
  u4: "f4",
  i4: "f4",
  f4: "f4",
  f8: "f4",
};

const within = ([least, most]: readonly [number, number], value: number) => value >= least && value <= most;

/** Null where even a quarter of the resolution does not fit into so many bytes. */
export function planFor(frames: readonly Frame[], volume: Volume, bytes: number): Plan | null {
  const pictures = volume.slices.flatMap((index) => frames[index] ?? []);
  const [first] = pictures;
  if (first === undefined) {
    return null;
  }
  const stored = pictures.every((frame) => isAlike(frame, first));
  const format = stored ? KEPT_AS[first.format] : "f4";
  const factor = factorWithin(bytes, volume.grid, BYTES_OF[format]);
  if (factor === null) {
    return null;
  }
  const values = pictures.flatMap(({ min, max, slope, intercept }) =>
    stored ? [min, max] : [min * slope + intercept, max * slope + intercept],
  );
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const padded = pictures.some(({ padding }) => padding !== null);
  const whole = format !== "f4";
  const hole = !padded ? null : whole ? (first.padding?.[0] ?? null) : outcomeFor(least, most, false).nothing;
  const grid = coarser(volume.grid, factor);
  return { grid, format, factor, hole, outcome: outcomeFor(least, most, whole), stacks: stacksOf(grid) };
}

/** Whether stored values of both mean the same. */
function isAlike(one: Frame, other: Frame): boolean {
  const [a, b] = [one.padding, other.padding];
  return (
    one.format === other.format &&
    one.slope === other.slope &&
    one.intercept === other.intercept &&
    (a === null ? b === null : b !== null && within(a, b[0]) && within(a, b[1]) && within(b, a[0]) && within(b, a[1]))
  );
}

/** Whether the volume holds modality values, not stored ones. */
function holdsModality(plan: Plan, frames: readonly Frame[]): boolean {
  const [first] = frames;
  return first !== undefined && frames.some((frame) => !isAlike(frame, first)) && plan.format === "f4";
}

/** How each picture of the volume goes into it, in the order of `volume.slices`. */
export function layersOf(frames: readonly Frame[], volume: Volume, plan: Plan): Layer[] {
  const pictures = volume.slices.flatMap((index) => frames[index] ?? []);
  const modality = holdsModality(plan, pictures);
  return pictures.map(({ rows, columns, format, slope, intercept, padding }, slice) => ({
    slice,
    rows,
    columns,
    format,
    slope: modality ? slope : 1,
    intercept: modality ? intercept : 0,
    padding,
  }));
}

/** Pictures that are cut have names no instance on the server has: numbers below zero. */
const MOST_PARTS = 1000;

/** More than any number of a series that is not turned. */
const TURNS = 2 ** 42;

/** turn: the how manieth way in which the planes lie; 0 where they lie straight. */
export function seriesNumber(seriesId: number, part: number, stack: number, turn = 0): number {
  return -((seriesId * MOST_PARTS + part) * 3 + stack + 1) - turn * TURNS;
}

const ORIENTATION = ({ right, down }: Stack): Orientation => [...right, ...down];

/** The series of one stack, as if it had been taken so: its pictures have places, spacing, values and windows. */
export function seriesOf(
  manifest: SeriesManifest,
  volume: Volume,
  plan: Plan,
  at: number,
  title: string,
  { stack, turn }: { stack: Stack | undefined; turn: number } = { stack: plan.stacks[at], turn: 0 },
): SeriesManifest {
  const pictures = volume.slices.flatMap((index) => manifest.frames[index] ?? []);
  const middle = pictures[Math.floor(pictures.length / 2)];
  const id = seriesNumber(manifest.id, volume.part, at, turn);
  const { modality, unit, reference } = manifest;
  if (stack === undefined || middle === undefined) {
    return { id, modality, unit, reference, title, frames: [] };
  }
  const { format, nothing } = plan.outcome;
  const measured = holdsModality(plan, pictures);
  const values = pictures.flatMap(({ min, max, slope, intercept }) =>
    measured ? [min * slope + intercept, max * slope + intercept] : [min, max],
  );
  const frame: Frame = {
    ...middle,
    i: id,
    rows: stack.rows,
    columns: stack.columns,
    format,
    wire: "raw",
    bytes: stack.rows * stack.columns * BYTES_OF[format],
    slope: measured ? 1 : middle.slope,
    intercept: measured ? 0 : middle.intercept,
    min: Math.min(...values),
    max: Math.max(...values),
    padding: [nothing, nothing],
    orientation: ORIENTATION(stack),
    spacing: [stack.pixel, stack.pixel],
    calibration: "given",
    regions: [],
    toward: null,
    duration: null,
    shutter: null,
    overlays: [],
    thickness: stack.gap,
    location: null,
    number: null,
    aspect: 1,
    damage: "",
  };
  const frames = Array.from({ length: stack.slices }, (_, n) => ({
    ...frame,
    n,
    number: n + 1,
    position: originOf(stack, n),
  }));
  return { id, modality, unit, reference, title, frames };
}

/** Bytes of the largest slice that is cut. */
export function bytesOfCut({ stacks, outcome }: Plan): number {
  return Math.max(...stacks.map(({ rows, columns }) => emptyOf(outcome, 1).BYTES_PER_ELEMENT * rows * columns));
}

export function bytesOfVolume({ grid, format }: Plan): number {
  return grid.size[0] * grid.size[1] * grid.size[2] * BYTES_OF[format];
}

/** Names one picture: what it is cut from, where, and how. */
export function keyOf(series: number, index: number, { kind, thickness }: Slab): string {
  return kind === "plane" ? `cut ${series} ${index}` : `cut ${series} ${index} ${kind} ${thickness}`;
}
