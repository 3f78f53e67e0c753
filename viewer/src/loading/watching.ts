/** One cell's way through a series: what it looks at, where it is heading, and how far ahead it may fetch. */

import { nearestFirst, playingOrder } from "./order";
import type { FrameQueue } from "./queue";
import type { SeriesLoading, Watcher } from "./series";
import type { Watched, WatchingEvents } from "./shelf";

/** A slice rested on for so long gets its larger preview when the full picture is slow. */
const PREVIEW_WAIT = 150;
/** Slices that follow each other faster than this are raced through; see head(). */
const RACING = 60;
const LONGEST_RACE = 180;

export class Watching implements Watched, Watcher {
  cursor = 0;
  private direction: 1 | -1 = 1;
  private resting: AbortController | null = null;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private headedAt = Number.NEGATIVE_INFINITY;
  private heading: ReturnType<typeof setTimeout> | undefined;
  private looks = false;

  constructor(
    readonly series: SeriesLoading,
    private readonly queue: FrameQueue,
    readonly events: WatchingEvents,
    private readonly reachNow: () => number,
    private readonly left: () => void,
  ) {
    series.watchers.add(this);
  }

  /** How many pictures around the cursor are fetched in full. */
  get reach(): number {
    return this.reachNow();
  }

  arrived(index: number): void {
    this.events.arrived(index);
  }

  previewsOnly(): void {
    this.events.previewsOnly();
  }

  /** Somebody looks at a slice, having come from below (1) or above (-1). */
  lookAt(index: number, direction: 1 | -1): void {
    this.cursor = index;
    this.direction = direction;
    this.head();
    this.rest(index);
  }

  /** A film runs and has come to a slice; those that follow are fetched in the order in which they will be shown. */
  playAt(index: number, direction: 1 | -1, bounce: boolean, loop: { from: number; to: number }): void {
    this.cursor = index;
    this.direction = direction;
    this.looks = true;
    clearTimeout(this.heading);
    this.resting?.abort();
    const { from, to } = loop;
    const order = playingOrder(to - from + 1, index - from, direction, bounce, this.reach).map((at) => from + at);
    this.series.touch(order);
    this.queue.look(this, { series: this.series, order, playing: true });
  }

  /** The room for this cell has become larger or smaller. */
  lookAgain(): void {
    if (this.looks) {
      this.fetchAround();
    }
  }

  /** This cell goes before the others. */
  prefer(): void {
    this.queue.prefer(this);
  }

  /** Nothing better than what is shown can come for this slice. */
  isHopeless(index: number): boolean {
    return this.queue.isHopeless(this.series, index);
  }

  retry(): void {
    this.queue.retry();
    this.rest(this.cursor);
  }

  stop(): void {
    clearTimeout(this.heading);
    this.resting?.abort();
    this.series.watchers.delete(this);
    this.queue.leave(this);
    this.left();
  }

  /** Racing through a series, only every now and then is a picture asked for in full: the small ones keep up. */
  private head(): void {
    const now = performance.now();
    clearTimeout(this.heading);
    const racing = now - this.lookedAt < RACING;
    this.lookedAt = now;
    if (!racing || now - this.headedAt > LONGEST_RACE) {
      this.fetchAround();
    } else {
      this.heading = setTimeout(() => this.fetchAround(), RACING);
    }
  }

  private fetchAround(): void {
    this.looks = true;
    this.headedAt = performance.now();
    const order = nearestFirst(this.series.frames.length, this.cursor, this.direction, this.reach);
    this.series.touch(order);
    this.queue.look(this, { series: this.series, order, playing: false });
  }

  private rest(index: number): void {
    this.resting?.abort();
    const resting = new AbortController();
    this.resting = resting;
    setTimeout(() => {
      if (!resting.signal.aborted) {
        void this.series.loadPreview(index, resting.signal);
      }
    }, PREVIEW_WAIT);
  }
}
