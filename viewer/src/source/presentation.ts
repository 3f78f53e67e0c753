/** Presentation states: how somebody left pictures of the same study, as the server tells of it. */

import { readOverlay, readShutter, readTable } from "./additions";
import { bytesOfBase64, list, number, object, text, vector } from "./json";
import type { Curve, Frame, LookupTable, Overlay, Shutter } from "./model";

/** In the picture: columns and rows. In the area: from 0, 0 to 1, 1 of what is displayed. */
export type Space = "picture" | "area";

export interface Shape {
  kind: "point" | "line" | "curve" | "circle" | "ellipse";
  space: Space;
  /** Column, row, column, row and so on. A circle: its middle and a point on it; an ellipse: the ends of both axes. */
  points: readonly number[];
  filled: boolean;
}

export interface Words {
  kind: "text";
  text: string;
  box: readonly [number, number, number, number] | null;
  boxSpace: Space;
  anchor: readonly [number, number] | null;
  anchorSpace: Space;
}

/** What shades are coloured with: red, green and blue, a byte each, from black to white. */
export interface Palette {
  colours: Uint8Array;
}

/** What a state says of some of its pictures. */
export interface Part {
  /** The frames of each instance by its number on the server; null for all of them. */
  images: ReadonlyMap<number, ReadonlySet<number> | null>;
  /** In the modality values of the state's own rescale. */
  window: { low: number; high: number; curve: Curve } | null;
  /** What of the picture is displayed: left, top, right, bottom, in columns and rows. */
  area: readonly [number, number, number, number] | null;
  shapes: readonly (Shape | Words)[];
}

export interface PresentationState {
  title: string;
  description: string;
  /** The lowest value is white, whatever the picture says (PS3.3 C.11.6). */
  inverse: boolean;
  /** Slope and intercept from stored values; null where the picture's own hold. */
  rescale: readonly [number, number] | null;
  /** Degrees clockwise, and whether it is mirrored after that (PS3.3 C.10.6). */
  rotation: number;
  flip: boolean;
  shutter: Shutter | null;
  /** Its own, and of which frame each is; null: of all. */
  overlays: readonly { overlay: Overlay; frame: number | null }[];
  /** What shades go through once the window has made them (the Presentation LUT, PS3.3 C.11.6). */
  shades: LookupTable | null;
  palette: Palette | null;
  parts: readonly Part[];
}

const space = (value: unknown): Space => (value === "area" ? "area" : "picture");

function readWindow(value: unknown): Part["window"] {
  const json = object(value);
  const { low, high } = { low: number(json.low, Number.NaN), high: number(json.high, Number.NaN) };
  if (!(high > low)) {
    return null;
  }
  const table = readTable(json.curve);
  return { low, high, curve: table ?? (json.curve === "sigmoid" ? "sigmoid" : "linear") };
}

function readShape(value: unknown): (Shape | Words)[] {
  const json = object(value);
  const kind = text(json.kind);
  if (kind === "text") {
    return [
      {
        kind,
        text: text(json.text),
        box: vector<readonly [number, number, number, number]>(json.box, 4),
        boxSpace: space(json.box_space),
        anchor: vector<readonly [number, number]>(json.anchor, 2),
        anchorSpace: space(json.anchor_space),
      },
    ];
  }
  const points = list(json.points).filter((each): each is number => typeof each === "number" && Number.isFinite(each));
  const isKnown = kind === "point" || kind === "line" || kind === "curve" || kind === "circle" || kind === "ellipse";
  return isKnown ? [{ kind, space: space(json.space), points, filled: json.filled === true }] : [];
}

function readPart(value: unknown): Part {
  const json = object(value);
  const images = Object.entries(object(json.images)).map(
    ([instance, frames]) =>
      [
        Number(instance),
        Array.isArray(frames) ? new Set(frames.filter((frame) => typeof frame === "number")) : null,
      ] as const,
  );
  return {
    images: new Map(images),
    window: readWindow(json.window),
    area: vector<readonly [number, number, number, number]>(json.area, 4),
    shapes: list(json.shapes).flatMap(readShape),
  };
}

function readPalette(value: unknown): Palette | null {
  const colours = bytesOfBase64(text(value));
  return colours.length >= 6 && colours.length % 3 === 0 ? { colours } : null;
}

export function readState(value: unknown): PresentationState {
  const json = object(value);
  const rotation = number(json.rotation, 0);
  return {
    title: text(json.title),
    description: text(json.description),
    inverse: json.inverse === true,
    rescale: vector<readonly [number, number]>(json.rescale, 2),
    rotation: [90, 180, 270].includes(rotation) ? rotation : 0,
    flip: json.flip === true,
    shutter: readShutter(json.shutter),
    overlays: list(json.overlays).flatMap((each) => {
      const overlay = readOverlay(each);
      const { frame } = object(each);
      return overlay === null ? [] : [{ overlay, frame: typeof frame === "number" ? frame : null }];
    }),
    shades: readTable(json.shades),
    palette: readPalette(json.palette),
    parts: list(json.parts).map(readPart),
  };
}

/** What a state says of a frame; null where it is not about it. */
export function partOf(state: PresentationState, frame: Frame): Part | null {
  return state.parts.find((part) => isAbout(part, frame)) ?? null;
}

/** What reports draw on pictures, as the server tells of it: each with its words at the point furthest to the right. */
export function readMarks(value: unknown): Part[] {
  return list(object(value).marks).flatMap((each) => {
    const { instance, frames, shapes, words } = object(each);
    const drawn = list(shapes)
      .flatMap(readShape)
      .filter((shape): shape is Shape => shape.kind !== "text");
    if (typeof instance !== "number" || drawn.length === 0) {
      return [];
    }
    const said = text(words);
    const about = Array.isArray(frames) ? new Set(frames.filter((frame) => typeof frame === "number")) : null;
    const worded: Words[] =
      said === ""
        ? []
        : [
            {
              kind: "text",
              text: said,
              box: null,
              boxSpace: "picture",
              anchor: rightmost(drawn),
              anchorSpace: "picture",
            },
          ];
    return [{ images: new Map([[instance, about]]), window: null, area: null, shapes: [...drawn, ...worded] }];
  });
}

/** Left, top, right and bottom of what is drawn. */
export function boxOf(shapes: readonly (Shape | Words)[]): readonly [number, number, number, number] {
  const points = shapes.flatMap((shape) => (shape.kind === "text" ? [] : [...shape.points]));
  const columns = points.filter((_, at) => at % 2 === 0);
  const rows = points.filter((_, at) => at % 2 === 1);
  return [Math.min(...columns), Math.min(...rows), Math.max(...columns), Math.max(...rows)];
}

function rightmost(shapes: readonly Shape[]): readonly [number, number] {
  let found: readonly [number, number] = [Number.NEGATIVE_INFINITY, 0];
  for (const { kind, points } of shapes) {
    for (let at = 0; at + 1 < points.length; at += 2) {
      const point = [points[at] ?? 0, points[at + 1] ?? 0] as const;
      // A circle's second point lies on it, anywhere.
      found = point[0] > found[0] && (kind !== "circle" || at > 0) ? point : found;
    }
  }
  return found;
}

export function isAbout({ images }: Part, frame: Frame): boolean {
  const frames = images.get(frame.i);
  return frames !== undefined && (frames === null || frames.has(frame.n));
}
