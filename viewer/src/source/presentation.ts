/** Presentation states: how somebody left pictures of the same study, as the server tells of it. */

import { readShutter, readTable } from "./additions";
import { list, number, object, text, vector } from "./json";
import type { Curve, Frame, Shutter } from "./model";

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
    parts: list(json.parts).map(readPart),
  };
}

/** What a state says of a frame; null where it is not about it. */
export function partOf(state: PresentationState, frame: Frame): Part | null {
  const about = ({ images }: Part) => {
    const frames = images.get(frame.i);
    return frames !== undefined && (frames === null || frames.has(frame.n));
  };
  return state.parts.find(about) ?? null;
}
