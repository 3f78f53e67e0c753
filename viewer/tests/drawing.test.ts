/** Drawing by dragging, by clicking and by keys; taking hold. */

import { describe, expect, test } from "vitest";
import { frameOf } from "./frames";
import { begin, xy } from "./hands";

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
