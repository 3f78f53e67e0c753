/** What there is to draw, and how. */

import type { PixelArray } from "../decode/pixels";
import type { Placement } from "../geometry/view";
import type { Frame } from "../source/model";
import type { Palette } from "../source/presentation";
import type { ValueRange } from "./window";

/** A frame, either in full (stored values) or as a picture already rendered: by the server, or roughly by the page. */
export type Picture =
  | { key: string; frame: Frame; pixels: PixelArray; bitmap: null }
  | { key: string; frame: Frame; pixels: null; bitmap: ImageBitmap | HTMLCanvasElement };

export interface Showing {
  placement: Placement;
  range: ValueRange;
  /** The viewer's choice, on top of what the frame itself asks for. */
  invert: boolean;
  /** What greys are coloured with, if they are. */
  palette?: Palette | null;
}

export interface Renderer {
  readonly name: "webgl2" | "2d";
  /** Size of the drawing surface in device pixels, and device pixels per CSS pixel. */
  resize(width: number, height: number, ratio: number): void;
  /** Draws the picture, or black where there is none. False when it could not. */
  draw(picture: Picture | null, showing: Showing): boolean;
  dispose(): void;
}

/** Whether black and white change places in the end. */
export function isInverted(frame: Frame, showing: Showing): boolean {
  return (frame.invert && frame.samples === 1) !== showing.invert;
}
