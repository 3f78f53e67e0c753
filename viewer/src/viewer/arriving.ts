/** The pictures of a cell's series as they come: how good they are by now, and what is fetched next. */

import type { Shelf, Watched } from "../loading/shelf";
import type { Picture } from "../render/picture";
import type { SeriesManifest } from "../source/model";

export class Arriving {
  stalled = false;
  previewsOnly = false;
  private watching: Watched | null = null;
  private preferred = false;

  constructor(
    private readonly shelf: Shelf,
    private readonly changed: () => void,
  ) {}

  /** The best there is of a slice now. */
  picture(index: number): Picture | null {
    return this.watching?.series.picture(index) ?? null;
  }

  /** Nothing better will come for this slice. Without a series nobody knows. */
  isHopeless(index: number, otherwise: boolean): boolean {
    return this.watching?.isHopeless(index) ?? otherwise;
  }

  get progress(): { ready: number; total: number } | null {
    const { watching } = this;
    return watching === null ? null : { ready: Math.min(watching.series.ready, watching.reach), total: watching.reach };
  }

  watch(manifest: SeriesManifest): void {
    this.watching = this.shelf.watch(manifest, {
      arrived: () => this.changed(),
      stalled: (stalled) => {
        this.stalled = stalled;
        this.changed();
      },
      previewsOnly: () => {
        this.previewsOnly = true;
        this.changed();
      },
    });
  }

  /** Fetches what somebody looks at; a picture that came along is drawn before anything else is asked for. */
  begin(at: () => number, along: { index: number; preview: Blob | null } | null): void {
    const { watching } = this;
    const fetch = () => {
      this.shelf.warm();
      if (this.watching === watching) {
        watching?.lookAt(at(), 1);
      }
    };
    if (this.preferred) {
      watching?.prefer();
    }
    if (along !== null && along.preview !== null) {
      void watching?.series.keepPreview(along.index, along.preview).then(fetch);
    } else {
      fetch();
    }
  }

  lookAt(index: number, direction: 1 | -1): void {
    this.watching?.lookAt(index, direction);
  }

  playAt(index: number, direction: 1 | -1, bounce: boolean, loop: { from: number; to: number }): void {
    this.watching?.playAt(index, direction, bounce, loop);
  }

  /** These pictures go before those of other cells. */
  prefer(preferred: boolean): void {
    this.preferred = preferred;
    if (preferred) {
      this.watching?.prefer();
    }
  }

  retry(): void {
    this.watching?.retry();
  }

  stop(): void {
    this.watching?.stop();
    this.watching = null;
    this.stalled = false;
  }
}
