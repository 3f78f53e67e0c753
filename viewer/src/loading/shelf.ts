/** Where a cell gets its series from: the library's are fetched; a volume's are cut. */

import type { Picture } from "../render/picture";
import type { SeriesManifest } from "../source/model";

export interface WatchingEvents {
  /** A better picture of a slice is there. */
  arrived(index: number): void;
  stalled(stalled: boolean): void;
  previewsOnly(): void;
}

/** A cell's way through one series. */
export interface Watched {
  readonly series: {
    /** Pictures there are in full, or parts of a volume that have come. */
    readonly ready: number;
    /** The best there is of a slice now. */
    picture(index: number): Picture | null;
    /** Keeps a preview that came with the manifest. */
    keepPreview(index: number, blob: Blob): Promise<void>;
  };
  /** How many there will be. */
  readonly reach: number;
  /** Nothing better than what is shown can come for this slice. */
  isHopeless(index: number): boolean;
  /** Somebody looks at a slice, having come from below (1) or above (-1). */
  lookAt(index: number, direction: 1 | -1): void;
  /** A film runs and has come to a slice. */
  playAt(index: number, direction: 1 | -1, bounce: boolean, loop: { from: number; to: number }): void;
  /** This cell goes before the others. */
  prefer(): void;
  retry(): void;
  stop(): void;
}

export interface Shelf {
  /** A manifest that came along. */
  keep(manifest: SeriesManifest): void;
  known(seriesId: number): SeriesManifest | null;
  /** Rejects as FrameSource does. */
  manifest(seriesId: number, signal: AbortSignal): Promise<SeriesManifest>;
  /** What a report says, as DocumentSource.told has it, asked for once. */
  told(instanceId: number): Promise<unknown>;
  /** A cell begins to look at a series; it says when it no longer does by stop(). */
  watch(manifest: SeriesManifest, events: WatchingEvents): Watched;
  /** Makes ready for the first picture. */
  warm(): void;
  stop(): void;
}
