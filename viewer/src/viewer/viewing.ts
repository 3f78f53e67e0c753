/** What one cell shows and what people do to it. Knows no elements; tells its listeners when to look again. */

import { modalityValue, type PixelArray } from "../decode/pixels";
import {
  CHANGES,
  fitScale,
  liesOnItsSide,
  type Placement,
  panBy,
  pixelAt,
  place,
  type ScreenSize,
  type Turn,
  turned,
  type View,
  WHOLE,
  zoomAbout,
} from "../geometry/view";
import type { Shelf, Watched } from "../loading/shelf";
import type { Kind } from "../measure/model";
import type { Graphics } from "../render/graphics";
import type { Picture, Showing } from "../render/picture";
import { presentedRange, presentedView } from "../render/presented";
import { adjust, defaultRange, fullRange, presets, type ValueRange } from "../render/window";
import { SourceClosed, SourceUnreachable } from "../source/frame-source";
import type { Frame, SeriesEntry, SeriesManifest, StudyEntry, StudyManifest } from "../source/model";
import { type PresentationState, partOf } from "../source/presentation";
import { Cine } from "./cine";
import type { Hand } from "./hand";
import type { UndoStack } from "./undo";

/** What dragging does; with a kind of measurement, it draws one. */
export type Tool = "scroll" | "contrast" | "zoom" | "move" | "find" | Kind;

/** How grey is chosen: frame by frame as it was taken, or one range for the whole series. */
export type Contrast =
  | { kind: "as-taken" }
  | { kind: "everything" }
  | { kind: "presented"; state: PresentationState }
  | { kind: "chosen"; id: string; range: ValueRange };

export type Fidelity = "none" | "preview" | "full";

export interface Probe {
  column: number;
  row: number;
  /** Modality values, one or three. */
  values: readonly number[];
}

/** How a series is shown: what undoing brings back. */
interface Appearance {
  contrast: Contrast;
  invert: boolean;
  view: View;
}

export interface Remembered extends Appearance {
  index: number;
}

/** How a series is begun with, where that is not as it was left. */
export interface Beginning {
  index?: number;
  /** The side of the cell that the wall of the chest is pushed to (mammograms). */
  wall?: "left" | "right";
  /** One of render/window's presets. */
  preset?: string;
}

/** What the cells of a workspace have in common. */
export interface ViewingEnvironment {
  library: Shelf;
  undo: UndoStack;
  /** The tool of all cells. */
  chosen: { tool: Tool };
  /** How each series was left, by its number. */
  kept: Map<number, Remembered>;
  /** Somebody went to another picture in a cell. */
  moved(viewing: Viewing): void;
  /** The link no longer opens. */
  closed(): void;
}

/** Whether two entries of the list are one: reports of one series have its number in common. */
export function isSame(one: SeriesEntry | null, other: SeriesEntry | null): boolean {
  return one?.id === other?.id && one?.instance === other?.instance && one?.kind === other?.kind;
}

/** Presentation states come after the first pictures. */
const STATES_WAIT = 1000;

let nextNumber = 1;

export class Viewing {
  entry: SeriesEntry | null = null;
  manifest: SeriesManifest | null = null;
  index = 0;
  contrast: Contrast = { kind: "as-taken" };
  invert = false;
  view: View = WHOLE;
  screen: ScreenSize = { width: 1, height: 1 };
  /** The series could not be had: "unreachable" is worth another try. */
  failure: "unreachable" | "unavailable" | null = null;
  stalled = false;
  previewsOnly = false;
  probe: Probe | null = null;
  /** Whether what lies over the picture is shown. */
  drawings = true;
  /** What draws measurements on this cell, once that part is here. */
  hand: Hand | null = null;
  readonly cine: Cine = new Cine(this);
  private watching: Watched | null = null;
  private wall: "left" | "right" | null = null;
  private pointer: { x: number; y: number } | null = null;
  private readonly listeners = new Set<() => void>();
  private asking = new AbortController();
  private known: readonly PresentationState[] = [];
  private preferred = false;
  /** Tells the cells apart. */
  readonly number = nextNumber++;

  constructor(
    readonly study: StudyManifest,
    private readonly environment: ViewingEnvironment,
  ) {}

  /** Where what is done here, and to what is drawn on it, is noted for undoing. */
  get undo(): UndoStack {
    return this.environment.undo;
  }

  /** What a drag does here. One picture has nothing to scroll through. */
  get tool(): Tool {
    const { tool } = this.environment.chosen;
    return tool === "scroll" && this.manifest !== null && this.count < 2 ? "move" : tool;
  }

  get entries(): SeriesEntry[] {
    return this.study.studies.flatMap((study) => study.series);
  }

  get studyEntry(): StudyEntry | null {
    return this.study.studies.find((study) => study.series.some((entry) => entry.id === this.entry?.id)) ?? null;
  }

  get frame(): Frame | null {
    return this.manifest?.frames[this.index] ?? null;
  }

  get count(): number {
    return this.manifest?.frames.length ?? 0;
  }

  get picture(): Picture | null {
    return this.watching?.series.picture(this.index) ?? null;
  }

  get fidelity(): Fidelity {
    const picture = this.picture;
    return picture === null ? "none" : picture.pixels !== null ? "full" : "preview";
  }

  /** Nothing better will come for this slice. */
  get hopeless(): boolean {
    return this.watching?.isHopeless(this.index) ?? false;
  }

  get progress(): { ready: number; total: number } | null {
    const { watching } = this;
    return watching === null ? null : { ready: Math.min(watching.series.ready, watching.reach), total: watching.reach };
  }

  get range(): ValueRange {
    const { frame, contrast } = this;
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

  get placement(): Placement | null {
    if (this.frame === null) {
      return null;
    }
    const placement = place(this.frame, this.screen, this.view);
    return { ...placement, x: placement.x + this.shift };
  }

  /** How far the picture is pushed to the wall, in screen pixels. */
  private get shift(): number {
    if (this.frame === null || this.wall === null) {
      return 0;
    }
    const { turn } = this.view;
    const scale = fitScale(this.frame, this.screen, turn);
    const width = liesOnItsSide(turn) ? this.frame.rows * this.frame.aspect : this.frame.columns;
    const free = Math.max(0, this.screen.width - width * scale) / 2;
    return this.wall === "left" ? -free : free;
  }

  get showing(): Showing | null {
    const placement = this.placement;
    return placement === null ? null : { placement, range: this.range, invert: this.invert !== this.turnedOver };
  }

  /** Whether a presentation state has black where the picture itself has white. */
  private get turnedOver(): boolean {
    const { contrast, frame } = this;
    if (contrast.kind !== "presented" || frame?.samples !== 1 || partOf(contrast.state, frame) === null) {
      return false;
    }
    return contrast.state.inverse !== frame.invert;
  }

  /** What is drawn over the picture and around it; null where there is nothing. */
  get graphics(): Graphics | null {
    const { frame, contrast } = this;
    if (frame === null) {
      return null;
    }
    const part = contrast.kind === "presented" ? partOf(contrast.state, frame) : null;
    const shutter = (part === null || contrast.kind !== "presented" ? null : contrast.state.shutter) ?? frame.shutter;
    const shown = this.drawings ? { overlays: frame.overlays, part } : { overlays: [], part: null };
    return shutter === null && shown.overlays.length === 0 && shown.part === null ? null : { frame, shutter, ...shown };
  }

  /** There is something over this picture that can be hidden. */
  get hasDrawings(): boolean {
    const { frame, contrast } = this;
    const part = contrast.kind === "presented" && frame !== null ? partOf(contrast.state, frame) : null;
    return (frame?.overlays.length ?? 0) > 0 || (part?.shapes.length ?? 0) > 0;
  }

  toggleDrawings(): void {
    this.drawings = !this.drawings;
    this.changed();
  }

  /** The presentation states that are about the picture on the screen. */
  get states(): readonly PresentationState[] {
    const { frame } = this;
    return frame === null ? [] : this.known.filter((state) => partOf(state, frame) !== null);
  }

  /** Shows the series as somebody left it. */
  present(state: PresentationState): void {
    const { frame } = this;
    if (frame !== null) {
      this.edit("contrast", () => {
        this.contrast = { kind: "presented", state };
        this.invert = false;
        this.view = presentedView(state, frame, this.screen);
      });
    }
  }

  /** Asks for the presentation states of the study, once its pictures are on their way. */
  private async findStates(signal: AbortSignal): Promise<void> {
    const series = this.studyEntry?.series.filter(({ modality, kind }) => modality === "PR" && kind !== "images") ?? [];
    this.known = [];
    if (series.length === 0) {
      return;
    }
    await new Promise((done) => setTimeout(done, STATES_WAIT));
    for (const { id } of series) {
      try {
        signal.throwIfAborted();
        this.known = [...this.known, ...((await this.environment.library.manifest(id, signal)).states ?? [])];
        this.changed();
      } catch {
        // Without them the pictures are shown as they were taken.
      }
    }
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Opens a series, or empties the cell (null); what nobody waits for any more is called off. */
  async choose(entry: SeriesEntry | null, beginning: Beginning = {}): Promise<void> {
    const before = this.entry;
    const same = isSame(entry, before);
    if (same && this.failure === null) {
      if (this.manifest !== null) {
        this.begin(this.manifest, beginning);
      }
      return;
    }
    this.cine.pause();
    this.remember();
    this.asking.abort();
    this.asking = new AbortController();
    this.watching?.stop();
    this.wall = beginning.wall ?? null;
    Object.assign(this, { entry, watching: null, manifest: null, failure: null, stalled: false, probe: null });
    if (!same) {
      const again = (one: SeriesEntry | null) => () => void this.choose(one);
      this.environment.undo.push({ undo: again(before), redo: again(entry) });
    }
    if (entry === null || entry.kind !== "images") {
      this.changed();
      return;
    }
    const { library } = this.environment;
    const { signal } = this.asking;
    try {
      let manifest = library.known(entry.id);
      if (manifest === null) {
        this.changed();
        manifest = await library.manifest(entry.id, signal);
      }
      signal.throwIfAborted();
      this.show(entry, manifest, beginning);
      void this.findStates(signal);
    } catch (error) {
      if (!signal.aborted) {
        if (error instanceof SourceClosed) {
          this.environment.closed();
        }
        this.failure = error instanceof SourceUnreachable ? "unreachable" : "unavailable";
        this.changed();
      }
    }
  }

  private show(entry: SeriesEntry, manifest: SeriesManifest, beginning: Beginning): void {
    const { library, kept: left } = this.environment;
    const watching = library.watch(manifest, {
      arrived: () => this.changed(),
      stalled: (stalled) => {
        this.stalled = stalled;
        this.changed();
      },
      previewsOnly: () => {
        this.previewsOnly = true;
        this.changed();
      },
    });
    const { first } = this.study;
    const isFirst = first !== null && first.series === entry.id;
    const middle = isFirst ? first.index : Math.floor(manifest.frames.length / 2);
    const kept = left.get(entry.id);
    this.watching = watching;
    this.manifest = manifest;
    this.index = kept?.index ?? Math.max(0, Math.min(manifest.frames.length - 1, middle));
    this.contrast = kept?.contrast ?? { kind: "as-taken" };
    this.invert = kept?.invert ?? false;
    this.view = kept?.view ?? WHOLE;
    this.begin(manifest, beginning);
    if (this.preferred) {
      watching.prefer();
    }
    if (isFirst && first.preview !== null) {
      // The picture that came along is drawn before anything else is asked for.
      void watching.series.keepPreview(first.index, first.preview).then(() => {
        library.warm();
        this.lookAgain(watching);
      });
    } else {
      library.warm();
      this.lookAgain(watching);
    }
    this.changed();
  }

  private begin(manifest: SeriesManifest, { index, wall, preset }: Beginning): void {
    const frame = manifest.frames[index ?? this.index];
    const range = presets(manifest.modality, manifest.unit).find(({ id }) => id === preset)?.range;
    if (index !== undefined && frame !== undefined) {
      this.index = index;
      this.watching?.lookAt(index, 1);
    }
    if (range !== undefined && preset !== undefined) {
      this.contrast = { kind: "chosen", id: preset, range };
    }
    if (wall !== undefined) {
      this.wall = wall;
      // Rows run from the wall of the chest to the nipple or back (Patient Orientation, PS3.3 C.7.6.1.1.1).
      const runs = frame?.toward?.[0].charAt(0) ?? "";
      const mirrored = runs === (wall === "right" ? "A" : "P");
      this.view = mirrored ? turned(WHOLE, CHANGES.mirror) : WHOLE;
    }
    this.changed();
  }

  private lookAgain(watching: Watched): void {
    if (this.watching === watching) {
      watching.lookAt(this.index, 1);
    }
  }

  /** This cell's pictures go before those of the others. */
  prefer(preferred: boolean): void {
    this.preferred = preferred;
    if (preferred) {
      this.watching?.prefer();
    }
  }

  private remember(): void {
    if (this.entry !== null && this.manifest !== null) {
      const { index, contrast, invert, view } = this;
      this.environment.kept.set(this.entry.id, { index, contrast, invert, view });
    }
  }

  goTo(index: number): void {
    this.cine.pause();
    if (this.move(index)) {
      this.environment.moved(this);
    }
  }

  /** Goes where another cell leads, without leading others itself. */
  follow(index: number): void {
    this.move(index);
  }

  private move(index: number): boolean {
    const next = Math.max(0, Math.min(this.count - 1, Math.round(index)));
    if (next === this.index || this.count === 0) {
      return false;
    }
    const direction = next > this.index ? 1 : -1;
    this.index = next;
    this.watching?.lookAt(next, direction);
    this.changed();
    return true;
  }

  get frames(): readonly Frame[] {
    return this.manifest?.frames ?? [];
  }

  get seriesId(): number | null {
    return this.manifest?.id ?? null;
  }

  get reference(): string {
    return this.manifest?.reference ?? "";
  }

  /** The pictures that are played from here: those of one recording, or all of a stack. */
  get loop(): { from: number; to: number } {
    const { frames, index } = this;
    const instance = frames[index]?.i;
    let [from, to] = [index, index];
    while (from > 0 && frames[from - 1]?.i === instance) {
      from -= 1;
    }
    while (to < frames.length - 1 && frames[to + 1]?.i === instance) {
      to += 1;
    }
    return to > from ? { from, to } : { from: 0, to: Math.max(0, frames.length - 1) };
  }

  duration(index: number): number | null {
    return this.frames[index]?.duration ?? null;
  }

  ready(index: number): boolean {
    return (this.watching?.series.picture(index) ?? null) !== null || (this.watching?.isHopeless(index) ?? true);
  }

  playTo(index: number, direction: 1 | -1, bounce: boolean): void {
    this.index = index;
    this.watching?.playAt(index, direction, bounce, this.loop);
    this.environment.moved(this);
    this.changed();
  }

  playingChanged(): void {
    if (!this.cine.playing) {
      this.watching?.lookAt(this.index, 1);
    }
    this.changed();
  }

  step(by: number): void {
    this.goTo(this.index + by);
  }

  /** The series before or after this one in the list. */
  neighbour(by: 1 | -1): void {
    const { entries } = this;
    const next = entries[entries.findIndex((entry) => isSame(entry, this.entry)) + by];
    if (next !== undefined) {
      void this.choose(next);
    }
  }

  retry(): void {
    if (this.failure !== null && this.entry !== null) {
      void this.choose(this.entry);
    } else {
      this.watching?.retry();
    }
  }

  useTool(tool: Tool): void {
    this.environment.chosen.tool = tool;
    this.changed();
  }

  setContrast(contrast: Contrast): void {
    this.edit("contrast", () => {
      this.contrast = contrast;
    });
  }

  adjustContrast(dx: number, dy: number): void {
    this.setContrast({ kind: "chosen", id: "own", range: adjust(this.range, dx, dy) });
  }

  toggleInvert(): void {
    this.edit("invert", () => {
      this.invert = !this.invert;
    });
  }

  fit(): void {
    this.setView({ ...WHOLE, turn: this.view.turn });
  }

  /** Turns or mirrors the picture as it is seen. */
  turn(change: Turn): void {
    this.setView(turned(this.view, change));
  }

  /** Back to how the pictures came: upright, whole, their own contrast. */
  reset(): void {
    this.edit("reset", () => {
      this.view = WHOLE;
      this.invert = false;
      this.contrast = { kind: "as-taken" };
    });
  }

  zoom(factor: number, x = this.screen.width / 2, y = this.screen.height / 2): void {
    this.setView(zoomAbout(this.view, factor, x - this.shift, y, this.screen));
  }

  pan(dx: number, dy: number): void {
    this.setView(panBy(this.view, dx, dy, this.screen));
  }

  setView(view: View): void {
    this.edit("view", () => {
      this.view = view;
    });
  }

  /** Changes how the series is shown, and notes it for undoing; a drag is one step. */
  private edit(name: string, change: () => void): void {
    const of = (): Appearance => ({ contrast: this.contrast, invert: this.invert, view: this.view });
    const { entry, manifest } = this;
    const before = of();
    change();
    const after = of();
    if (entry !== null && manifest !== null) {
      this.environment.undo.push({
        name: `${name} ${this.number}`,
        undo: () => this.bringBack(entry, before),
        redo: () => this.bringBack(entry, after),
      });
    }
    this.changed();
  }

  private bringBack(entry: SeriesEntry, appearance: Appearance): void {
    if (this.entry?.id === entry.id && this.manifest !== null) {
      Object.assign(this, appearance);
      this.changed();
      return;
    }
    const kept = this.environment.kept.get(entry.id);
    if (kept !== undefined) {
      this.environment.kept.set(entry.id, { ...kept, ...appearance });
    }
  }

  resize(screen: ScreenSize): void {
    this.screen = screen;
    this.changed();
  }

  /** The pointer rests on a point of the screen, or nowhere. */
  pointAt(point: { x: number; y: number } | null): void {
    if (point !== this.pointer) {
      this.pointer = point;
      this.changed();
    }
  }

  stop(): void {
    this.cine.pause();
    this.remember();
    this.asking.abort();
    this.watching?.stop();
    this.watching = null;
    this.listeners.clear();
  }

  private changed(): void {
    this.probe = this.measure();
    for (const listener of this.listeners) {
      listener();
    }
  }

  /** Only full pictures are measured: a preview's greys are no values. */
  private measure(): Probe | null {
    const { pointer, placement, frame } = this;
    const pixels = pointer === null ? null : (this.picture?.pixels ?? null);
    if (pointer === null || placement === null || frame === null || pixels === null) {
      return null;
    }
    const at = pixelAt(pointer.x, pointer.y, placement, frame);
    return at === null ? null : { ...at, values: valuesAt(pixels, frame, at.column, at.row) };
  }
}

/** Modality values of one pixel, as many as it has samples. */
export function valuesAt(pixels: PixelArray, frame: Frame, column: number, row: number): number[] {
  const first = (row * frame.columns + column) * frame.samples;
  return Array.from({ length: frame.samples }, (_, sample) => {
    const stored = pixels[first + sample] ?? 0;
    return frame.samples === 1 ? modalityValue(stored, frame) : stored;
  });
}
