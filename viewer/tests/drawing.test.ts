/** Drawing by dragging, by clicking and by keys; taking hold; words beside what they are about; keeping and undoing. */

import { describe, expect, test } from "vitest";
import type { PicturePoint, ScreenPoint } from "../src/geometry/view";
import { place, WHOLE } from "../src/geometry/view";
import { DrawingHand } from "../src/measure/drawing";
import { readNotes, writeNotes } from "../src/measure/keeping";
import { type Box, layLabels, touches } from "../src/measure/labels";
import { KINDS, type Kind, POINTS } from "../src/measure/model";
import { type Keeper, Notebook } from "../src/measure/notebook";
import { resultOf } from "../src/measure/results";
import { bodyOf } from "../src/measure/sending";
import { type Stroke, stretches, strokesOf } from "../src/measure/strokes";
import { UndoStack } from "../src/viewer/undo";
import type { Viewing } from "../src/viewer/viewing";
import { frameOf } from "./frames";

const SCREEN = { width: 400, height: 400 };

class Memory implements Keeper {
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

function begin(tool: Kind = "length", memory = new Memory()) {
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

const xy = (x: number, y: number): ScreenPoint => ({ x, y });

describe("drawing", () => {
  test("a drag draws a line from where it began to where it ended", () => {
    const { drag, points } = begin();
    drag(xy(40, 40), xy(80, 120));
    expect(points()).toEqual([
      [
        [10, 10],
        [20, 30],
      ],
    ]);
  });

  test("two clicks draw the same line, and the pointer leads its end in between", () => {
    const { hand, click, points } = begin();
    click(xy(40, 40));
    hand.move(xy(60, 60));
    expect(hand.draft?.points[1]).toEqual({ column: 15, row: 15 });
    click(xy(80, 120));
    expect(points()).toEqual([
      [
        [10, 10],
        [20, 30],
      ],
    ]);
  });

  test("an angle is a drag and a click, or three clicks", () => {
    const dragged = begin("angle");
    dragged.drag(xy(40, 40), xy(80, 40));
    dragged.click(xy(80, 120));
    const clicked = begin("angle");
    clicked.click(xy(40, 40));
    clicked.click(xy(80, 40));
    clicked.click(xy(80, 120));
    expect(dragged.points()).toEqual(clicked.points());
    expect(dragged.points()[0]).toHaveLength(3);
  });

  test("two lines are two drags, or four clicks, by finger too", () => {
    const dragged = begin("cobb");
    dragged.drag(xy(40, 40), xy(80, 40), "touch");
    dragged.drag(xy(40, 120), xy(90, 160), "touch");
    const clicked = begin("cobb");
    for (const at of [xy(40, 40), xy(80, 40), xy(40, 120), xy(90, 160)]) {
      clicked.click(at, "touch");
    }
    expect(dragged.points()).toEqual([
      [
        [10, 10],
        [20, 10],
        [10, 30],
        [22.5, 40],
      ],
    ]);
    expect(clicked.points()).toEqual(dragged.points());
  });

  test("a value takes one press, and a finger may slide to the right place before it lifts", () => {
    const { hand, points } = begin("point");
    hand.down(xy(40, 40), "touch");
    hand.move(xy(44, 80));
    expect(hand.under).toEqual({ column: 11, row: 20 });
    hand.up(xy(44, 80));
    expect(points()).toEqual([[[11, 20]]]);
    expect(hand.under).toBeNull();
  });

  test("points stay within the picture", () => {
    const { drag, points } = begin();
    drag(xy(-50, 40), xy(900, 40));
    expect(points()).toEqual([
      [
        [0, 10],
        [100, 10],
      ],
    ]);
  });

  test("a line without length is none", () => {
    const { click, notebook } = begin();
    click(xy(40, 40));
    click(xy(40, 40));
    expect(notebook.measurements).toHaveLength(0);
  });

  test("a second finger, another picture and Escape give up what was begun", () => {
    for (const end of [
      (of: ReturnType<typeof begin>) => of.hand.callOff(),
      (of: ReturnType<typeof begin>) => of.hand.press("Escape", false),
      (of: ReturnType<typeof begin>) => {
        of.cell.frame = frameOf({ i: 8, rows: 100, columns: 100 });
        of.cell.changed();
      },
    ]) {
      const of = begin();
      of.hand.down(xy(40, 40), "touch");
      of.hand.move(xy(80, 80));
      end(of);
      of.hand.up(xy(80, 80));
      expect([of.hand.draft, of.notebook.measurements.length]).toEqual([null, 0]);
    }
  });
});

describe("taking hold", () => {
  test("an end is drawn to another place, and undo brings it back", () => {
    const { cell, drag, points, notebook } = begin();
    drag(xy(40, 40), xy(200, 40));
    drag(xy(201, 42), xy(200, 240));
    expect(points()[0]?.[1]).toEqual([50, 60]);
    expect(notebook.measurements).toHaveLength(1);
    cell.undo.undo();
    expect(points()[0]?.[1]).toEqual([50, 10]);
    cell.undo.undo();
    expect(points()).toEqual([]);
    cell.undo.redo();
    cell.undo.redo();
    expect(points()[0]?.[1]).toEqual([50, 60]);
  });

  test("a line moves as a whole, not beyond the picture's edge", () => {
    const { drag, points } = begin();
    drag(xy(40, 40), xy(200, 40));
    drag(xy(120, 41), xy(20, 81));
    expect(points()[0]).toEqual([
      [0, 20],
      [40, 20],
    ]);
  });

  test("a finger may miss by more than a mouse", () => {
    const mouse = begin();
    mouse.drag(xy(40, 40), xy(200, 40));
    mouse.drag(xy(200, 60), xy(200, 140));
    expect(mouse.notebook.measurements).toHaveLength(2);
    const finger = begin();
    finger.drag(xy(40, 40), xy(200, 40), "touch");
    finger.drag(xy(200, 60), xy(200, 140), "touch");
    expect(finger.notebook.measurements).toHaveLength(1);
  });

  test("a press that hardly moves only selects", () => {
    const { drag, click, points, notebook } = begin();
    drag(xy(40, 40), xy(200, 40));
    notebook.select(null);
    click(xy(41, 41));
    expect(points()[0]?.[0]).toEqual([10, 10]);
    expect(notebook.chosen).not.toBeNull();
  });
});

describe("by keys", () => {
  test("arrows move the cross, Shift slowly, and Enter sets points", () => {
    const { hand, points } = begin();
    hand.press("ArrowLeft", false);
    expect(hand.cross).toEqual({ x: 190, y: 200 });
    hand.press("ArrowUp", true);
    expect(hand.cross).toEqual({ x: 190, y: 199 });
    hand.press("Enter", false);
    for (let times = 0; times < 4; times++) {
      hand.press("ArrowRight", false);
    }
    hand.press("Enter", false);
    expect(points()).toEqual([
      [
        [47.5, 49.75],
        [57.5, 49.75],
      ],
    ]);
  });

  test("N goes to a handle, Enter takes it, arrows move it, Enter lets go, Delete deletes", () => {
    const { hand, drag, points, notebook } = begin();
    drag(xy(40, 40), xy(200, 40));
    hand.press("n", false);
    expect(hand.cross).toEqual({ x: 40, y: 40 });
    hand.press("Enter", false);
    hand.press("ArrowDown", false);
    expect(points()[0]?.[0]).toEqual([10, 10]);
    hand.press("Enter", false);
    expect(points()[0]?.[0]).toEqual([10, 12.5]);
    hand.press("Delete", false);
    expect(notebook.measurements).toEqual([]);
  });

  test("Escape lets go step by step: the drawing, the choice, the tool", () => {
    const { cell, hand, notebook, drag } = begin();
    drag(xy(40, 40), xy(200, 40));
    hand.press("Escape", false);
    expect([notebook.selected, cell.tool]).toEqual([null, "length"]);
    hand.press("Escape", false);
    expect(cell.tool).toBe("scroll");
  });
});

describe("words", () => {
  const strokes = (kind: Kind, ...points: PicturePoint[]) =>
    strokesOf({ kind, points }, place({ rows: 400, columns: 400, aspect: 1 }, SCREEN, WHOLE));
  const at = (column: number, row: number): PicturePoint => ({ column, row });
  const free = (box: Box, lines: readonly Stroke[]) =>
    lines.flatMap(stretches).every((segment) => !touches(box, segment));

  test("a box is touched by a line through it, along it or into it, and by no other", () => {
    const box = { x: 10, y: 10, width: 20, height: 10 };
    expect(touches(box, [xy(0, 15), xy(50, 15)])).toBe(true);
    expect(touches(box, [xy(15, 12), xy(18, 13)])).toBe(true);
    expect(touches(box, [xy(0, 0), xy(40, 40)])).toBe(true);
    expect(touches(box, [xy(0, 15), xy(9, 15)])).toBe(false);
    expect(touches(box, [xy(0, 30), xy(40, 21)])).toBe(false);
    expect(touches(box, [xy(15, 15), xy(15, 15)])).toBe(true);
  });

  test("they never lie over what they measure, and stay on the screen, wherever it lies", () => {
    for (const kind of KINDS) {
      for (const [x, y] of [
        [10, 10],
        [370, 10],
        [10, 370],
        [370, 370],
        [200, 200],
      ] as const) {
        const points = [at(x, y), at(x < 200 ? x + 70 : x - 70, y < 200 ? y + 40 : y - 40), at(x, y - 5), at(y, x)];
        const lines = strokes(kind, ...points.slice(0, POINTS[kind]));
        const [box] = layLabels([{ strokes: lines, width: 90, height: 60 }], SCREEN);
        expect(box).toBeDefined();
        if (box !== undefined) {
          expect(free(box, lines)).toBe(true);
          expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(400);
          expect(box.y + box.height).toBeLessThanOrEqual(400);
        }
      }
    }
  });

  test("two labels do not lie over one another", () => {
    const near = [strokes("length", at(100, 100), at(150, 100)), strokes("length", at(100, 112), at(150, 112))];
    const [a, b] = layLabels(
      near.map((lines) => ({ strokes: lines, width: 80, height: 24 })),
      SCREEN,
    );
    expect(a && b && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height).toBe(
      false,
    );
  });

  test("without full values only what needs none is said", () => {
    const frame = frameOf({ rows: 4, columns: 6, spacing: [2, 0.5], calibration: "given" });
    const pixels = Int16Array.from({ length: 24 }, (_, value) => value + 1024);
    const box = { id: "1", kind: "rectangle" as const, on: { series: 1, instance: 1, frame: 0 }, text: "" };
    const measurement = { ...box, points: [at(1, 1), at(3, 3)] };
    expect(resultOf(measurement, frame, "HU", null)).toEqual({ lines: ["4 mm²"], waiting: true });
    expect(resultOf(measurement, frame, "HU", pixels)).toEqual({
      lines: ["Mean 10.5 HU", "SD 3", "From 7 to 14", "4 mm²"],
      waiting: false,
    });
  });

  test("millimetres that do not hold in the patient say where they do", () => {
    const line = { id: "1", kind: "length" as const, on: { series: 1, instance: 1, frame: 0 }, text: "" };
    const said = (changes: Parameters<typeof frameOf>[0]) =>
      resultOf({ ...line, points: [at(0, 0), at(30, 40)] }, frameOf(changes), "", null).lines;
    expect(said({ spacing: [0.5, 0.5], calibration: "given" })).toEqual(["25 mm"]);
    expect(said({ spacing: [0.5, 0.5], calibration: "detector" })).toEqual(["25 mm at the detector"]);
    expect(said({ spacing: [0.5, 0.5], calibration: "unknown" })).toEqual(["25 mm (not calibrated)"]);
    expect(said({ calibration: "none" })).toEqual(["50 pixels"]);
  });

  test("in a chart of speed over time, each direction is told in its own unit", () => {
    const regions = [
      {
        box: [0, 0, 200, 100] as const,
        format: 3,
        unitX: "s",
        unitY: "cm/s",
        deltaX: 0.01,
        deltaY: -2,
        reference: [0, 50] as const,
        referenceValue: [0, 0] as const,
      },
    ];
    const frame = frameOf({ rows: 100, columns: 200, samples: 3, regions });
    const base = { id: "1", on: { series: 1, instance: 1, frame: 0 }, text: "" };
    const line = { ...base, kind: "length" as const, points: [at(10, 50), at(60, 20)] };
    expect(resultOf(line, frame, "", null).lines).toEqual(["0.5 s", "60 cm/s"]);
    const peak = { ...base, kind: "point" as const, points: [at(60, 20)] };
    expect(resultOf(peak, frame, "", null).lines).toEqual(["0.6 s", "60 cm/s"]);
  });
});

describe("keeping", () => {
  test("notes outlive a reload, stars and words among them", () => {
    const first = begin("arrow");
    first.drag(xy(40, 40), xy(200, 40));
    const [arrow] = first.notebook.measurements;
    first.notebook.change(arrow?.id ?? "", { text: "here <b>" });
    first.notebook.toggleStar({ series: 3, instance: 7, frame: 0 });
    const again = begin("length", first.memory);
    expect(again.notebook.measurements).toEqual(first.notebook.measurements);
    expect(again.notebook.isStarred({ series: 3, instance: 7, frame: 0 })).toBe(true);
    again.drag(xy(40, 200), xy(200, 200));
    expect(new Set(again.notebook.measurements.map(({ id }) => id)).size).toBe(2);
  });

  test("with the last note gone nothing is kept", () => {
    const { drag, notebook, memory } = begin();
    drag(xy(40, 40), xy(200, 40));
    expect(memory.kept.size).toBe(1);
    notebook.remove(notebook.measurements[0]?.id ?? "");
    expect(memory.kept.size).toBe(0);
  });

  test("a memory that refuses does not stop anybody from measuring", () => {
    const memory = new Memory();
    memory.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const { drag, notebook } = begin("length", memory);
    drag(xy(40, 40), xy(200, 40));
    expect(notebook.measurements).toHaveLength(1);
  });

  test("what goes to the server says what each measurement said, and an arrow its own words", () => {
    const of = begin();
    of.drag(xy(40, 40), xy(200, 40));
    of.notebook.note(of.notebook.measurements[0]?.id ?? "", ["80.6 mm"]);
    of.cell.tool = "arrow";
    of.drag(xy(40, 200), xy(200, 240));
    of.notebook.change(of.notebook.selected ?? "", { text: "here" });
    of.notebook.toggleStar({ series: 3, instance: 7, frame: 0 });
    const { measurements, stars, lines } = of.notebook;
    const told = JSON.parse(bodyOf(measurements, stars, lines));
    expect(told.measurements.map((one: { words: string }) => one.words)).toEqual(["80.6 mm", "here"]);
    expect(told.measurements[0]).toMatchObject({ kind: "length", on: { series: 3, instance: 7, frame: 0 } });
    expect(told.stars).toEqual([{ series: 3, instance: 7, frame: 0 }]);
  });

  test("what is no note is left out, whatever it is", () => {
    const good = {
      id: "4",
      kind: "length",
      on: { series: 1, instance: 2, frame: 0 },
      points: [
        { column: 1, row: 2 },
        { column: 3, row: 4 },
      ],
    };
    const bad = [
      null,
      7,
      { ...good, kind: "constructor" },
      { ...good, points: [{ column: 1, row: 2 }] },
      { ...good, points: [{ column: Number.NaN, row: 2 }, good.points[1]] },
      { ...good, on: { series: -1, instance: 2, frame: 0 } },
      { ...good, id: 4 },
    ];
    const text = JSON.stringify({
      measurements: [...bad, { ...good, text: "x".repeat(500) }],
      stars: [{}, 3, good.on],
    });
    const { notes } = readNotes(text);
    expect(notes.measurements.map(({ id, text: said }) => [id, said.length])).toEqual([["4", 80]]);
    expect(notes.stars).toEqual([good.on]);
    for (const nonsense of ["", "[]", "{", "null", '{"measurements": {}}']) {
      expect(writeNotes(readNotes(nonsense).notes, new Map())).toBeNull();
    }
  });
});
