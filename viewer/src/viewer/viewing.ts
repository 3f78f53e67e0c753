/** What is on the screen and what people do to it. Knows no elements; tells its listeners when to look again. */

import { modalityValue, type PixelArray } from "../decode/pixels";
import type { DecodePool } from "../decode/pool";
import {
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
import { type PictureMemory, SeriesLoading } from "../loading/series";
import type { Picture, Showing } from "../render/picture";
import { adjust, defaultRange, fullRange, type ValueRange } from "../render/window";
import { type FrameSource, SourceClosed, SourceUnreachable } from "../source/frame-source";
import type { Frame, SeriesEntry, SeriesManifest, StudyEntry, StudyManifest } from "../source/model";

export type Tool = "scroll" | "contrast" | "zoom" | "move";

/** How grey is chosen: frame by frame as it was taken, or one range for the whole series. */
export type Contrast =
  | { kind: "as-taken" }
  | { kind: "everything" }
  | { kind: "chosen"; id: string; range: ValueRange };

export type Fidelity = "none" | "preview" | "full";

export interface Probe {
  column: number;
  row: number;
  /** Modality values, one or three. */
  values: readonly number[];
}

interface Remembered {
  index: number;
  contrast: Contrast;
  invert: boolean;
  view: View;
}

export interface ViewingEnvironment {
  source: FrameSource;
  pool: DecodePool;
  memory: PictureMemory;
  /** The reader asked for little data. */
  frugal: boolean;
  /** The link no longer opens. */
  closed(): void;
}

export class Viewing {
  entry: SeriesEntry | null = null;
  manifest: SeriesManifest | null = null;
  index = 0;
  tool: Tool = "scroll";
  contrast: Contrast = { kind: "as-taken" };
  invert = false;
  view: View = WHOLE;
  screen: ScreenSize = { width: 1, height: 1 };
  /** The series could not be had: "unreachable" is worth another try. */
  failure: "unreachable" | "unavailable" | null = null;
  stalled = false;
  previewsOnly = false;
  probe: Probe | null = null;
  private loading: SeriesLoading | null = null;
  private pointer: { x: number; y: number } | null = null;
  private readonly kept = new Map<number, Remembered>();
  private readonly manifests = new Map<number, SeriesManifest>();
  private readonly listeners = new Set<() => void>();
  private asking = new AbortController();

  constructor(
    readonly study: StudyManifest,
    private readonly environment: ViewingEnvironment,
  ) {
    if (study.series !== null) {
      this.manifests.set(study.series.id, study.series);
    }
    const entries = this.entries;
    const first = entries.find((entry) => entry.id === study.first?.series);
    const start = first ?? entries.find((entry) => entry.kind === "images") ?? entries[0];
    if (start !== undefined) {
      void this.choose(start);
    }
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
    return this.loading?.picture(this.index) ?? null;
  }

  get fidelity(): Fidelity {
    const picture = this.picture;
    return picture === null ? "none" : picture.pixels !== null ? "full" : "preview";
  }

  /** Nothing better will come for this slice. */
  get hopeless(): boolean {
    return this.loading?.isHopeless(this.index) ?? false;
  }

  get progress(): { ready: number; total: number } | null {
    return this.loading === null ? null : { ready: this.loading.ready, total: this.loading.reach };
  }

  get range(): ValueRange {
    const { frame, contrast } = this;
    if (contrast.kind === "chosen") {
      return contrast.range;
    }
    if (frame === null) {
      return { low: 0, high: 255 };
    }
    return contrast.kind === "everything" && frame.samples === 1 ? fullRange(frame) : defaultRange(frame);
  }

  get placement(): Placement | null {
    return this.frame === null ? null : place(this.frame, this.screen, this.view);
  }

  get showing(): Showing | null {
    const placement = this.placement;
    return placement === null ? null : { placement, range: this.range, invert: this.invert };
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Opens a series; what nobody waits for any more is called off. */
  async choose(entry: SeriesEntry): Promise<void> {
    if (entry.id === this.entry?.id && this.failure === null) {
      return;
    }
    this.remember();
    this.asking.abort();
    this.asking = new AbortController();
    this.loading?.stop();
    Object.assign(this, { entry, loading: null, manifest: null, failure: null, stalled: false, probe: null });
    if (entry.kind !== "images") {
      this.changed();
      return;
    }
    const { signal } = this.asking;
    try {
      let manifest = this.manifests.get(entry.id);
      if (manifest === undefined) {
        this.changed();
        manifest = await this.environment.source.series(entry.id, signal);
        this.manifests.set(entry.id, manifest);
      }
      signal.throwIfAborted();
      this.show(entry, manifest);
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

  private show(entry: SeriesEntry, manifest: SeriesManifest): void {
    const { source, pool, memory, frugal, closed } = this.environment;
    const loading = new SeriesLoading(
      manifest,
      source,
      pool,
      memory,
      {
        arrived: () => this.changed(),
        stalled: (stalled) => {
          this.stalled = stalled;
          this.changed();
        },
        closed,
        previewsOnly: () => {
          this.previewsOnly = true;
          this.changed();
        },
      },
      frugal,
    );
    const { first } = this.study;
    const isFirst = first !== null && first.series === entry.id;
    const middle = isFirst ? first.index : Math.floor(manifest.frames.length / 2);
    const kept = this.kept.get(entry.id);
    this.loading = loading;
    this.manifest = manifest;
    this.index = kept?.index ?? Math.max(0, Math.min(manifest.frames.length - 1, middle));
    this.contrast = kept?.contrast ?? { kind: "as-taken" };
    this.invert = kept?.invert ?? false;
    this.view = kept?.view ?? WHOLE;
    // One picture has nothing to scroll through.
    if (manifest.frames.length < 2 && this.tool === "scroll") {
      this.tool = "move";
    } else if (manifest.frames.length >= 2 && this.tool === "move" && kept === undefined) {
      this.tool = "scroll";
    }
    if (isFirst && first.preview !== null) {
      // The picture that came along is drawn before anything else is asked for.
      void loading.keepPreview(first.index, first.preview).then(() => {
        pool.warm();
        this.lookAgain(loading);
      });
    } else {
      pool.warm();
      this.lookAgain(loading);
    }
    this.changed();
  }

  private lookAgain(loading: SeriesLoading): void {
    if (this.loading === loading) {
      loading.lookAt(this.index, 1);
    }
  }

  private remember(): void {
    if (this.entry !== null && this.manifest !== null) {
      const { index, contrast, invert, view } = this;
      this.kept.set(this.entry.id, { index, contrast, invert, view });
    }
  }

  goTo(index: number): void {
    const next = Math.max(0, Math.min(this.count - 1, Math.round(index)));
    if (next === this.index || this.count === 0) {
      return;
    }
    const direction = next > this.index ? 1 : -1;
    this.index = next;
    this.loading?.lookAt(next, direction);
    this.changed();
  }

  step(by: number): void {
    this.goTo(this.index + by);
  }

  /** The series before or after this one in the list. */
  neighbour(by: 1 | -1): void {
    const { entries } = this;
    const next = entries[entries.findIndex((entry) => entry.id === this.entry?.id) + by];
    if (next !== undefined) {
      void this.choose(next);
    }
  }

  retry(): void {
    if (this.failure !== null && this.entry !== null) {
      void this.choose(this.entry);
    } else {
      this.loading?.retry();
    }
  }

  useTool(tool: Tool): void {
    this.tool = tool;
    this.changed();
  }

  setContrast(contrast: Contrast): void {
    this.contrast = contrast;
    this.changed();
  }

  adjustContrast(dx: number, dy: number): void {
    this.setContrast({ kind: "chosen", id: "own", range: adjust(this.range, dx, dy) });
  }

  toggleInvert(): void {
    this.invert = !this.invert;
    this.changed();
  }

  fit(): void {
    this.view = { ...WHOLE, turn: this.view.turn };
    this.changed();
  }

  /** Turns or mirrors the picture as it is seen. */
  turn(change: Turn): void {
    this.view = turned(this.view, change);
    this.changed();
  }

  /** Back to how the pictures came: upright, whole, their own contrast. */
  reset(): void {
    this.view = WHOLE;
    this.invert = false;
    this.setContrast({ kind: "as-taken" });
  }

  zoom(factor: number, x = this.screen.width / 2, y = this.screen.height / 2): void {
    this.view = zoomAbout(this.view, factor, x, y, this.screen);
    this.changed();
  }

  pan(dx: number, dy: number): void {
    this.view = panBy(this.view, dx, dy, this.screen);
    this.changed();
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
    this.asking.abort();
    this.loading?.stop();
    this.environment.memory.clear();
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
