/** How the pictures of a cell look: their greys, which way up and how large they lie, and what lies over them. */

import { planeOf, seenAt } from "../geometry/planes";
import {
  fitScale,
  type Placement,
  panBy,
  place,
  type ScreenSize,
  type Turn,
  toScreen,
  turned,
  type View,
  WHOLE,
  zoomAbout,
} from "../geometry/view";
import type { Graphics } from "../render/graphics";
import type { Showing } from "../render/picture";
import { presentedView } from "../render/presented";
import { adjust, type ValueRange } from "../render/window";
import type { Frame, Vector3 } from "../source/model";
import type { Part, PresentationState } from "../source/presentation";
import { type Contrast, isTurnedOver, paletteOf, presentedPart, rangeOf } from "./contrast";
import { facing, pushTo, type Wall } from "./wall";

/** What is kept of a series' look, and brought back by undoing. */
export interface Appearance {
  contrast: Contrast;
  invert: boolean;
  view: View;
}

/** Upright, whole, their own contrast. */
const asTheyCame = (): Appearance => ({ contrast: { kind: "as-taken" }, invert: false, view: WHOLE });

const NOTHING_OVER = { overlays: [], parts: [] };

/** What looks so. */
export interface Looked {
  readonly frame: Frame | null;
  /** What reports draw on the picture. */
  readonly marks: readonly Part[];
  /** Somebody changed how it looks; a drag changes it many times under one name. */
  lookChanged(name: string, before: Appearance, after: Appearance): void;
}

export class Look {
  contrast: Contrast = { kind: "as-taken" };
  invert = false;
  view: View = WHOLE;
  screen: ScreenSize = { width: 1, height: 1 };
  /** Whether what lies over the picture is shown. */
  drawings = true;
  wall: Wall | null = null;

  constructor(private readonly of: Looked) {}

  get appearance(): Appearance {
    const { contrast, invert, view } = this;
    return { contrast, invert, view };
  }

  /** Takes on a look that was kept, or that of pictures as they came. */
  take({ contrast, invert, view }: Appearance = asTheyCame()): void {
    Object.assign(this, { contrast, invert, view });
  }

  /** Pushes mammograms to the wall of the chest, whole and facing it. */
  standAt(wall: Wall, frame: Frame | undefined): void {
    this.wall = wall;
    this.view = facing(wall, frame);
  }

  get range(): ValueRange {
    return rangeOf(this.contrast, this.of.frame);
  }

  get placement(): Placement | null {
    const { frame } = this.of;
    if (frame === null) {
      return null;
    }
    const placement = place(frame, this.screen, this.view);
    return { ...placement, x: placement.x + this.shift };
  }

  /** How far the picture is pushed to the wall, in screen pixels. */
  private get shift(): number {
    const { wall, screen, view } = this;
    const { frame } = this.of;
    return frame === null || wall === null ? 0 : pushTo(wall, frame, screen, view.turn);
  }

  get showing(): Showing | null {
    const { contrast, placement, range } = this;
    const { frame } = this.of;
    return placement === null || frame === null
      ? null
      : {
          placement,
          range,
          invert: this.invert !== isTurnedOver(contrast, frame),
          palette: paletteOf(contrast, frame),
        };
  }

  /** What is drawn over the picture and around it; null where there is nothing. */
  get graphics(): Graphics | null {
    const { contrast } = this;
    const { frame } = this.of;
    if (frame === null) {
      return null;
    }
    const state = contrast.kind === "presented" && presentedPart(contrast, frame) !== null ? contrast.state : null;
    const shutter = state?.shutter ?? frame.shutter;
    const { overlays, parts } = this.drawings ? this.laidOver : NOTHING_OVER;
    return shutter === null && overlays.length === 0 && parts.length === 0 ? null : { frame, shutter, overlays, parts };
  }

  /** What may be drawn over the picture: the chosen state's lines and words, else what reports mark on it. */
  private get laidOver(): Pick<Graphics, "overlays" | "parts"> {
    const { contrast } = this;
    const { frame } = this.of;
    if (frame === null) {
      return NOTHING_OVER;
    }
    const part = presentedPart(contrast, frame);
    if (part === null || contrast.kind !== "presented") {
      return { overlays: frame.overlays, parts: this.of.marks };
    }
    const own = contrast.state.overlays.filter((one) => one.frame === null || one.frame === frame.n);
    return { overlays: [...frame.overlays, ...own.map(({ overlay }) => overlay)], parts: [part] };
  }

  /** There is something over this picture that can be hidden. */
  get hasDrawings(): boolean {
    const { overlays, parts } = this.laidOver;
    return overlays.length > 0 || parts.some(({ shapes }) => shapes.length > 0);
  }

  /** Shows the series as somebody left it. */
  present(state: PresentationState): void {
    const { frame } = this.of;
    if (frame !== null) {
      const view = presentedView(state, frame, this.screen);
      this.edit("contrast", { contrast: { kind: "presented", state }, invert: false, view });
    }
  }

  setContrast(contrast: Contrast): void {
    this.edit("contrast", { contrast });
  }

  adjustContrast(dx: number, dy: number): void {
    this.setContrast({ kind: "chosen", id: "own", range: adjust(this.range, dx, dy) });
  }

  toggleInvert(): void {
    this.edit("invert", { invert: !this.invert });
  }

  fit(): void {
    this.setView({ ...WHOLE, turn: this.view.turn });
  }

  /** Turns or mirrors the picture as it is seen. */
  turn(change: Turn): void {
    this.setView(turned(this.view, change));
  }

  /** Back to how the pictures came. */
  reset(): void {
    this.edit("reset", asTheyCame());
  }

  zoom(factor: number, x = this.screen.width / 2, y = this.screen.height / 2): void {
    this.setView(zoomAbout(this.view, factor, x - this.shift, y, this.screen));
  }

  pan(dx: number, dy: number): void {
    this.setView(panBy(this.view, dx, dy, this.screen));
  }

  setView(view: View): void {
    this.edit("view", { view });
  }

  /** Keeps a point of the patient where it is on the screen, at the same size, when another picture takes the place. */
  hold(before: Frame, after: Frame, point: Vector3): void {
    const [from, to] = [planeOf(before), planeOf(after)];
    if (from === null || to === null) {
      return;
    }
    const { screen, view } = this;
    // Millimetres keep their size, not pixels.
    const size = fitScale(before, screen, view.turn) / Math.hypot(...from.right);
    const zoom = (view.zoom * size * Math.hypot(...to.right)) / fitScale(after, screen, view.turn);
    const at = toScreen(seenAt(from, point), place(before, screen, view));
    const there = toScreen(seenAt(to, point), place(after, screen, { ...view, zoom }));
    this.view = { ...view, zoom, panX: view.panX + at.x - there.x, panY: view.panY + at.y - there.y };
  }

  private edit(name: string, change: Partial<Appearance>): void {
    const before = this.appearance;
    const after = { ...before, ...change };
    this.take(after);
    this.of.lookChanged(name, before, after);
  }
}
