/** The cells on the screen: which layout they lie in, which one is active, and what they have in common. */

import type { DecodePool } from "../decode/pool";
import { Library } from "../loading/library";
import type { PictureMemory } from "../loading/series";
import type { FrameSource } from "../source/frame-source";
import type { SeriesEntry, StudyManifest } from "../source/model";
import { UndoStack } from "./undo";
import { isSame, type Remembered, Viewing, type ViewingEnvironment } from "./viewing";

/** Rows by columns. */
export type Layout = "1x1" | "1x2" | "2x1" | "2x2" | "1x3" | "2x3";

export const LAYOUTS: readonly Layout[] = ["1x1", "1x2", "2x1", "1x3", "2x2", "2x3"];

export function sizeOf(layout: Layout): { rows: number; columns: number; cells: number } {
  const [rows = 1, columns = 1] = layout.split("x").map(Number);
  return { rows, columns, cells: rows * columns };
}

export interface WorkspaceEnvironment {
  source: FrameSource;
  pool: DecodePool;
  memory: PictureMemory;
  /** The reader asked for little data. */
  frugal: boolean;
  /** The link no longer opens. */
  closed(): void;
}

export class Workspace {
  layout: Layout = "1x1";
  readonly undo = new UndoStack();
  private cellsNow: readonly Viewing[];
  private activeNow: Viewing;
  private readonly library: Library;
  private readonly shared: ViewingEnvironment;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly study: StudyManifest,
    environment: WorkspaceEnvironment,
  ) {
    const { source, pool, memory, frugal, closed } = environment;
    this.library = new Library({ source, pool, memory, closed }, frugal);
    const kept = new Map<number, Remembered>();
    this.shared = { library: this.library, undo: this.undo, chosen: { tool: "scroll" }, kept, closed };
    if (study.series !== null) {
      this.library.keep(study.series);
    }
    this.activeNow = this.newCell();
    this.cellsNow = [this.activeNow];
    this.activeNow.prefer(true);
    const { entries } = this;
    const first = entries.find((entry) => entry.id === study.first?.series && entry.kind === "images");
    const start = first ?? entries.find((entry) => entry.kind === "images") ?? entries[0];
    if (start !== undefined) {
      // What the page opens with is nobody's doing, so there is nothing to take back.
      this.undo.without(() => void this.activeNow.choose(start));
    }
    this.undo.listen(() => this.changed());
  }

  get cells(): readonly Viewing[] {
    return this.cellsNow;
  }

  /** The cell that tools, keys and the list act on. */
  get active(): Viewing {
    return this.activeNow;
  }

  get entries(): SeriesEntry[] {
    return this.study.studies.flatMap((study) => study.series);
  }

  /** Tells of everything that changes, in whichever cell. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  activate(cell: Viewing): void {
    if (cell === this.activeNow || !this.cellsNow.includes(cell)) {
      return;
    }
    this.activeNow.prefer(false);
    this.activeNow = cell;
    cell.prefer(true);
    this.changed();
  }

  /** The next cell, or the one before. */
  activateNeighbour(by: 1 | -1): void {
    const { cells } = this;
    const next = cells[(cells.indexOf(this.activeNow) + by + cells.length) % cells.length];
    if (next !== undefined) {
      this.activate(next);
    }
  }

  /** Opens a series in the active cell, or in one that is named. */
  choose(entry: SeriesEntry, cell: Viewing = this.activeNow): void {
    this.activate(cell);
    void cell.choose(entry);
  }

  /** The series before or after the active one in the list. */
  neighbour(by: 1 | -1): void {
    const { entries } = this;
    const { entry } = this.activeNow;
    const at = entries.findIndex((one) => isSame(one, entry));
    const next = entries[at + by];
    if (next !== undefined) {
      this.choose(next);
    }
  }

  stop(): void {
    for (const cell of this.cellsNow) {
      cell.stop();
    }
    this.library.stop();
    this.listeners.clear();
  }

  private newCell(): Viewing {
    const cell = new Viewing(this.study, this.shared);
    cell.listen(() => this.changed());
    return cell;
  }

  private changed(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}
