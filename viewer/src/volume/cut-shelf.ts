/** The three series of a volume: their pictures are cut when somebody looks at them, the one under the cursor first. */

import { type PixelArray, viewPixels } from "../decode/pixels";
import { ByteBudget } from "../loading/memory";
import type { Shelf, Watched, WatchingEvents } from "../loading/shelf";
import type { Picture } from "../render/picture";
import { NotAvailable } from "../source/frame-source";
import type { SeriesManifest } from "../source/model";
import type { Draft } from "./draft";
import { keyOf } from "./plan";
import type { Slab } from "./reslice";
import type { Stack } from "./space";
import type { Table } from "./table";

/** So many slices ahead are cut while nothing else is to be done; of slabs, which take longer, fewer. */
const AHEAD = 4;
const SLABS_AHEAD = 1;

export interface Progress {
  ready: number;
  total: number;
}

export class CutShelf implements Shelf {
  slab: Slab = { kind: "plane", thickness: 0 };
  private readonly cache: ByteBudget<PixelArray>;
  /** Cells, the one that somebody looked at last first. */
  private watchers: CutWatching[] = [];
  private busy = false;
  private stopped = false;

  constructor(
    public manifests: readonly SeriesManifest[],
    public stacks: readonly Stack[],
    private readonly table: Table,
    private readonly draft: Draft,
    readonly progress: Progress,
    cacheBytes: number,
    private readonly retry: () => void,
  ) {
    this.cache = new ByteBudget<PixelArray>(cacheBytes);
  }

  keep(): void {}
  warm(): void {}

  known(seriesId: number): SeriesManifest | null {
    return this.manifests.find(({ id }) => id === seriesId) ?? null;
  }

  async manifest(): Promise<SeriesManifest> {
    throw new NotAvailable();
  }

  async told(): Promise<unknown> {
    throw new NotAvailable();
  }

  watch(manifest: SeriesManifest, events: WatchingEvents): Watched {
    const watching: CutWatching = new CutWatching(this, manifest, events, {
      picture: (index) => this.picture(watching, index),
      looked: () => this.lookedAt(watching),
      left: () => {
        this.watchers = this.watchers.filter((one) => one !== watching);
      },
      retry: this.retry,
    });
    this.watchers.push(watching);
    return watching;
  }

  /** The planes lie otherwise from now on. */
  turn(manifests: readonly SeriesManifest[], stacks: readonly Stack[]): void {
    this.manifests = manifests;
    this.stacks = stacks;
  }

  private stackOf(manifest: SeriesManifest): Stack | undefined {
    return this.stacks[this.manifests.indexOf(manifest)];
  }

  setSlab(slab: Slab): void {
    this.slab = slab;
    this.changed();
  }

  /** Another picture has come, or all have. */
  changed(): void {
    for (const watching of this.watchers) {
      watching.events.arrived(watching.cursor);
    }
    void this.work();
  }

  stalled(stalled: boolean): void {
    for (const { events } of this.watchers) {
      events.stalled(stalled);
    }
  }

  stop(): void {
    this.stopped = true;
    this.table.stop();
    this.cache.clear();
  }

  private get complete(): boolean {
    return this.progress.ready >= this.progress.total;
  }

  private picture(watching: CutWatching, index: number): Picture | null {
    const { manifest } = watching;
    const frame = manifest.frames[index];
    if (frame === undefined) {
      return null;
    }
    const key = keyOf(manifest.id, index, this.slab);
    const pixels = this.cache.get(key);
    if (pixels !== undefined) {
      return { key, frame, pixels, bitmap: null };
    }
    const rough = `rough ${this.draft.version} ${key}`;
    if (watching.rough?.key !== rough) {
      const stack = this.stackOf(manifest);
      const bitmap = stack === undefined ? null : this.draft.draw(stack, index, this.slab, frame.invert);
      watching.rough = bitmap === null ? null : { key: rough, frame, pixels: null, bitmap };
    }
    return watching.rough;
  }

  private lookedAt(watching: CutWatching): void {
    this.watchers = [watching, ...this.watchers.filter((one) => one !== watching)];
    void this.work();
  }

  /** What is to be cut next; null when there is enough. */
  private get next(): { watching: CutWatching; index: number } | null {
    const missing = ({ manifest }: CutWatching, index: number) =>
      index >= 0 && index < manifest.frames.length && !this.cache.has(keyOf(manifest.id, index, this.slab));
    const most = this.slab.kind === "plane" ? AHEAD : SLABS_AHEAD;
    for (let far = 0; far <= most; far++) {
      for (const watching of this.watchers) {
        const index = watching.cursor + far * watching.direction;
        if (missing(watching, index)) {
          return { watching, index };
        }
      }
    }
    return null;
  }

  private async work(): Promise<void> {
    if (this.busy || !this.complete) {
      return;
    }
    this.busy = true;
    for (let { next } = this; next !== null && !this.stopped; next = this.next) {
      const { slab } = this;
      const { manifest } = next.watching;
      const { index } = next;
      const frame = manifest.frames[index];
      const stack = this.stackOf(manifest);
      if (frame === undefined || stack === undefined) {
        break;
      }
      const bytes = await this.table.cut({ stack, index, slab });
      if (this.stopped) {
        break;
      }
      this.cache.put(keyOf(manifest.id, index, slab), viewPixels(bytes, frame), bytes.byteLength);
      for (const { manifest: shown, cursor, events } of this.watchers) {
        if (shown === manifest && cursor === index) {
          events.arrived(index);
        }
      }
    }
    this.busy = false;
  }
}

interface Ways {
  picture(index: number): Picture | null;
  looked(): void;
  left(): void;
  retry(): void;
}

class CutWatching implements Watched {
  cursor = 0;
  direction: 1 | -1 = 1;
  rough: Picture | null = null;
  readonly series: Watched["series"];

  constructor(
    private readonly shelf: CutShelf,
    readonly manifest: SeriesManifest,
    readonly events: WatchingEvents,
    private readonly ways: Ways,
  ) {
    this.series = {
      get ready() {
        return shelf.progress.ready;
      },
      picture: (index) => ways.picture(index),
      keepPreview: async () => undefined,
    };
  }

  get reach(): number {
    return this.shelf.progress.total;
  }

  isHopeless(): boolean {
    return false;
  }

  lookAt(index: number, direction: 1 | -1): void {
    this.cursor = index;
    this.direction = direction;
    this.ways.looked();
  }

  playAt(index: number, direction: 1 | -1): void {
    this.lookAt(index, direction);
  }

  prefer(): void {
    this.ways.looked();
  }

  retry(): void {
    this.ways.retry();
  }

  stop(): void {
    this.ways.left();
  }
}
