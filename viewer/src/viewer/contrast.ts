/** How grey is chosen, and what that makes of a picture's values. */

import { presentedRange } from "../render/presented";
import { defaultRange, fullRange, type ValueRange } from "../render/window";
import type { Frame } from "../source/model";
import { type Palette, type Part, type PresentationState, partOf } from "../source/presentation";

/** Frame by frame as it was taken, or one range for the whole series. */
export type Contrast =
  | { kind: "as-taken" }
  | { kind: "everything" }
  | { kind: "presented"; state: PresentationState }
  | { kind: "chosen"; id: string; range: ValueRange };

/** The values from black to white. */
export function rangeOf(contrast: Contrast, frame: Frame | null): ValueRange {
  if (contrast.kind === "chosen") {
    return contrast.range;
  }
  if (frame === null) {
    return { low: 0, high: 255 };
  }
  if (contrast.kind === "presented") {
    return presentedRange(contrast.state, frame) ?? defaultRange(frame);
  }
  return contrast.kind === "everything" && frame.samples === 1 ? fullRange(frame) : defaultRange(frame);
}

/** What the chosen presentation state says of this picture; null where none is chosen, or it says nothing. */
export function presentedPart(contrast: Contrast, frame: Frame | null): Part | null {
  return contrast.kind === "presented" && frame !== null ? partOf(contrast.state, frame) : null;
}

/** What the chosen presentation state colours this picture's greys with. */
export function paletteOf(contrast: Contrast, frame: Frame): Palette | null {
  const about = contrast.kind === "presented" && frame.samples === 1 && partOf(contrast.state, frame) !== null;
  return about ? contrast.state.palette : null;
}

/** Whether a presentation state has black where the picture itself has white. */
export function isTurnedOver(contrast: Contrast, frame: Frame): boolean {
  if (contrast.kind !== "presented" || frame.samples !== 1 || partOf(contrast.state, frame) === null) {
    return false;
  }
  return contrast.state.inverse !== frame.invert;
}
