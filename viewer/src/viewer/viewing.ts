/** What one cell shows and what people do to it. Knows no elements; tells its listeners when to look again. */

import type { Placement, ScreenPoint, ScreenSize } from "../geometry/view";
import type { Shelf } from "../loading/shelf";
import type { Kind } from "../measure/model";
import type { Picture, Showing } from "../render/picture";
import { presets } from "../render/window";
import { SourceClosed, SourceUnreachable } from "../source/frame-source";
import type { Frame, SeriesEntry, SeriesManifest, StudyEntry, StudyManifest, Vector3 } from "../source/model";
import type { Part, PresentationState } from "../source/presentation";
import { Arriving } from "./arriving";
import { Cine, loopAround } from "./cine";
import type { Hand } from "./hand";
import { type Appearance, Look } from "./look";
import { type Probe, probeAt } from "./probe";
import { PresentationStates } from "./states";
import type { UndoStack } from "./undo";
import type { Wall } from "./wall";

/** What dragging does; with a kind of measurement, it draws one. */
export type Tool = "scroll" | "contrast" | "zoom" | "move" | "find" | Kind;

export type Fidelity = "none" | "preview" | "full";

/** How a series was left. */
export interface Remembered extends Appearance {
  index: number;
}

/** How a series is begun with, where that is not as it was left. */
export interface Beginning {
  index?: number;
  /** Where mammograms are pushed to. */
  wall?: Wall;
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

let nextNumber = 1;

export class Viewing {
  entry: SeriesEntry | null = null;
  manifest: SeriesManifest | null = null;
  index = 0;
  /** The series could not be had: "unreachable" is worth another try. */
  failure: "unreachable" | "unavailable" | null = null;
  probe: Probe | null = null;
  /** What draws measurements on this cell, once that part is here. */
  hand: Hand | null = null;
  readonly cine: Cine = new Cine(this);
  readonly look: Look = new Look(this);
  readonly arriving: Arriving;
  private pointer: ScreenPoint | null = null;
  private readonly listeners = new Set<() => void>();
  private asking = new AbortController();
  readonly presented: PresentationStates;
  /** Tells the cells apart. */
  readonly number = nextNumber++;

  constructor(
    readonly study: StudyManifest,
    private readonly environment: ViewingEnvironment,
  ) {
    this.arriving = new Arriving(environment.library, () => this.changed());
    this.presented = new PresentationStates(environment.library, () => this.changed());
  }

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
    return this.arriving.picture(this.index);
  }

  get fidelity(): Fidelity {
    const picture = this.picture;
    return picture === null ? "none" : picture.pixels !== null ? "full" : "preview";
  }

  /** Nothing better will come for this slice. */
  get hopeless(): boolean {
    return this.arriving.isHopeless(this.index, false);
  }

  get progress(): { ready: number; total: number } | null {
    return this.arriving.progress;
  }

  get screen(): ScreenSize {
    return this.look.screen;
  }

  get placement(): Placement | null {
    return this.look.placement;
  }

  get showing(): Showing | null {
    return this.look.showing;
  }

  toggleDrawings(): void {
    this.look.drawings = !this.look.drawings;
    this.changed();
  }

  /** The presentation states that are about the picture on the screen. */
  get states(): readonly PresentationState[] {
    return this.presented.about(this.frame);
  }

  /** What reports draw on the picture. */
  get marks(): readonly Part[] {
    return this.presented.marksFor(this.frame, this.hand);
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
    this.arriving.stop();
    this.look.wall = beginning.wall ?? null;
    Object.assign(this, { entry, manifest: null, failure: null, probe: null });
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
      void this.presented.find(this.studyEntry, signal);
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
    const { first } = this.study;
    const isFirst = first !== null && first.series === entry.id;
    const middle = isFirst ? first.index : Math.floor(manifest.frames.length / 2);
    const kept = this.environment.kept.get(entry.id);
    this.arriving.watch(manifest);
    this.manifest = manifest;
    this.index = kept?.index ?? Math.max(0, Math.min(manifest.frames.length - 1, middle));
    this.look.take(kept);
    this.begin(manifest, beginning);
    this.arriving.begin(() => this.index, isFirst ? first : null);
    this.changed();
  }

  private begin(manifest: SeriesManifest, { index, wall, preset }: Beginning): void {
    const frame = manifest.frames[index ?? this.index];
    const range = presets(manifest.modality, manifest.unit).find(({ id }) => id === preset)?.range;
    if (index !== undefined && frame !== undefined) {
      this.index = index;
      this.arriving.lookAt(index, 1);
    }
    if (range !== undefined && preset !== undefined) {
      this.look.contrast = { kind: "chosen", id: preset, range };
    }
    if (wall !== undefined) {
      this.look.standAt(wall, frame);
    }
    this.changed();
  }

  /** The same is cut anew, in another direction: the look stays, and a point stays where it is on the screen. */
  cutAnew(manifest: SeriesManifest, index: number, point: Vector3): void {
    const before = this.frame;
    const after = manifest.frames[index];
    this.cine.pause();
    this.arriving.stop();
    if (before !== null && after !== undefined) {
      this.look.hold(before, after, point);
    }
    Object.assign(this, { manifest, index });
    this.arriving.watch(manifest);
    this.arriving.begin(() => this.index, null);
    this.changed();
  }

  /** This cell's pictures go before those of the others. */
  prefer(preferred: boolean): void {
    this.arriving.prefer(preferred);
  }

  private remember(): void {
    if (this.entry !== null && this.manifest !== null) {
      this.environment.kept.set(this.entry.id, { index: this.index, ...this.look.appearance });
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
    this.arriving.lookAt(next, direction);
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
    return loopAround(this.frames, this.index);
  }

  duration(index: number): number | null {
    return this.frames[index]?.duration ?? null;
  }

  ready(index: number): boolean {
    return this.arriving.picture(index) !== null || this.arriving.isHopeless(index, true);
  }

  playTo(index: number, direction: 1 | -1, bounce: boolean): void {
    this.index = index;
    this.arriving.playAt(index, direction, bounce, this.loop);
    this.environment.moved(this);
    this.changed();
  }

  playingChanged(): void {
    if (!this.cine.playing) {
      this.arriving.lookAt(this.index, 1);
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
      this.arriving.retry();
    }
  }

  useTool(tool: Tool): void {
    this.environment.chosen.tool = tool;
    this.changed();
  }

  /** Notes for undoing how the series looked; a drag is one step. */
  lookChanged(name: string, before: Appearance, after: Appearance): void {
    const { entry, manifest } = this;
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
      this.look.take(appearance);
      this.changed();
      return;
    }
    const kept = this.environment.kept.get(entry.id);
    if (kept !== undefined) {
      this.environment.kept.set(entry.id, { ...kept, ...appearance });
    }
  }

  resize(screen: ScreenSize): void {
    this.look.screen = screen;
    this.changed();
  }

  /** The pointer rests on a point of the screen, or nowhere. */
  pointAt(point: ScreenPoint | null): void {
    if (point !== this.pointer) {
      this.pointer = point;
      this.changed();
    }
  }

  stop(): void {
    this.cine.pause();
    this.remember();
    this.asking.abort();
    this.arriving.stop();
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
    return pointer === null || placement === null || frame === null || pixels === null
      ? null
      : probeAt(pointer, placement, frame, pixels);
  }
}
