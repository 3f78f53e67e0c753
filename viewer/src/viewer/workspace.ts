/** The cells on the screen: which layout they lie in, which one is active, and what they have in common. */

import type { DecodePool } from "../decode/pool";
import { Library } from "../loading/library";
import type { PictureMemory } from "../loading/series";
import type { Shelf } from "../loading/shelf";
import type { FrameSource } from "../source/frame-source";
import type { Patient, SeriesEntry, StudyEntry, StudyManifest } from "../source/model";
import { compareWithPrior, fits, type Hanging, type HangingName, hang } from "./hanging";
import { type Layout, sizeOf } from "./layouts";
import { Linking } from "./linking";
import { differentPatients, patientOf } from "./patients";
import { UndoStack } from "./undo";
import { type Beginning, isSame, type Remembered, Viewing, type ViewingEnvironment } from "./viewing";

/** What lies in a cell, and how it is begun with. */
interface Content extends Beginning {
  entry: SeriesEntry | null;
}

/** The screen at one moment, for undoing. */
interface Arrangement {
  layout: Layout;
  contents: readonly (Content | null)[];
  active: number;
  hung: HangingName | null;
}

export interface WorkspaceEnvironment {
  source: FrameSource;
  pool: DecodePool;
  memory: PictureMemory;
  /** The reader asked for little data. */
  frugal: boolean;
  /** The link no longer opens. */
  closed(): void;
  /** Where series come from, if not from the source. */
  shelf?: Shelf;
  /** Where what is done is noted, if it belongs with what was done before. */
  undo?: UndoStack;
}

export class Workspace {
  layout: Layout = "1x1";
  readonly undo: UndoStack;
  readonly linking: Linking<Viewing>;
  /** The arrangement that was chosen, while it stands. */
  hung: HangingName | null = null;
  /** What lies in the cells beyond those of the layout, for when it is larger again. */
  private beyond: readonly (SeriesEntry | null)[] = [];
  private cellsNow: readonly Viewing[];
  private activeNow: Viewing;
  readonly shelf: Shelf;
  private readonly shared: ViewingEnvironment;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly study: StudyManifest,
    readonly environment: WorkspaceEnvironment,
  ) {
    const { source, pool, memory, frugal, closed } = environment;
    this.shelf = environment.shelf ?? new Library({ source, pool, memory, closed }, frugal);
    this.undo = environment.undo ?? new UndoStack();
    const kept = new Map<number, Remembered>();
    this.linking = new Linking<Viewing>(
      () => this.cellsNow,
      () => this.changed(),
    );
    const moved = (cell: Viewing) => this.linking.moved(cell);
    this.shared = { library: this.shelf, undo: this.undo, chosen: { tool: "scroll" }, kept, moved, closed };
    if (study.series !== null) {
      this.shelf.keep(study.series);
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

  /** Lays the cells out otherwise. New ones take what lay there before, else what is not on the screen yet. */
  setLayout(layout: Layout): void {
    if (layout === this.layout) {
      return;
    }
    const { cells } = sizeOf(layout);
    const shown = this.cellsNow.map(({ entry }) => entry);
    const at = this.cellsNow.indexOf(this.activeNow);
    // The active cell stays on the screen, at the last place if it lay beyond it.
    const kept = at < cells ? shown.slice(0, cells) : [...shown.slice(0, cells - 1), this.activeNow.entry];
    const rest = [...shown.filter((entry) => !kept.includes(entry)), ...this.beyond];
    const next = [...rest, ...this.entries.filter(({ kind }) => kind === "images")];
    while (kept.length < cells) {
      kept.push(next.find((entry) => entry !== null && !kept.some((one) => isSame(one, entry))) ?? null);
    }
    this.beyond = rest.filter((entry) => !kept.includes(entry));
    this.arrange({ layout, contents: kept.map((entry) => ({ entry })), active: Math.min(at, cells - 1), hung: null });
  }

  /** The layout that suits the newest scan, if there is one that fits this many cells. */
  hanging(most: number): Hanging | null {
    const hanging = hang(this.study.studies);
    return hanging !== null && fits(hanging, most) ? hanging : null;
  }

  /** Lays the newest scan out unasked, where nobody has begun to do anything with the screen. True if it was. */
  hangByItself(most: number): boolean {
    const hanging = this.layout === "1x1" && !this.undo.canUndo ? this.hanging(most) : null;
    if (hanging !== null) {
      this.hangUp(hanging);
    }
    return hanging !== null;
  }

  /** The active series beside the same of another scan (the one before, or one that is named), if there is one. */
  comparison(upright: boolean, other: StudyEntry | null = null): Hanging | null {
    return compareWithPrior(this.study.studies, this.activeNow.entry, upright, other);
  }

  /** Lays out what was decided; the first cell with pictures becomes the active one. */
  hangUp({ layout, cells, name }: Hanging): void {
    const active = Math.max(
      0,
      cells.findIndex((cell) => cell !== null),
    );
    this.arrange({ layout, contents: cells, active, hung: name });
    if (name === "compared") {
      void this.settleSideBySide();
    }
  }

  /** Once both are here they are set side by side at the same place, as far as that is known. */
  private async settleSideBySide(): Promise<void> {
    const { cells } = this;
    // Safari before 16 has no AbortSignal.timeout.
    const patience = new AbortController();
    const { signal } = patience;
    const timer = setTimeout(() => patience.abort(), 20_000);
    const there = (cell: Viewing) =>
      new Promise<void>((done) => {
        const look = () => {
          if (cell.manifest !== null || cell.failure !== null || signal.aborted) {
            unlisten();
            done();
          }
        };
        const unlisten = cell.listen(look);
        signal.addEventListener("abort", look);
        queueMicrotask(look);
      });
    await Promise.all(cells.map(there));
    clearTimeout(timer);
    if (this.cellsNow === cells) {
      this.linking.together = true;
      this.linking.setSideBySide();
      this.linking.moved(this.activeNow);
      this.changed();
    }
  }

  private get arrangement(): Arrangement {
    return {
      layout: this.layout,
      contents: this.cellsNow.map(({ entry }) => ({ entry })),
      active: this.cellsNow.indexOf(this.activeNow),
      hung: this.hung,
    };
  }

  private arrange(next: Arrangement): void {
    const before = this.arrangement;
    this.undo.push({ undo: () => this.become(before), redo: () => this.become(next) });
    this.become(next);
  }

  private become({ layout, contents, active, hung }: Arrangement): void {
    this.undo.without(() => {
      const cells = contents.map((_, at) => this.cellsNow[at] ?? this.newCell());
      for (const gone of this.cellsNow.slice(cells.length)) {
        gone.stop();
      }
      this.layout = layout;
      this.hung = hung;
      this.cellsNow = cells;
      this.activeNow.prefer(false);
      this.activeNow = cells[active] ?? cells[0] ?? this.activeNow;
      this.activeNow.prefer(true);
      for (const [at, content] of contents.entries()) {
        void cells[at]?.choose(content?.entry ?? null, content ?? {});
      }
    });
    this.changed();
  }

  /** Whose pictures the active cell shows. */
  get patient(): Patient {
    return patientOf(this.study, this.activeNow.entry);
  }

  /** All whose pictures are on the screen; more than one must never go unnoticed. */
  get patients(): readonly Patient[] {
    return differentPatients(
      this.cellsNow.flatMap(({ entry }) => (entry === null ? [] : [patientOf(this.study, entry)])),
    );
  }

  stop(): void {
    for (const cell of this.cellsNow) {
      cell.stop();
    }
    this.shelf.stop();
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
