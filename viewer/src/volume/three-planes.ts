/**
 * One series seen from three sides. The cells are a workspace of their own whose series are cut out of the volume; all
 * that works on pictures works on them.
 */

import { dot, middleOf, type Plane, planeOf, plus, pointAt, times } from "../geometry/planes";
import type { PicturePoint } from "../geometry/view";
import type { Gathering } from "../loading/gathering";
import { Library } from "../loading/library";
import { words } from "../messages/index";
import type { SeriesEntry, StudyManifest, Vector3 } from "../source/model";
import type { Contrast } from "../viewer/contrast";
import type { Viewing } from "../viewer/viewing";
import { Workspace } from "../viewer/workspace";
import { CutShelf } from "./cut-shelf";
import { Draft } from "./draft";
import { type Cuts, Lying } from "./lying";
import { bytesOfCut, bytesOfVolume, layersOf, planFor, seriesOf } from "./plan";
import { KINDS, type Slab } from "./reslice";
import { judge, type Refusal, type Stack, sliceAt, type Volume } from "./space";
import { layTable } from "./table";

/** The volume may take this part of the memory for pictures; what was fetched before goes to make room. */
const SHARE = 0.55;
/** Slices that are kept: for each side the one on the screen, some ahead, and some behind. */
const KEPT = 24;
export const THICKEST = 50;
const USUAL_THICKNESS = 10;
/** Degrees by which a key turns the lines. */
const TURN = 2;

export type Opened = { planes: ThreePlanes } | { refusal: Refusal | { reason: "memory" } };

/** Opens the series of the active cell, if it is a volume that fits into this device's memory. */
export function openPlanes(main: Workspace, close: () => void): Opened {
  const { active } = main;
  const { entry, manifest } = active;
  if (entry === null || manifest === null) {
    return { refusal: { reason: "few", slices: 0 } };
  }
  const judged = judge(manifest.frames, active.index);
  if ("refusal" in judged) {
    return judged;
  }
  const planes = ThreePlanes.of(main, entry, judged.volume, close);
  return planes === null ? { refusal: { reason: "memory" } } : { planes };
}

interface Made extends Cuts {
  gathering: Gathering;
  reserved: number;
}

export class ThreePlanes {
  readonly workspace: Workspace;
  /** Which way the planes lie. */
  readonly lying: Lying;
  /** Something of the volume cannot be had. */
  failed = false;
  /** Which cell is the large one. */
  large = 0;
  private shared: { contrast: Contrast; invert: boolean };
  private readonly unlisten: readonly (() => void)[];
  private readonly listeners = new Set<() => void>();
  private sharing = false;

  static of(main: Workspace, entry: SeriesEntry, volume: Volume, close: () => void): ThreePlanes | null {
    const { manifest } = main.active;
    const { shelf: library } = main;
    const { memory } = main.environment;
    const plan = manifest === null ? null : planFor(manifest.frames, volume, memory.limit * SHARE);
    if (manifest === null || plan === null || !(library instanceof Library)) {
      return null;
    }
    let planes: ThreePlanes | null = null;
    const failed = () => planes?.fail();
    const draft = new Draft(plan.grid);
    const table = layTable(plan, failed);
    const titles = [words.sides.axial, words.sides.coronal, words.sides.sagittal];
    const manifests = titles.map((title, at) => seriesOf(manifest, volume, plan, at, title));
    const cacheBytes = bytesOfCut(plan) * KEPT;
    const progress = { ready: 0, total: volume.slices.length };
    const shelf = new CutShelf(manifests, plan.stacks, table, draft, progress, cacheBytes, () => gathering.retry());
    const reserved = bytesOfVolume(plan) + cacheBytes + draft.bytes;
    memory.reserve(reserved);
    const layers = layersOf(manifest.frames, volume, plan);
    const places = new Map(volume.slices.map((index, slice) => [index, slice]));
    const gathering = library.gather(manifest, fromTheMiddle(volume.slices), {
      got: (index, pixels) => {
        const slice = places.get(index) ?? 0;
        const layer = layers[slice];
        const frame = manifest.frames[index];
        if (layer !== undefined && frame !== undefined) {
          table.put(layer, pixels);
          draft.put(slice, pixels, frame, plan.factor);
          progress.ready += 1;
          shelf.changed();
        }
      },
      missing: failed,
      stalled: (stalled) => shelf.stalled(stalled),
    });
    const cutAlong = (at: number, stack: Stack, turn: number) =>
      seriesOf(manifest, volume, plan, at, titles[at] ?? "", { stack, turn });
    const made = { shelf, gathering, reserved, plan, cutAlong };
    planes = new ThreePlanes(main, entry, volume, made, close);
    planes.goTo(middleOf(planeOf(main.active.frame ?? manifest.frames[0] ?? never()) ?? never()));
    return planes;
  }

  private constructor(
    private readonly main: Workspace,
    readonly entry: SeriesEntry,
    readonly volume: Volume,
    private readonly made: Made,
    private readonly close: () => void,
  ) {
    const { active } = main;
    this.lying = new Lying(made, this, main.undo);
    this.shared = { contrast: active.look.contrast, invert: active.look.invert };
    this.workspace = new Workspace(studyOf(main, entry, made.shelf), {
      ...main.environment,
      shelf: made.shelf,
      undo: main.undo,
    });
    main.undo.without(() => {
      this.workspace.setLayout("1x3");
      for (const cell of this.cells) {
        cell.useTool(active.tool);
        show(cell, this.shared);
      }
    });
    this.unlisten = [
      this.workspace.listen(() => this.share()),
      // Whoever chooses another series has done with this one.
      main.listen(() => main.active.entry !== entry && this.close()),
    ];
  }

  get cells(): readonly Viewing[] {
    return this.workspace.cells;
  }

  /** How many pixels of a picture, along a side, were made one for want of memory. */
  get factor(): number {
    return this.made.plan.factor;
  }

  get slab(): Slab {
    return this.made.shelf.slab;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Steps that go on from each other, as of a slider that is drawn, are one to be undone. */
  private setSlab(slab: Slab, goesOn: boolean): void {
    const before = this.slab;
    const become = (next: Slab) => {
      this.made.shelf.setSlab(next);
      this.changed();
    };
    become(slab);
    const step = { undo: () => become(before), redo: () => become(slab) };
    this.main.undo.push(goesOn ? { ...step, name: "slab" } : step);
  }

  setKind(kind: Slab["kind"]): void {
    this.setSlab({ kind, thickness: this.slab.thickness || USUAL_THICKNESS }, false);
  }

  /** None is a thin slice again. */
  setThickness(thickness: number): void {
    if (thickness < 1) {
      this.setSlab({ ...this.slab, kind: "plane" }, true);
      return;
    }
    const kind = this.slab.kind === "plane" ? "highest" : this.slab.kind;
    this.setSlab({ kind, thickness: Math.max(1, Math.min(THICKEST, Math.round(thickness))) }, true);
  }

  enlarge(at: number): void {
    const cell = this.cells[at];
    if (cell !== undefined) {
      this.large = at;
      this.workspace.activate(cell);
      this.changed();
    }
  }

  /** The point of the patient in which the three slices meet; null until there are three. */
  get point(): Vector3 | null {
    let point: Vector3 = [0, 0, 0];
    for (const { frame } of this.cells) {
      const plane = frame === null ? null : planeOf(frame);
      if (plane === null) {
        return null;
      }
      // The planes are at right angles to each other, so each says one coordinate along its normal.
      point = plus(point, times(plane.normal, dot(plane.normal, plane.origin)));
    }
    return point;
  }

  /** Goes to a point of the patient, in all cells but one, or in one alone. */
  goTo(point: Vector3, { except, only }: { except?: Viewing; only?: Viewing } = {}): void {
    for (const [at, cell] of this.cells.entries()) {
      const stack = this.made.shelf.stacks[at];
      if (stack !== undefined && cell !== except && (only === undefined || cell === only)) {
        cell.follow(sliceAt(stack, point));
      }
    }
  }

  /** The same, for a place in a cell's picture. */
  pointOut(cell: Viewing, where: PicturePoint, only?: Viewing): void {
    const plane: Plane | null = cell.frame === null ? null : planeOf(cell.frame);
    if (plane !== null) {
      this.goTo(pointAt(plane, where), only === undefined ? { except: cell } : { only });
    }
  }

  /** True where the key meant something. */
  press(key: string): boolean {
    const { kind, thickness } = this.slab;
    switch (key) {
      case "7":
        this.close();
        return true;
      case "8":
        this.setKind(KINDS[(KINDS.indexOf(kind) + 1) % KINDS.length] ?? "plane");
        return true;
      case ",":
        this.setThickness(kind === "plane" ? USUAL_THICKNESS : thickness - 1);
        return true;
      case ".":
        this.setThickness(kind === "plane" ? USUAL_THICKNESS : thickness + 1);
        return true;
      case "[":
      case "]":
        this.lying.turnBy(this.workspace.active, key === "[" ? -TURN : TURN);
        return true;
      case "9":
        this.lying.straighten();
        return true;
      // There is no other layout to go to from here.
      case "g":
      case "w":
      case "d":
        return true;
      default:
        return false;
    }
  }

  stop(): void {
    for (const unlisten of this.unlisten) {
      unlisten();
    }
    this.made.gathering.stop();
    this.workspace.stop();
    this.main.environment.memory.reserve(-this.made.reserved);
    this.listeners.clear();
  }

  private fail(): void {
    if (!this.failed) {
      this.failed = true;
      this.made.gathering.stop();
      this.changed();
    }
  }

  /** Contrast chosen in one cell is that of all: they are one series. */
  private share(): void {
    if (this.sharing) {
      return;
    }
    const other = this.cells.find(
      (cell) =>
        cell.manifest !== null &&
        (cell.look.contrast !== this.shared.contrast || cell.look.invert !== this.shared.invert),
    );
    if (other !== undefined) {
      this.shared = { contrast: other.look.contrast, invert: other.look.invert };
      this.sharing = true;
      this.main.undo.without(() => {
        for (const cell of this.cells) {
          show(cell, this.shared);
        }
      });
      this.sharing = false;
    }
  }

  changed(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

function never(): never {
  throw new Error("a volume has places");
}

function show(cell: Viewing, { contrast, invert }: { contrast: Contrast; invert: boolean }): void {
  if (cell.look.contrast !== contrast) {
    cell.look.setContrast(contrast);
  }
  if (cell.look.invert !== invert) {
    cell.look.toggleInvert();
  }
}

/** Middle first, then outwards, so that there is soon something to be seen of every side. */
export function fromTheMiddle(slices: readonly number[]): number[] {
  const middle = (slices.length - 1) / 2;
  return slices
    .map((index, at) => ({ index, far: Math.abs(at - middle) }))
    .sort((a, b) => a.far - b.far)
    .map(({ index }) => index);
}

/** The study as if it held these three series only: whose it is stays the same. */
function studyOf(main: Workspace, entry: SeriesEntry, { manifests }: CutShelf): StudyManifest {
  const { study } = main;
  const series = manifests.map(
    ({ id, title, frames }): SeriesEntry => ({
      ...entry,
      id,
      title,
      count: frames.length,
      rows: frames[0]?.rows ?? 0,
      columns: frames[0]?.columns ?? 0,
      thumbnail: false,
      hanging: { ...entry.hanging, plane: "", loops: [], views: [] },
    }),
  );
  const studies = study.studies
    .filter((one) => one.series.some(({ id }) => id === entry.id))
    .slice(0, 1)
    .map((one) => ({ ...one, series }));
  return { ...study, studies, first: null, series: null };
}
