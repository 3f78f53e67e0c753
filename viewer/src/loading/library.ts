/** The series that are open, each once however many cells show it, within one memory, one line and one pool. */

import { NotAvailable } from "../source/frame-source";
import type { SeriesManifest } from "../source/model";
import { Gathering, type GatheringEvents } from "./gathering";
import { reachWithin } from "./order";
import { FrameQueue } from "./queue";
import { SeriesLoading, type Supplies } from "./series";
import type { Shelf, WatchingEvents } from "./shelf";
import { Watching } from "./watching";

const SLOTS = 3;
/** With "save data" on, only the neighbours are fetched ahead. */
const FRUGAL_REACH = 5;

interface Asked {
  answer: Promise<SeriesManifest>;
  control: AbortController;
  waiting: number;
}

export class Library implements Shelf {
  private readonly manifests = new Map<number, SeriesManifest>();
  private readonly asked = new Map<number, Asked>();
  private readonly reports = new Map<number, Promise<unknown>>();
  private readonly series = new Map<number, SeriesLoading>();
  private readonly watchings = new Set<Watching>();
  private readonly gatherings = new Set<Gathering>();
  private readonly queue = new FrameQueue({
    slots: SLOTS,
    stalled: (stalled) => {
      for (const { events } of [...this.watchings, ...this.gatherings]) {
        events.stalled(stalled);
      }
    },
    after: (milliseconds, run) => {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
  });

  constructor(
    private readonly supplies: Supplies,
    private readonly frugal: boolean,
  ) {}

  /** A manifest that came along. */
  keep(manifest: SeriesManifest): void {
    this.manifests.set(manifest.id, manifest);
  }

  known(seriesId: number): SeriesManifest | null {
    return this.manifests.get(seriesId) ?? null;
  }

  /** A series' manifest, asked for once; called off once nobody waits for it. Rejects as FrameSource does. */
  async manifest(seriesId: number, signal: AbortSignal): Promise<SeriesManifest> {
    const known = this.manifests.get(seriesId);
    if (known !== undefined) {
      return known;
    }
    const asked = this.asked.get(seriesId) ?? this.ask(seriesId);
    asked.waiting += 1;
    const leave = () => {
      asked.waiting -= 1;
      if (asked.waiting === 0) {
        asked.control.abort();
      }
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      const manifest = await asked.answer;
      signal.throwIfAborted();
      return manifest;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  told(instanceId: number): Promise<unknown> {
    const known = this.reports.get(instanceId);
    if (known !== undefined) {
      return known;
    }
    const asked = this.supplies.source.documents?.told(instanceId) ?? Promise.reject(new NotAvailable());
    this.reports.set(instanceId, asked);
    asked.catch(() => this.reports.delete(instanceId));
    return asked;
  }

  private ask(seriesId: number): Asked {
    const control = new AbortController();
    const forget = () => {
      if (this.asked.get(seriesId)?.control === control) {
        this.asked.delete(seriesId);
      }
    };
    control.signal.addEventListener("abort", forget);
    const answer = this.supplies.source.series(seriesId, control.signal).then(
      (manifest) => {
        forget();
        this.manifests.set(seriesId, manifest);
        return manifest;
      },
      (error) => {
        forget();
        throw error;
      },
    );
    const asked = { answer, control, waiting: 0 };
    this.asked.set(seriesId, asked);
    return asked;
  }

  /** A cell begins to look at a series; it says when it no longer does by stop(). */
  watch(manifest: SeriesManifest, events: WatchingEvents): Watching {
    const series = this.opened(manifest);
    const watching: Watching = new Watching(
      series,
      this.queue,
      events,
      () => this.reachOf(series),
      () => this.left(watching),
    );
    this.watchings.add(watching);
    this.shareAgain(watching);
    return watching;
  }

  /** Hands over all of these pictures as they come, besides what cells look at; ends by itself, or by stop(). */
  gather(manifest: SeriesManifest, order: readonly number[], events: GatheringEvents): Gathering {
    const series = this.opened(manifest);
    const gathering: Gathering = new Gathering(series, this.queue, order, events, () => {
      this.gatherings.delete(gathering);
      this.close(series);
    });
    this.gatherings.add(gathering);
    return gathering;
  }

  private opened(manifest: SeriesManifest): SeriesLoading {
    const series = this.series.get(manifest.id) ?? new SeriesLoading(manifest, this.supplies, this.queue);
    this.series.set(manifest.id, series);
    return series;
  }

  private close(series: SeriesLoading): void {
    if (series.watchers.size === 0) {
      series.stop();
      this.series.delete(series.id);
    }
  }

  private left(watching: Watching): void {
    this.watchings.delete(watching);
    this.close(watching.series);
    this.shareAgain(watching);
  }

  /** All cells have the same share of memory: together they never want more than fits. */
  private reachOf(series: SeriesLoading): number {
    const share = this.supplies.memory.limit / Math.max(1, this.watchings.size);
    const fitting = reachWithin(share, series.largest, series.frames.length);
    return this.frugal ? Math.min(fitting, FRUGAL_REACH) : fitting;
  }

  private shareAgain(except: Watching): void {
    for (const other of this.watchings) {
      if (other !== except) {
        other.lookAgain();
      }
    }
  }

  /** Starts the decoder ahead of the first picture. */
  warm(): void {
    this.supplies.pool.warm();
  }

  stop(): void {
    for (const watching of [...this.watchings]) {
      watching.stop();
    }
    for (const gathering of [...this.gatherings]) {
      gathering.stop();
    }
    this.queue.stop();
    for (const { control } of [...this.asked.values()]) {
      control.abort();
    }
    this.supplies.memory.clear();
  }
}
