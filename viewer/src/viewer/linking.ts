/** Cells that go together: scrolling by position in the patient, lines where slices meet, one point in all of them. */

import {
  cutLine,
  distanceTo,
  dot,
  isParallel,
  type Line,
  middleOf,
  nearestSlice,
  planeOf,
  plus,
  pointAt,
  seenAt,
  times,
} from "../geometry/planes";
import type { PicturePoint } from "../geometry/view";
import type { Frame, Vector3 } from "../source/model";

/** What linking needs of a cell. */
export interface Linked {
  readonly frames: readonly Frame[];
  /** The series, and the frame of reference of its positions; empty where there is none. */
  readonly seriesId: number | null;
  readonly reference: string;
  readonly index: number;
  /** Goes to a picture because another cell went somewhere. */
  follow(index: number): void;
}

/** Where a cell stood when the cells were set side by side. */
interface Anchor {
  seriesId: number | null;
  index: number;
}

/** Planes closer to each other than this (about 25 degrees) are scrolled together. */
const ALIKE = 0.9;

const inOneSpace = (one: Linked, other: Linked) => one.reference !== "" && one.reference === other.reference;

function planeAt(cell: Linked, index = cell.index) {
  const frame = cell.frames[index];
  return frame === undefined ? null : planeOf(frame);
}

/**
 * The picture that a cell shows when another is at its own: the slice nearest to the same place where both lie in one
 * space; otherwise as far from where it was set as the other has gone. Null where it has no reason to move.
 */
export function indexFor(
  leader: Linked,
  follower: Linked,
  anchors: readonly [leader: number, follower: number] | null,
): number | null {
  const plane = planeAt(leader);
  const own = planeAt(follower);
  if (inOneSpace(leader, follower)) {
    return plane === null || own === null || Math.abs(dot(plane.normal, own.normal)) < ALIKE
      ? null
      : (nearestSlice(follower.frames, middleOf(plane), follower.index)?.index ?? null);
  }
  if (anchors === null) {
    return null;
  }
  const from = planeAt(leader, anchors[0]);
  const start = planeAt(follower, anchors[1]);
  if (plane !== null && from !== null && start !== null) {
    const alike = dot(from.normal, start.normal);
    if (Math.abs(alike) < ALIKE) {
      return null;
    }
    const gone = distanceTo(from, plane.origin) * Math.sign(alike);
    const target = plus(middleOf(start), times(start.normal, gone));
    return nearestSlice(follower.frames, target, follower.index)?.index ?? null;
  }
  return Math.max(0, Math.min(follower.frames.length - 1, anchors[1] + leader.index - anchors[0]));
}

/** A line of another cell's slice on a picture, and that cell. */
export interface SeenLine<T> {
  from: T;
  line: Line;
}

export class Linking<T extends Linked> {
  /** Whether cells scroll together. */
  together = true;
  /** Whether the slices of other cells are drawn as lines. */
  lines = true;
  private point: { at: Vector3; reference: string } | null = null;
  private readonly anchors = new Map<T, Anchor>();

  constructor(
    private readonly cells: () => readonly T[],
    private readonly changed: () => void,
  ) {}

  /** Cells with positions that cannot be compared go together from where they stand now. */
  setSideBySide(): void {
    this.anchors.clear();
    for (const cell of this.cells()) {
      this.anchors.set(cell, { seriesId: cell.seriesId, index: cell.index });
    }
  }

  /** Lets the cells go apart, or takes them as they now stand and keeps them together. */
  toggleTogether(): void {
    this.together = !this.together;
    if (this.together) {
      this.setSideBySide();
    }
    this.changed();
  }

  toggleLines(): void {
    this.lines = !this.lines;
    this.changed();
  }

  /** A cell went to another picture: those that belong to it go along. */
  moved(leader: T): void {
    if (this.together) {
      for (const follower of this.cells()) {
        const index = follower === leader ? null : indexFor(leader, follower, this.anchorsOf(leader, follower));
        if (index !== null) {
          follower.follow(index);
        }
      }
    }
  }

  private anchorsOf(leader: T, follower: T): readonly [number, number] | null {
    const one = this.anchors.get(leader);
    const other = this.anchors.get(follower);
    return one?.seriesId === leader.seriesId && other?.seriesId === follower.seriesId && one && other
      ? [one.index, other.index]
      : null;
  }

  /** Marks the point of the patient under a point of a picture, and goes to it in all cells of the same space. */
  mark(cell: T, where: PicturePoint): void {
    const plane = planeAt(cell);
    if (plane === null || cell.reference === "") {
      return;
    }
    const at = pointAt(plane, where);
    this.point = { at, reference: cell.reference };
    for (const other of this.cells()) {
      const nearest = other !== cell && inOneSpace(cell, other) ? nearestSlice(other.frames, at, other.index) : null;
      if (nearest !== null) {
        other.follow(nearest.index);
      }
    }
    this.changed();
  }

  unmark(): void {
    this.point = null;
    this.changed();
  }

  /** Where the marked point lies on a cell's picture; null where this slice does not hold it. */
  markOn(cell: T): PicturePoint | null {
    const plane = planeAt(cell);
    if (plane === null || this.point === null || this.point.reference !== cell.reference) {
      return null;
    }
    const thickness = cell.frames[cell.index]?.thickness ?? 0;
    const seen = seenAt(plane, this.point.at);
    const inside = seen.column >= 0 && seen.row >= 0 && seen.column <= plane.columns && seen.row <= plane.rows;
    return inside && Math.abs(distanceTo(plane, this.point.at)) <= Math.max(1.5, thickness * 0.75) ? seen : null;
  }

  /** Lines on a cell's picture: of all others on the active one, and of the active one on the others. */
  linesOn(cell: T, active: T): SeenLine<T>[] {
    const picture = planeAt(cell);
    if (!this.lines || picture === null) {
      return [];
    }
    return this.cells().flatMap((from) => {
      const cutting = from === cell || (cell !== active && from !== active) ? null : planeAt(from);
      const line =
        cutting !== null && inOneSpace(cell, from) && !isParallel(picture, cutting) ? cutLine(picture, cutting) : null;
      return line === null ? [] : [{ from, line }];
    });
  }
}
