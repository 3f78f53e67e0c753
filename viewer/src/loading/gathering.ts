/** All pictures of a volume, each handed over once as it comes, in the order in which they are wanted. */

import type { PixelArray } from "../decode/pixels";
import type { FrameQueue } from "./queue";
import type { SeriesLoading, Watcher } from "./series";

export interface GatheringEvents {
  got(index: number, pixels: PixelArray): void;
  /** This picture cannot be had, or not by this browser. */
  missing(index: number): void;
  stalled(stalled: boolean): void;
}

/** So many pictures that are here already are handed over before the page may breathe. */
const AT_ONCE = 12;

export class Gathering implements Watcher {
  private readonly left: Set<number>;

  constructor(
    private readonly series: SeriesLoading,
    private readonly queue: FrameQueue,
    order: readonly number[],
    readonly events: GatheringEvents,
    private readonly ended: () => void,
  ) {
    this.left = new Set(order);
    series.watchers.add(this);
    void this.begin();
  }

  get cursor(): number {
    return this.left.values().next().value ?? -1;
  }

  arrived(index: number): void {
    if (this.take(index)) {
      this.ask();
    }
  }

  gaveUp(index: number): void {
    if (this.left.has(index)) {
      this.events.missing(index);
    }
  }

  previewsOnly(): void {
    const { cursor } = this;
    if (cursor >= 0) {
      this.events.missing(cursor);
    }
  }

  retry(): void {
    this.queue.retry();
  }

  stop(): void {
    if (this.series.watchers.delete(this)) {
      this.left.clear();
      this.queue.leave(this);
      this.ended();
    }
  }

  private async begin(): Promise<void> {
    // Whoever asked has the answer in hand before the first picture comes.
    await Promise.resolve();
    for (const [at, index] of [...this.left].filter((one) => this.series.has(one)).entries()) {
      if (at % AT_ONCE === AT_ONCE - 1) {
        await new Promise((done) => setTimeout(done));
      }
      // What was here may have had to go in the meantime; it is asked for with the others.
      this.take(index);
    }
    this.ask();
  }

  private take(index: number): boolean {
    const pixels = this.left.has(index) && this.series.has(index) ? this.series.picture(index)?.pixels : null;
    if (pixels === null || pixels === undefined) {
      return false;
    }
    this.left.delete(index);
    this.events.got(index, pixels);
    return true;
  }

  private ask(): void {
    if (!this.series.watchers.has(this)) {
      return;
    }
    if (this.left.size === 0) {
      this.stop();
      return;
    }
    const order = [...this.left];
    // As for a film: all of them will be needed, so none is called off for another's sake.
    this.queue.look(this, { series: this.series, order, playing: true });
    for (const index of order) {
      if (this.queue.isHopeless(this.series, index)) {
        this.events.missing(index);
        return;
      }
    }
  }
}
