/** Mammograms lie with the wall of the chest at one side of their cell, back to back. */

import {
  CHANGES,
  fitScale,
  liesOnItsSide,
  type ScreenSize,
  type Turn,
  turned,
  type View,
  WHOLE,
} from "../geometry/view";
import type { Frame } from "../source/model";

/** The side of the cell that the wall of the chest is pushed to. */
export type Wall = "left" | "right";

/** How far a picture is pushed to the wall, in screen pixels. */
export function pushTo(wall: Wall, frame: Frame, screen: ScreenSize, turn: Turn): number {
  const scale = fitScale(frame, screen, turn);
  const width = liesOnItsSide(turn) ? frame.rows * frame.aspect : frame.columns;
  const free = Math.max(0, screen.width - width * scale) / 2;
  return wall === "left" ? -free : free;
}

/** Mirrored where the picture's own wall of the chest lies at the other side. */
export function facing(wall: Wall, frame: Frame | undefined): View {
  // Rows run from the wall of the chest to the nipple or back (Patient Orientation, PS3.3 C.7.6.1.1.1).
  const runs = frame?.toward?.[0].charAt(0) ?? "";
  const mirrored = runs === (wall === "right" ? "A" : "P");
  return mirrored ? turned(WHOLE, CHANGES.mirror) : WHOLE;
}
