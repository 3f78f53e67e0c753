/** A hand that draws on a cell made by hand. */

import { place, type ScreenPoint, WHOLE } from "../src/geometry/view";
import { DrawingHand } from "../src/measure/drawing";
import type { Kind } from "../src/measure/model";
import { type Keeper, Notebook } from "../src/measure/notebook";
import { UndoStack } from "../src/viewer/undo";
import type { Viewing } from "../src/viewer/viewing";
import { frameOf } from "./frames";

export const SCREEN = { width: 400, height: 400 };

export class Memory implements Keeper {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

/** As much of a cell as the hand asks for: pictures of 100 × 100 pixels, four screen pixels each. */
class Cell {
  tool: string = "length";
  count = 5;
  screen = SCREEN;
  frame = frameOf({ i: 7, rows: 100, columns: 100 });
  manifest = { id: 3 };
  readonly undo = new UndoStack();
  private readonly listeners = new Set<() => void>();

  get placement() {
    return place(this.frame, this.screen, WHOLE);
  }

  listen(listener: () => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  useTool(tool: string) {
    this.tool = tool;
    this.changed();
  }

  changed() {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

export function begin(tool: Kind = "length", memory = new Memory()) {
  const cell = new Cell();
  cell.tool = tool;
  const notebook = new Notebook(cell.undo, memory, "notes");
  const hand = new DrawingHand(cell as unknown as Viewing, notebook);
  cell.changed();
  const drag = (from: ScreenPoint, to: ScreenPoint, pointer: "mouse" | "touch" = "mouse") => {
    hand.down(from, pointer);
    hand.move({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 });
    hand.move(to);
    hand.up(to);
  };
  const click = (at: ScreenPoint, pointer: "mouse" | "touch" = "mouse") => {
    hand.move(at);
    hand.down(at, pointer);
    hand.up(at);
  };
  const points = () => notebook.measurements.map((one) => one.points.map(({ column, row }) => [column, row]));
  return { cell, hand, notebook, memory, drag, click, points };
}

export const xy = (x: number, y: number): ScreenPoint => ({ x, y });
