/** All that is on its way for one series, whichever cells show it, and the best picture there is of each slice. */

import { BYTES_OF, type PixelArray } from "../decode/pixels";
import { type DecodePool, DecodingUnavailable } from "../decode/pool";
import type { Picture } from "../render/picture";
import { type FrameSource, type Priority, SourceClosed, SourceUnreachable } from "../source/frame-source";
import type { Frame, SeriesManifest } from "../source/model";
import type { ByteBudget } from "./memory";
import type { Fetched, FrameQueue, QueueSeries } from "./queue";

/** What memory holds: stored values, or a picture the server rendered. */
export type Held = { pixels: PixelArray } | { bitmap: ImageBitmap };

export type PictureMemory = ByteBudget<Held>;

/** Frees a bitmap at once instead of whenever the browser gets to it. */
export function release(held: Held): void {
  if ("bitmap" in held) {
    held.bitmap.close();
  }
}

/** One cell that shows the series. */
export interface Watcher {
  /** The picture it shows. */
  readonly cursor: number;
  /** A better picture of a slice is there. */
  arrived(index: number): void;
  /** This browser cannot decode; only previews will come. */
  previewsOnly(): void;
  /** A slice cannot be had in full. */
  gaveUp?(index: number): void;
}

/** What all series draw on. */
export interface Supplies {
  source: FrameSource;
  pool: DecodePool;
  memory: PictureMemory;
  /** The link no longer opens. */
  closed(): void;
}

/** The strip waits so long for the first full picture, which goes before it. */
const STRIP_WAIT = 800;
const MINI_BYTES = 128 * 128 * 4;

const fullKey = (frame: Frame) => `full ${frame.i} ${frame.n}`;
const previewKey = (frame: Frame) => `preview ${frame.i} ${frame.n}`;
const miniKey = (frame: Frame) => `mini ${frame.i} ${frame.n}`;
const isAbort = (error: unknown) => error instanceof DOMException && error.name === "AbortError";

export class SeriesLoading implements QueueSeries {
  readonly id: number;
  readonly frames: readonly Frame[];
  /** Bytes of its largest picture, decoded. */
  readonly largest: number;
  readonly watchers = new Set<Watcher>();
  /** The name of each frame's full picture in memory. */
  private readonly keys: readonly string[];
  private readonly stopping = new AbortController();
  private readonly minis = new Map<number, Uint8Array<ArrayBuffer>>();
  private readonly decodingMinis = new Set<number>();
  private reserved = 0;
  private counted = { turn: -1, ready: 0 };
  private stripAsked = false;
  /** The strip goes before pictures fetched ahead: with it the whole series can be scrolled. */
  private stripDone: boolean;

  constructor(
    readonly manifest: SeriesManifest,
    private readonly supplies: Supplies,
    private readonly queue: FrameQueue,
  ) {
    this.id = manifest.id;
    this.frames = manifest.frames;
    this.keys = manifest.frames.map(fullKey);
    this.stripDone = manifest.frames.length < 2;
    this.largest = this.frames.reduce((most, frame) => Math.max(most, bytesOf(frame)), 1);
    setTimeout(() => this.startStrip(), STRIP_WAIT);
  }

  /** Pictures of this series there are in full. */
  get ready(): number {
    const { memory } = this.supplies;
    if (this.counted.turn !== memory.turn) {
      const ready = this.keys.reduce((sum, key) => sum + (memory.has(key) ? 1 : 0), 0);
      this.counted = { turn: memory.turn, ready };
    }
    return this.counted.ready;
  }

  has(index: number): boolean {
    return this.supplies.memory.has(this.keys[index] ?? "");
  }

  ahead(): boolean {
    return this.stripDone;
  }

  /** What lies in this order counts as used last, its first the very last, so that the rest goes when memory is short. */
  touch(order: readonly number[]): void {
    for (let at = order.length - 1; at >= 0; at--) {
      this.supplies.memory.get(this.keys[order[at] ?? -1] ?? "");
    }
  }

  /** Keeps a preview that came with the manifest. */
  async keepPreview(index: number, blob: Blob): Promise<void> {
    const frame = this.frames[index];
    const bitmap = await createImageBitmap(blob).catch(() => null);
    if (frame !== undefined && bitmap !== null) {
      this.supplies.memory.put(previewKey(frame), { bitmap }, bitmap.width * bitmap.height * 4);
      this.arrived(index);
    }
  }

  /** The best there is of a slice now. */
  picture(index: number): Picture | null {
    const frame = this.frames[index];
    if (frame === undefined) {
      return null;
    }
    for (const key of [fullKey(frame), previewKey(frame), miniKey(frame)]) {
      const held = this.supplies.memory.get(key);
      if (held !== undefined) {
        return "pixels" in held
          ? { key, frame, pixels: held.pixels, bitmap: null }
          : { key, frame, pixels: null, bitmap: held.bitmap };
      }
    }
    void this.decodeMini(index);
    return null;
  }

  stop(): void {
    this.stopping.abort();
    this.supplies.memory.reserve(-this.reserved);
    this.reserved = 0;
    this.minis.clear();
  }

  /** Nothing better will come for this slice. */
  gaveUp(index: number): void {
    for (const watcher of this.watchers) {
      watcher.gaveUp?.(index);
    }
  }

  async fetch(index: number, priority: Priority, signal: AbortSignal): Promise<Fetched> {
    const frame = this.frames[index];
    if (frame === undefined || frame.wire === "") {
      return "never";
    }
    const { source, pool, memory } = this.supplies;
    try {
      const bytes = await source.frame(frame, priority, signal);
      const pixels = await pool.decode(bytes, frame, priority === "high", signal);
      signal.throwIfAborted();
      memory.put(fullKey(frame), { pixels }, pixels.byteLength);
      this.arrived(index);
      this.startStrip();
      return "done";
    } catch (error) {
      return this.judge(error);
    }
  }

  private arrived(index: number): void {
    for (const watcher of this.watchers) {
      watcher.arrived(index);
    }
  }

  private judge(error: unknown): Fetched {
    if (isAbort(error)) {
      throw error;
    }
    if (error instanceof SourceClosed) {
      this.supplies.closed();
    } else if (error instanceof SourceUnreachable) {
      return "later";
    } else if (error instanceof DecodingUnavailable) {
      for (const watcher of this.watchers) {
        watcher.previewsOnly();
      }
    }
    return "never";
  }

  /** The larger preview of a slice, for when the full picture is slow. */
  async loadPreview(index: number, signal: AbortSignal): Promise<void> {
    const frame = this.frames[index];
    if (frame === undefined || this.has(index) || this.supplies.memory.has(previewKey(frame))) {
      return;
    }
    try {
      const blob = await this.supplies.source.preview(frame, "high", signal);
      await this.keepPreview(index, blob);
    } catch (error) {
      if (error instanceof SourceClosed) {
        this.supplies.closed();
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
    const all = this.frames.length * MINI_BYTES <= this.supplies.memory.limit / 4;
    const signal = this.stopping.signal;
    for (let tries = 0; tries < 3 && !signal.aborted; tries++) {
      try {
        for await (const image of this.supplies.source.strip(this.id, signal)) {
          if (image.bytes.length > 0 && !this.minis.has(image.index)) {
            this.keepMini(image.index, image.bytes);
            if (all || [...this.watchers].some(({ cursor }) => cursor === image.index)) {
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

  /** Small pictures stay as they came, within the budget, and are decoded when they are looked at. */
  private keepMini(index: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.minis.set(index, bytes);
    this.reserved += bytes.byteLength;
    this.supplies.memory.reserve(bytes.byteLength);
  }

  private async decodeMini(index: number): Promise<void> {
    const frame = this.frames[index];
    const bytes = this.minis.get(index);
    if (frame === undefined || bytes === undefined || this.decodingMinis.has(index)) {
      return;
    }
    if (this.supplies.memory.has(fullKey(frame)) || this.supplies.memory.has(miniKey(frame))) {
      return;
    }
    this.decodingMinis.add(index);
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" })).catch(() => null);
    this.decodingMinis.delete(index);
    if (bitmap === null) {
      this.minis.delete(index);
    } else {
      this.supplies.memory.put(miniKey(frame), { bitmap }, bitmap.width * bitmap.height * 4);
      this.arrived(index);
    }
  }
}

function bytesOf(frame: Frame): number {
  return frame.rows * frame.columns * frame.samples * BYTES_OF[frame.format];
}
