/** Which way three planes lie: straight in the patient, or turned about the point where they meet. */

import type { SeriesManifest, Vector3 } from "../source/model";
import type { UndoStack } from "../viewer/undo";
import type { Viewing } from "../viewer/viewing";
import type { CutShelf } from "./cut-shelf";
import type { Plan } from "./cutter";
import { type Stack, sliceAt } from "./space";
import { type Axes, isSameWay, stackAlong, turned } from "./turning";

export interface Cuts {
  shelf: CutShelf;
  plan: Plan;
  /** One of the three series, cut along another stack. turn: the how manieth way in which the planes lie. */
  cutAlong(at: number, stack: Stack, turn: number): SeriesManifest;
}

/** The cells that lie so. */
export interface Laid {
  readonly cells: readonly Viewing[];
  /** The point of the patient in which the three slices meet; null until there are three. */
  readonly point: Vector3 | null;
  changed(): void;
}

/** How one plane lies, about which point it was turned, and the how manieth turn that was; 0: it lies straight. */
interface Lain {
  axes: Axes;
  about: Vector3;
  turn: number;
}

/** How the planes lie, and where they meet. */
interface Lie {
  planes: readonly Lain[];
  point: Vector3;
}

/** A turn as it is made; each step counts from where it began. */
export interface Turning {
  to(degrees: number): void;
  end(): void;
}

export class Lying {
  private lie: Lie;
  private turns = 0;
  /** The ways in which the planes have lain, by the numbers that their series had then. */
  private readonly lies = new Map<number, Lie>();

  constructor(
    private readonly cuts: Cuts,
    private readonly planes: Laid,
    private readonly undo: UndoStack,
  ) {
    this.lie = this.straight([0, 0, 0]);
  }

  get isTurned(): boolean {
    return this.lie.planes.some(({ turn }) => turn > 0);
  }

  isTurnedAt(at: number): boolean {
    return (this.lie.planes[at]?.turn ?? 0) > 0;
  }

  /** Turns the lines in one cell's picture, which stays as it is, about the point where they meet. */
  begin(cell: Viewing): Turning {
    const within = this.planes.cells.indexOf(cell);
    const before = { ...this.lie, point: this.planes.point ?? this.lie.point };
    return {
      to: (degrees) => this.lay(this.after(before, within, degrees)),
      end: () => this.note(before, false),
    };
  }

  turnBy(cell: Viewing, degrees: number): void {
    const before = { ...this.lie, point: this.planes.point ?? this.lie.point };
    this.lay(this.after(before, this.planes.cells.indexOf(cell), degrees));
    this.note(before, true);
  }

  straighten(): void {
    const before = { ...this.lie, point: this.planes.point ?? this.lie.point };
    this.lay(this.straight(before.point));
    this.note(before, false);
  }

  /** Lays the planes as they lay when a series had this number; false where they never did. */
  bringBack(seriesId: number): boolean {
    const lie = this.lies.get(seriesId);
    if (lie !== undefined) {
      this.lay(lie);
    }
    return lie !== undefined;
  }

  private straight(point: Vector3): Lie {
    return { planes: this.cuts.plan.stacks.map((axes) => ({ axes, about: point, turn: 0 })), point };
  }

  private after({ planes, point }: Lie, within: number, degrees: number): Lie {
    this.turns += 1;
    const axes = planes.map((plane) => plane.axes);
    const lain = turned(axes, within, degrees).map((way, at): Lain => {
      const [before, straight] = [planes[at], this.cuts.plan.stacks[at]];
      if (before !== undefined && isSameWay(way, before.axes)) {
        return before;
      }
      const isStraight = straight !== undefined && isSameWay(way, straight);
      return { axes: isStraight ? straight : way, about: point, turn: isStraight ? 0 : this.turns };
    });
    return { planes: lain, point };
  }

  private note(before: Lie, goesOn: boolean): void {
    const after = this.lie;
    if (before.planes.some(({ turn }, at) => turn !== after.planes[at]?.turn)) {
      const step = { undo: () => this.lay(before), redo: () => this.lay(after) };
      this.undo.push(goesOn ? { ...step, name: "turn" } : step);
    }
  }

  private lay(lie: Lie): void {
    const { shelf, plan, cutAlong } = this.cuts;
    const before = this.lie;
    const laid = plan.stacks.map((straight, at) => {
      const plane = lie.planes[at];
      const [stack, manifest] = [shelf.stacks[at], shelf.manifests[at]];
      if (stack !== undefined && manifest !== undefined && plane?.turn === before.planes[at]?.turn) {
        return { stack, manifest };
      }
      const isStraight = plane === undefined || plane.turn === 0;
      const along = isStraight ? straight : stackAlong(plan.grid, straight.side, plane.axes, plane.about);
      return { stack: along, manifest: cutAlong(at, along, plane?.turn ?? 0) };
    });
    this.lie = lie;
    shelf.turn(
      laid.map(({ manifest }) => manifest),
      laid.map(({ stack }) => stack),
    );
    for (const [at, { stack, manifest }] of laid.entries()) {
      const cell = this.planes.cells[at];
      this.lies.set(manifest.id, lie);
      if (cell !== undefined && cell.manifest !== manifest) {
        cell.cutAnew(manifest, sliceAt(stack, lie.point), lie.point);
      } else {
        cell?.follow(sliceAt(stack, lie.point));
      }
    }
    this.planes.changed();
  }
}
