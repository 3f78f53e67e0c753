/** What can be taken back, and done again. */

import { beforeAll, describe, expect, test } from "vitest";
import { UndoStack } from "../src/viewer/undo";
import { open, pretendBitmaps, until } from "./workspaces";

beforeAll(pretendBitmaps);

describe("undo", () => {
  test("a drag is one step, and two drags are two", () => {
    let now = 0;
    const stack = new UndoStack(() => now);
    let value = 0;
    const add = (by: number) => {
      const before = value;
      value += by;
      const after = value;
      const to = (where: number) => () => {
        value = where;
      };
      stack.push({ name: "drag", undo: to(before), redo: to(after) });
    };
    add(1);
    now += 10;
    add(2);
    now += 5000;
    add(10);
    stack.undo();
    expect(value).toBe(3);
    stack.undo();
    expect([value, stack.canUndo, stack.canRedo]).toEqual([0, false, true]);
    stack.redo();
    expect(value).toBe(3);
    add(4);
    expect(stack.canRedo).toBe(false);
  });

  test("contrast and zoom come back", async () => {
    const { workspace, cell } = open();
    await until(() => cell(0).manifest !== null);
    cell(0).resize({ width: 100, height: 100 });
    cell(0).look.zoom(2);
    cell(0).look.toggleInvert();
    workspace.undo.undo();
    expect([cell(0).look.invert, cell(0).look.view.zoom]).toEqual([false, 2]);
    workspace.undo.undo();
    expect(cell(0).look.view.zoom).toBe(1);
    workspace.undo.redo();
    expect(cell(0).look.view.zoom).toBe(2);
    workspace.stop();
  });
});
