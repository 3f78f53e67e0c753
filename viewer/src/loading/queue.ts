/** Fetches the pictures of one series: the one under the cursor always first, then the nearest. */

import type { Priority } from "../source/frame-source";
import { nearestFirst } from "./order";

/** "later" when no answer came and asking again may help; "never" when it will not. */
export type Fetched = "done" | "later" | "never";

export interface QueueOptions {
  count: number;
  /** How many pictures around the cursor are fetched at all. */
  reach: number;
  /** How many are fetched at once. */
  slots: number;
  has(index: number): boolean;
  /** Whether the line is free for more than the picture under the cursor. */
  ahead(): boolean;
  /** Never rejects, except with an AbortError. */
  fetch(index: number, priority: Priority, signal: AbortSignal): Promise<Fetched>;
  /** Called as fetching begins to fail for want of a network, and as it succeeds again. */
  stalled(stalled: boolean): void;
  /** Runs something later; returns what calls it off. */
  after(milliseconds: number, run: () => void): () => void;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

export class FrameQueue {
  private readonly flights = new Map<number, AbortController>();
  private readonly hopeless = new Set<number>();
  private order: number[] = [];
  private cursor = 0;
  private stopped = false;
  private pause = 0;
  private cancelPause: (() => void) | null = null;

  constructor(private readonly options: QueueOptions) {}

  /** The picture that somebody looks at now, and where they are heading. */
  lookAt(cursor: number, direction: 1 | -1): void {
    this.cursor = cursor;
    this.order = nearestFirst(this.options.count, cursor, direction, this.options.reach);
    const wanted = new Set(this.order.slice(0, this.options.slots * 2 + 1));
    for (const [index, flight] of this.flights) {
      if (!wanted.has(index)) {
        flight.abort();
        this.flights.delete(index);
      }
    }
    this.pump();
  }

  /** Asks again at once for what could not be had. */
  retry(): void {
    this.cancelPause?.();
    this.cancelPause = null;
    this.pump();
  }

  /** The line has become free for more. */
  resume(): void {
    this.pump();
  }

  isHopeless(index: number): boolean {
    return this.hopeless.has(index);
  }

  /** Calls off everything; nothing is fetched any more. */
  stop(): void {
    this.stopped = true;
    this.cancelPause?.();
    for (const flight of this.flights.values()) {
      flight.abort();
    }
    this.flights.clear();
  }

  private pump(): void {
    if (this.stopped || this.cancelPause !== null) {
      return;
    }
    for (const index of this.order) {
      const urgent = index === this.cursor;
      if (!urgent && !this.mayFetchAhead()) {
        return;
      }
      if (!this.flights.has(index) && !this.hopeless.has(index) && !this.options.has(index)) {
        if (urgent) {
          this.makeRoom();
        }
        void this.start(index, urgent ? "high" : "low");
      }
    }
  }

  /** While the picture under the cursor is on its way it has the line to itself. */
  private mayFetchAhead(): boolean {
    return this.flights.size < this.options.slots && !this.flights.has(this.cursor) && this.options.ahead();
  }

  private makeRoom(): void {
    const farthestFirst = [...this.flights.keys()].sort(
      (a, b) => Math.abs(b - this.cursor) - Math.abs(a - this.cursor),
    );
    for (const index of farthestFirst.slice(0, Math.max(0, this.flights.size - 1))) {
      this.flights.get(index)?.abort();
      this.flights.delete(index);
    }
  }

  private async start(index: number, priority: Priority): Promise<void> {
    const flight = new AbortController();
    this.flights.set(index, flight);
    const fetched = await this.options.fetch(index, priority, flight.signal).catch(() => null);
    if (this.flights.get(index) !== flight) {
      return;
    }
    this.flights.delete(index);
    if (fetched === "later") {
      this.wait();
      return;
    }
    if (fetched === "never") {
      this.hopeless.add(index);
    } else if (fetched === "done" && this.pause > 0) {
      this.pause = 0;
      this.options.stalled(false);
    }
    this.pump();
  }

  private wait(): void {
    if (this.stopped || this.cancelPause !== null) {
      return;
    }
    this.pause = Math.min(LONGEST_PAUSE, this.pause === 0 ? FIRST_PAUSE : this.pause * 2);
    this.options.stalled(true);
    this.cancelPause = this.options.after(this.pause, () => {
      this.cancelPause = null;
      this.pump();
    });
  }
}
