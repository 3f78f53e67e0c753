/**
 * Drawing on one cell's picture: by dragging, by clicking point after point, or with a cross that keys move. Nothing is
 * noted before a measurement has all its points.
 */

import { type PicturePoint, type Placement, type ScreenPoint, toPicture, toScreen } from "../geometry/view";
import { boxOf, type Shape, type Words } from "../source/presentation";
import { type Hand, isKind, type PointerKind } from "../viewer/hand";
import type { Viewing } from "../viewer/viewing";
import {
  handles,
  isMarkedAs,
  type Kind,
  type Measurement,
  type PictureName,
  POINTS,
  shifted,
  withHandle,
} from "./model";
import type { Notebook } from "./notebook";
import { distance, distanceTo, strokesOf } from "./strokes";

/** How near is near enough, in screen pixels. */
const NEAR: Readonly<Record<PointerKind, number>> = { mouse: 9, touch: 26 };
/** A press that moved less was a click. */
const STILL: Readonly<Record<PointerKind, number>> = { mouse: 4, touch: 10 };
const STRIDE = 10;

interface Draft {
  kind: Kind;
  on: PictureName;
  /** Those set, and the one that moves, where there is one. */
  points: readonly PicturePoint[];
  set: number;
  /** The press that began it (or its second line) is still down. */
  beginning: boolean;
}

interface Grip {
  id: string;
  /** Which handle, or null for the whole. */
  handle: number | null;
  from: PicturePoint;
  before: readonly PicturePoint[];
  points: readonly PicturePoint[];
  moved: boolean;
}

export function pictureOn(viewing: Viewing): PictureName | null {
  const { frame, manifest } = viewing;
  return frame === null || manifest === null ? null : { series: manifest.id, instance: frame.i, frame: frame.n };
}

export class DrawingHand implements Hand {
  draft: Draft | null = null;
  grip: Grip | null = null;
  /** Where keys have moved the cross to; null until they do. */
  cross: ScreenPoint | null = null;
  /** What a finger lies on, to be shown above it. */
  under: PicturePoint | null = null;
  private pressed: { at: ScreenPoint; pointer: PointerKind } | null = null;
  /** A grip that keys took: it holds until they let go. */
  private gripByKeys = false;
  private at = "";
  private readonly listeners = new Set<() => void>();
  private readonly unlisten: () => void;

  constructor(
    private readonly viewing: Viewing,
    readonly notebook: Notebook,
  ) {
    this.unlisten = viewing.listen(() => this.lookUp());
  }

  dispose(): void {
    this.unlisten();
    this.listeners.clear();
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What lies on the picture now, with what is being moved where it is being moved to. */
  get shown(): readonly Measurement[] {
    const { grip } = this;
    const on = this.notebook.on(pictureOn(this.viewing));
    return grip === null ? on : on.map((one) => (one.id === grip.id ? { ...one, points: grip.points } : one));
  }

  holds(shapes: readonly (Shape | Words)[]): boolean {
    return this.notebook.on(pictureOn(this.viewing)).some((one) => isMarkedAs(one, boxOf(shapes)));
  }

  down(at: ScreenPoint, pointer: PointerKind): void {
    const { placement } = this.viewing;
    const on = pictureOn(this.viewing);
    if (placement === null || on === null) {
      return;
    }
    this.pressed = { at, pointer };
    const point = this.held(toPicture(at.x, at.y, placement));
    this.under = pointer === "touch" ? point : null;
    if (this.draft !== null) {
      this.goOn(this.draft, point);
    } else if (!this.take(at, point, NEAR[pointer], placement)) {
      this.begin(on, point);
    }
    this.changed();
  }

  move(at: ScreenPoint): void {
    const { placement } = this.viewing;
    if (placement === null || (this.draft === null && this.grip === null)) {
      return;
    }
    const point = this.held(toPicture(at.x, at.y, placement));
    if (this.pressed?.pointer === "touch") {
      this.under = point;
    }
    if (this.grip !== null) {
      this.moveGrip(this.grip, point, at);
    } else if (this.draft !== null && this.draft.points.length > this.draft.set) {
      this.draft = { ...this.draft, points: [...this.draft.points.slice(0, this.draft.set), point] };
    }
    this.changed();
  }

  up(at: ScreenPoint): void {
    const { draft, grip, pressed } = this;
    this.move(at);
    this.pressed = null;
    this.under = null;
    if (grip !== null && !this.gripByKeys) {
      this.letGo();
    } else if (draft !== null && pressed !== null) {
      const clicked = distance(pressed.at, at) < STILL[pressed.pointer];
      if (draft.beginning && clicked && POINTS[draft.kind] > 1 && this.draft !== null) {
        this.draft = { ...this.draft, beginning: false };
      } else {
        this.setPoint();
      }
    }
    this.changed();
  }

  callOff(): void {
    this.pressed = null;
    this.under = null;
    this.draft = null;
    this.grip = null;
    this.gripByKeys = false;
    this.changed();
  }

  press(key: string, shift: boolean): boolean {
    const arrows: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const arrow = arrows[key];
    if (arrow !== undefined) {
      const stride = shift ? 1 : STRIDE;
      this.moveCross(arrow[0] * stride, arrow[1] * stride);
      return true;
    }
    switch (key) {
      case "Enter":
        this.enter();
        return true;
      case "Escape":
        return this.escape();
      case "Delete":
      case "Backspace":
        this.removeChosen();
        return true;
      case "n":
        this.nextHandle();
        return true;
      default:
        return false;
    }
  }

  removeChosen(): void {
    if (this.draft !== null) {
      this.callOff();
    } else if (this.notebook.selected !== null) {
      this.notebook.remove(this.notebook.selected);
    }
  }

  private begin(on: PictureName, point: PicturePoint): void {
    const { tool } = this.viewing;
    this.notebook.select(null);
    if (isKind(tool)) {
      const points = POINTS[tool] === 1 ? [point] : [point, point];
      this.draft = { kind: tool, on, points, set: points.length - 1, beginning: true };
    }
  }

  /** A further press while drawing: it moves what moves, or begins the second of two lines. */
  private goOn(draft: Draft, point: PicturePoint): void {
    const points = [...draft.points.slice(0, draft.set), point];
    this.draft =
      draft.points.length === draft.set
        ? { ...draft, points: [...points, point], set: draft.set + 1, beginning: true }
        : { ...draft, points, beginning: false };
  }

  /** The point that moves stays where it is; the last one makes the draft a measurement. */
  private setPoint(): void {
    const { draft } = this;
    const last = draft?.points.at(-1);
    if (draft === null || last === undefined) {
      return;
    }
    const set = draft.points.length;
    if (set === POINTS[draft.kind]) {
      this.draft = null;
      this.finish(draft);
    } else {
      const betweenLines = draft.kind === "cobb" && set === 2;
      this.draft = { ...draft, points: betweenLines ? draft.points : [...draft.points, last], set, beginning: false };
    }
  }

  private finish(draft: Draft): void {
    const [a, b] = draft.points;
    // A line without length measures nothing.
    if (a === undefined || (b !== undefined && a.column === b.column && a.row === b.row)) {
      return;
    }
    this.notebook.add(draft.kind, draft.on, draft.points);
  }

  private take(at: ScreenPoint, point: PicturePoint, near: number, placement: Placement): boolean {
    const hold = (measurement: Measurement, handle: number | null) => {
      const { id, points } = measurement;
      this.grip = { id, handle, from: point, before: points, points, moved: false };
      this.notebook.select(id);
      return true;
    };
    let nearest = { far: near, measurement: null as Measurement | null, handle: null as number | null };
    for (const measurement of this.shown) {
      handles(measurement).forEach((handle, index) => {
        const far = distance(toScreen(handle, placement), at);
        if (far < nearest.far) {
          nearest = { far, measurement, handle: index };
        }
      });
    }
    for (const measurement of nearest.measurement === null ? this.shown : []) {
      const far = Math.min(...strokesOf(measurement, placement).map((stroke) => distanceTo(stroke, at)));
      if (far < nearest.far) {
        nearest = { far, measurement, handle: null };
      }
    }
    return nearest.measurement === null ? false : hold(nearest.measurement, nearest.handle);
  }

  private moveGrip(grip: Grip, point: PicturePoint, at: ScreenPoint): void {
    const measurement = this.notebook.find(grip.id);
    const { pressed } = this;
    if (
      measurement === null ||
      (pressed !== null && !grip.moved && distance(pressed.at, at) < STILL[pressed.pointer])
    ) {
      return;
    }
    const points =
      grip.handle === null
        ? this.shiftedWithin(grip.before, point.column - grip.from.column, point.row - grip.from.row)
        : withHandle({ ...measurement, points: grip.before }, grip.handle, point);
    this.grip = { ...grip, points, moved: true };
  }

  private letGo(): void {
    const { grip } = this;
    this.grip = null;
    this.gripByKeys = false;
    if (grip?.moved) {
      this.notebook.change(grip.id, { points: grip.points });
    }
  }

  private enter(): void {
    const { placement } = this.viewing;
    const cross = this.crossNow();
    if (placement === null) {
      return;
    }
    if (this.grip !== null) {
      this.letGo();
    } else if (
      this.draft === null &&
      this.take(cross, this.held(toPicture(cross.x, cross.y, placement)), NEAR.mouse, placement)
    ) {
      this.gripByKeys = true;
    } else {
      this.down(cross, "mouse");
      this.up(cross);
    }
    this.cross = cross;
    this.changed();
  }

  private escape(): boolean {
    if (this.draft !== null || this.grip !== null) {
      this.callOff();
    } else if (this.notebook.selected !== null) {
      this.notebook.select(null);
    } else {
      this.cross = null;
      this.viewing.useTool(this.viewing.count > 1 ? "scroll" : "move");
    }
    return true;
  }

  private crossNow(): ScreenPoint {
    const { width, height } = this.viewing.screen;
    return this.cross ?? { x: width / 2, y: height / 2 };
  }

  private moveCross(dx: number, dy: number): void {
    const { width, height } = this.viewing.screen;
    const { x, y } = this.crossNow();
    this.cross = { x: Math.max(0, Math.min(width, x + dx)), y: Math.max(0, Math.min(height, y + dy)) };
    this.move(this.cross);
    this.changed();
  }

  /** The cross goes to the next handle on the picture, round and round. */
  private nextHandle(): void {
    const { placement } = this.viewing;
    if (placement === null) {
      return;
    }
    const all = this.shown.flatMap((one) => handles(one).map((handle) => toScreen(handle, placement)));
    const cross = this.crossNow();
    const now = all.findIndex((handle) => distance(handle, cross) < 0.5);
    this.cross = all[(now + 1) % Math.max(1, all.length)] ?? cross;
    this.changed();
  }

  /** A point of the picture, never beyond its edge. */
  private held(point: PicturePoint): PicturePoint {
    const { frame } = this.viewing;
    return {
      column: Math.max(0, Math.min(frame?.columns ?? 0, point.column)),
      row: Math.max(0, Math.min(frame?.rows ?? 0, point.row)),
    };
  }

  /** All points moved alike, no further than the picture's edge. */
  private shiftedWithin(points: readonly PicturePoint[], columns: number, rows: number): readonly PicturePoint[] {
    const { frame } = this.viewing;
    const hold = (by: number, places: number[], most: number) =>
      Math.max(-Math.min(...places), Math.min(most - Math.max(...places), by));
    return shifted(
      points,
      hold(
        columns,
        points.map(({ column }) => column),
        frame?.columns ?? 0,
      ),
      hold(
        rows,
        points.map(({ row }) => row),
        frame?.rows ?? 0,
      ),
    );
  }

  /** Another picture, or another tool, ends what was begun. */
  private lookUp(): void {
    const on = pictureOn(this.viewing);
    const now = `${on?.instance} ${on?.frame} ${this.viewing.tool}`;
    if (now !== this.at) {
      this.at = now;
      if (this.draft !== null || this.grip !== null) {
        this.callOff();
      }
      if (!isKind(this.viewing.tool)) {
        this.cross = null;
      }
    }
  }

  private changed(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}
