/** Everything that is on its way for one open series, and the best picture there is of each slice. */

import { BYTES_OF, type PixelArray } from "../decode/pixels";
import { type DecodePool, DecodingUnavailable } from "../decode/pool";
import type { Picture } from "../render/picture";
import { type FrameSource, type Priority, SourceClosed, SourceUnreachable } from "../source/frame-source";
import type { Frame, SeriesManifest } from "../source/model";
import type { ByteBudget } from "./memory";
import { nearestFirst, reachWithin } from "./order";
import { type Fetched, FrameQueue } from "./queue";

/** What memory holds: stored values, or a picture the server rendered. */
export type Held = { pixels: PixelArray } | { bitmap: ImageBitmap };

export type PictureMemory = ByteBudget<Held>;

/** Frees a bitmap at once instead of whenever the browser gets to it. */
export function release(held: Held): void {
  if ("bitmap" in held) {
    held.bitmap.close();
  }
}

export interface SeriesEvents {
  /** A better picture of a slice is there. */
  arrived(index: number): void;
  stalled(stalled: boolean): void;
  closed(): void;
  /** This browser cannot decode; only previews will come. */
  previewsOnly(): void;
}

/** The strip waits so long for the first full picture, which goes before it. */
const STRIP_WAIT = 800;
/** A slice rested on for so long gets its larger preview when the full picture is slow. */
const PREVIEW_WAIT = 150;
/** Slices that follow each other faster than this are raced through; see head(). */
const RACING = 60;
const LONGEST_RACE = 180;
const MINI_BYTES = 128 * 128 * 4;
const SLOTS = 3;
/** With "save data" on, only the neighbours are fetched ahead. */
const FRUGAL_REACH = 5;

const fullKey = (frame: Frame) => `full ${frame.i} ${frame.n}`;
const previewKey = (frame: Frame) => `preview ${frame.i} ${frame.n}`;
const miniKey = (frame: Frame) => `mini ${frame.i} ${frame.n}`;
const isAbort = (error: unknown) => error instanceof DOMException && error.name === "AbortError";

export class SeriesLoading {
  readonly id: number;
  readonly frames: readonly Frame[];
  /** How many pictures around the cursor are fetched in full. */
  readonly reach: number;
  /** The name of each frame's full picture in memory. */
  private readonly keys: readonly string[];
  private readonly queue: FrameQueue;
  private readonly stopping = new AbortController();
  private readonly minis = new Map<number, Uint8Array<ArrayBuffer>>();
  private readonly decodingMinis = new Set<number>();
  private resting: AbortController | null = null;
  private cursor = 0;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private headedAt = Number.NEGATIVE_INFINITY;
  private heading: ReturnType<typeof setTimeout> | undefined;
  private stripAsked = false;
  /** The strip goes before pictures fetched ahead: with it the whole series can be scrolled. */
  private stripDone: boolean;

  constructor(
    manifest: SeriesManifest,
    private readonly source: FrameSource,
    private readonly pool: DecodePool,
    private readonly memory: PictureMemory,
    private readonly events: SeriesEvents,
    frugal = false,
  ) {
    this.id = manifest.id;
    this.frames = manifest.frames;
    this.keys = manifest.frames.map(fullKey);
    this.stripDone = manifest.frames.length < 2;
    const largest = Math.max(1, ...this.frames.map(bytesOf));
    const fitting = reachWithin(memory.limit, largest, this.frames.length);
    this.reach = frugal ? Math.min(fitting, FRUGAL_REACH) : fitting;
    this.queue = new FrameQueue({
      count: this.frames.length,
      reach: this.reach,
      slots: SLOTS,
      has: (index) => this.isFull(index),
      ahead: () => this.stripDone,
      fetch: (index, priority, signal) => this.fetchFull(index, priority, signal),
      stalled: (stalled) => events.stalled(stalled),
      after: (milliseconds, run) => {
        const timer = setTimeout(run, milliseconds);
        return () => clearTimeout(timer);
      },
    });
    setTimeout(() => this.startStrip(), STRIP_WAIT);
  }

  /** Pictures of this series there are in full. */
  get ready(): number {
    return this.keys.reduce((sum, key) => sum + (this.memory.has(key) ? 1 : 0), 0);
  }

  isFull(index: number): boolean {
    return this.memory.has(this.keys[index] ?? "");
  }

  /** Somebody looks at a slice, having come from below (1) or above (-1). */
  lookAt(index: number, direction: 1 | -1): void {
    this.cursor = index;
    this.head(index, direction);
    this.rest(index);
  }

  /** Racing through a series, only every now and then is a picture asked for in full: the small ones keep up. */
  private head(index: number, direction: 1 | -1): void {
    const now = performance.now();
    clearTimeout(this.heading);
    const racing = now - this.lookedAt < RACING;
    this.lookedAt = now;
    if (!racing || now - this.headedAt > LONGEST_RACE) {
      this.fetchAround(index, direction);
    } else {
      this.heading = setTimeout(() => this.fetchAround(index, direction), RACING);
    }
  }

  private fetchAround(index: number, direction: 1 | -1): void {
    this.headedAt = performance.now();
    // What is near counts as used last, so that what is far goes first when memory is short.
    for (const near of nearestFirst(this.frames.length, index, direction, this.reach).reverse()) {
      this.memory.get(this.keys[near] ?? "");
    }
    this.queue.lookAt(index, direction);
  }

  /** Keeps a preview that came with the manifest. */
  async keepPreview(index: number, blob: Blob): Promise<void> {
    const frame = this.frames[index];
    const bitmap = await createImageBitmap(blob).catch(() => null);
    if (frame !== undefined && bitmap !== null) {
      this.memory.put(previewKey(frame), { bitmap }, bitmap.width * bitmap.height * 4);
      this.events.arrived(index);
    }
  }

  /** The best there is of a slice now. */
  picture(index: number): Picture | null {
    const frame = this.frames[index];
    if (frame === undefined) {
      return null;
    }
    for (const key of [fullKey(frame), previewKey(frame), miniKey(frame)]) {
      const held = this.memory.get(key);
      if (held !== undefined) {
        return "pixels" in held
          ? { key, frame, pixels: held.pixels, bitmap: null }
          : { key, frame, pixels: null, bitmap: held.bitmap };
      }
    }
    void this.decodeMini(index);
    return null;
  }

  /** Nothing better than what is shown can come for this slice. */
  isHopeless(index: number): boolean {
    return this.queue.isHopeless(index);
  }

  retry(): void {
    this.queue.retry();
    this.rest(this.cursor);
  }

  stop(): void {
    clearTimeout(this.heading);
    this.queue.stop();
    this.stopping.abort();
    this.resting?.abort();
  }

  private async fetchFull(index: number, priority: Priority, signal: AbortSignal): Promise<Fetched> {
    const frame = this.frames[index];
    if (frame === undefined || frame.wire === "") {
      return "never";
    }
    try {
      const bytes = await this.source.frame(frame, priority, signal);
      const pixels = await this.pool.decode(bytes, frame, index === this.cursor);
      signal.throwIfAborted();
      this.memory.put(fullKey(frame), { pixels }, pixels.byteLength);
      this.events.arrived(index);
      this.startStrip();
      return "done";
    } catch (error) {
      return this.judge(error);
    }
  }

  private judge(error: unknown): Fetched {
    if (isAbort(error)) {
      throw error;
    }
    if (error instanceof SourceClosed) {
      this.events.closed();
    } else if (error instanceof SourceUnreachable) {
      return "later";
    } else if (error instanceof DecodingUnavailable) {
      this.events.previewsOnly();
    }
    return "never";
  }

  private rest(index: number): void {
    this.resting?.abort();
    const resting = new AbortController();
    this.resting = resting;
    setTimeout(() => {
      const frame = this.frames[index];
      if (!resting.signal.aborted && frame !== undefined && !this.isFull(index)) {
        void this.loadPreview(index, frame, resting.signal);
      }
    }, PREVIEW_WAIT);
  }

  private async loadPreview(index: number, frame: Frame, signal: AbortSignal): Promise<void> {
    if (this.memory.has(previewKey(frame))) {
      return;
    }
    try {
      const blob = await this.source.preview(frame, "high", signal);
      await this.keepPreview(index, blob);
    } catch (error) {
      if (error instanceof SourceClosed) {
        this.events.closed();
      }
    }
  }

  private startStrip(): void {
    if (this.stripAsked || this.stopping.signal.aborted || this.frames.length < 2) {
      return;
    }
    this.stripAsked = true;
    void this.loadStrip().then(() => {
      this.stripDone = true;
      this.queue.resume();
    });
  }

  /** Never rejects: without the strip, scrolling shows less, and that is all. */
  private async loadStrip(): Promise<void> {
    const all = this.frames.length * MINI_BYTES <= this.memory.limit / 4;
    const signal = this.stopping.signal;
    for (let tries = 0; tries < 3 && !signal.aborted; tries++) {
      try {
        for await (const image of this.source.strip(this.id, signal)) {
          if (image.bytes.length > 0 && !this.minis.has(image.index)) {
            this.minis.set(image.index, image.bytes);
            if (all || image.index === this.cursor) {
              await this.decodeMini(image.index);
            }
          }
        }
        return;
      } catch (error) {
        if (!(error instanceof SourceUnreachable)) {
          return;
        }
        await new Promise((done) => setTimeout(done, 2_000));
      }
    }
  }

  private async decodeMini(index: number): Promise<void> {
    const frame = this.frames[index];
    const bytes = this.minis.get(index);
    if (frame === undefined || bytes === undefined || this.decodingMinis.has(index)) {
      return;
    }
    if (this.memory.has(fullKey(frame)) || this.memory.has(miniKey(frame))) {
      return;
    }
    this.decodingMinis.add(index);
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" })).catch(() => null);
    this.decodingMinis.delete(index);
    if (bitmap === null) {
      this.minis.delete(index);
    } else {
      this.memory.put(miniKey(frame), { bitmap }, bitmap.width * bitmap.height * 4);
      this.events.arrived(index);
    }
  }
}

function bytesOf(frame: Frame): number {
  return frame.rows * frame.columns * frame.samples * BYTES_OF[frame.format];
}
