/**
 * The one line to the network, shared by all cells: the pictures under the cursors first (that of the active cell
 * before all others), then what is next to them, one cell after the other.
 */

import type { Priority } from "../source/frame-source";

/** "later" when no answer came and asking again may help; "never" when it will not. */
export type Fetched = "done" | "later" | "never";

export interface QueueOptions {
  /** How many are fetched at once. */
  slots: number;
  /** Called as fetching begins to fail for want of a network, and as it succeeds again. */
  stalled(stalled: boolean): void;
  /** Runs something later; returns what calls it off. */
  after(milliseconds: number, run: () => void): () => void;
}

/** A series whose pictures may be asked for; two cells that show the same one hand in the same object. */
export interface QueueSeries {
  has(index: number): boolean;
  /** Whether the line is free for more than the picture under the cursor. */
  ahead(): boolean;
  /** Never rejects, except with an AbortError. */
  fetch(index: number, priority: Priority, signal: AbortSignal): Promise<Fetched>;
  /** A picture will not be asked for again. */
  gaveUp?(index: number): void;
}

/** What one cell wants: its cursor first, the rest in the order in which it is wanted. */
export interface Looking {
  series: QueueSeries;
  order: readonly number[];
  /** A film runs: what is on its way is needed in a moment, so nothing is called off for the cursor's sake. */
  playing: boolean;
}

interface Flight {
  series: QueueSeries;
  index: number;
  control: AbortController;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

export class FrameQueue {
  private readonly watchers = new Map<object, Looking>();
  private flights: Flight[] = [];
  private readonly hopeless = new WeakMap<QueueSeries, Set<number>>();
  private preferred: object | null = null;
  private stopped = false;
  private pause = 0;
  private cancelPause: (() => void) | null = null;

  constructor(private readonly options: QueueOptions) {}

  /** What somebody looks at now. What nobody waits for any more is called off. */
  look(who: object, looking: Looking): void {
    this.watchers.set(who, looking);
    this.callOff();
    this.pump();
  }

  /** The cell that goes before the others. */
  prefer(who: object): void {
    this.preferred = who;
    this.pump();
  }

  /** Somebody looks no longer. */
  leave(who: object): void {
    this.watchers.delete(who);
    this.callOff();
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

  isHopeless(series: QueueSeries, index: number): boolean {
    return this.hopeless.get(series)?.has(index) ?? false;
  }

  /** Calls off everything; nothing is fetched any more. */
  stop(): void {
    this.stopped = true;
    this.cancelPause?.();
    for (const flight of this.flights.splice(0)) {
      flight.control.abort();
    }
    this.watchers.clear();
  }

  /** Watchers, the preferred one first. */
  private get ranked(): Looking[] {
    const first = this.preferred === null ? undefined : this.watchers.get(this.preferred);
    const others = [...this.watchers.values()].filter((looking) => looking !== first);
    return first === undefined ? others : [first, ...others];
  }

  private isUnderCursor(flight: Flight): boolean {
    return this.ranked.some((looking) => looking.series === flight.series && looking.order[0] === flight.index);
  }

  private callOff(): void {
    const near = this.options.slots * 2 + 1;
    const wanted = (flight: Flight) =>
      this.ranked.some(
        ({ series, order, playing }) =>
          series === flight.series && (playing ? order : order.slice(0, near)).includes(flight.index),
      );
    for (const flight of this.flights.filter((one) => !wanted(one))) {
      this.abort(flight);
    }
  }

  private abort(flight: Flight): void {
    this.flights = this.flights.filter((one) => one !== flight);
    flight.control.abort();
  }

  private pump(): void {
    if (this.stopped || this.cancelPause !== null) {
      return;
    }
    const ranked = this.ranked;
    for (const [rank, { series, order, playing }] of ranked.entries()) {
      const cursor = order[0];
      if (cursor !== undefined && this.mayStart(series, cursor)) {
        if (!playing) {
          this.makeRoom();
        }
        if (rank === 0 || this.flights.length < this.options.slots) {
          void this.start(series, cursor, rank === 0 ? "high" : "auto");
        }
      }
    }
    for (const { series, index } of interleaved(ranked)) {
      if (!this.mayFetchAhead(ranked)) {
        return;
      }
      if (this.mayStart(series, index)) {
        void this.start(series, index, "low");
      }
    }
  }

  private mayStart(series: QueueSeries, index: number): boolean {
    return (
      !series.has(index) &&
      !this.isHopeless(series, index) &&
      !this.flights.some((flight) => flight.series === series && flight.index === index)
    );
  }

  /** While a picture under a cursor is on its way it has the line to itself, unless a film runs there. */
  private mayFetchAhead(ranked: readonly Looking[]): boolean {
    return (
      this.flights.length < this.options.slots &&
      !ranked.some(
        ({ series, order, playing }) =>
          !playing && this.flights.some((flight) => flight.series === series && flight.index === order[0]),
      )
    );
  }

  /** Leaves one picture fetched ahead in flight, the nearest to a cursor. */
  private makeRoom(): void {
    const distance = (flight: Flight) =>
      Math.min(
        ...this.ranked
          .filter(({ series }) => series === flight.series)
          .map(({ order }) => Math.abs(flight.index - (order[0] ?? 0))),
      );
    const ahead = this.flights.filter((flight) => !this.isUnderCursor(flight));
    for (const flight of ahead.sort((a, b) => distance(a) - distance(b)).slice(1)) {
      this.abort(flight);
    }
  }

  private async start(series: QueueSeries, index: number, priority: Priority): Promise<void> {
    const flight: Flight = { series, index, control: new AbortController() };
    this.flights.push(flight);
    const fetched = await series.fetch(index, priority, flight.control.signal).catch(() => null);
    if (!this.flights.includes(flight)) {
      return;
    }
    this.flights = this.flights.filter((one) => one !== flight);
    if (fetched === "later") {
      this.wait();
      return;
    }
    if (fetched === "never") {
      const given = this.hopeless.get(series) ?? new Set<number>();
      this.hopeless.set(series, given.add(index));
      series.gaveUp?.(index);
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

/** What lies next to the cursors: each cell's nearest, then each cell's second nearest, and so on. */
function* interleaved(ranked: readonly Looking[]): Generator<{ series: QueueSeries; index: number }> {
  const free = ranked.filter(({ series }) => series.ahead());
  const longest = Math.max(0, ...free.map(({ order }) => order.length));
  for (let at = 1; at < longest; at++) {
    for (const { series, order } of free) {
      const index = order[at];
      if (index !== undefined) {
        yield { series, index };
      }
    }
  }
}
