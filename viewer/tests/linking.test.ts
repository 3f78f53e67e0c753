/** Cells that go together: to one place, to one point, with lines where their slices meet. */

import { beforeAll, describe, expect, test } from "vitest";
import { open, pretendBitmaps, until } from "./workspaces";

beforeAll(pretendBitmaps);

describe("linking", () => {
  async function side(...ids: number[]) {
    const made = open();
    made.workspace.setLayout(ids.length === 2 ? "1x2" : "1x3");
    for (const [at, id] of ids.entries()) {
      void made.cell(at).choose(made.entry(id));
    }
    await until(() => made.workspace.cells.every(({ manifest }) => manifest !== null));
    return made;
  }

  test("in one space the others go to the slice at the same place; those in another plane stay", async () => {
    const { workspace, cell } = await side(1, 2, 3);
    const before = cell(2).index;
    cell(0).goTo(18);
    expect([cell(1).index, cell(2).index]).toEqual([9, before]);
    cell(1).goTo(2);
    expect(cell(0).index).toBe(4);
    workspace.linking.toggleTogether();
    cell(0).goTo(0);
    expect(cell(1).index).toBe(2);
    workspace.stop();
  });

  test("in different spaces they go together only once they were set side by side, and then as far", async () => {
    const { workspace, cell } = await side(1, 4);
    cell(0).goTo(3);
    expect(cell(1).index).toBe(10);
    cell(1).goTo(8);
    workspace.linking.setSideBySide();
    cell(0).goTo(7);
    expect(cell(1).index).toBe(12);
    cell(1).goTo(0);
    expect(cell(0).index).toBe(0);
    workspace.stop();
  });

  test("without places they go together picture by picture", async () => {
    const { workspace, cell } = await side(1, 5);
    cell(0).goTo(5);
    cell(1).goTo(9);
    workspace.linking.setSideBySide();
    cell(0).goTo(8);
    expect(cell(1).index).toBe(12);
    workspace.stop();
  });

  test("a point marked in one cell is gone to in all of its space, and marked there", async () => {
    const { workspace, cell } = await side(1, 2, 3);
    cell(0).goTo(10);
    // 4 mm a pixel: column 30.5 is x = 30, row 20.5 is y = -10, the slice is z = 30.
    workspace.linking.mark(cell(0), { column: 30.5, row: 20.5 });
    expect([cell(1).index, cell(2).index]).toEqual([5, 13]);
    const sagittal = workspace.linking.markOn(cell(2));
    expect(sagittal).toBeNull();
    cell(2).follow(13);
    expect(workspace.linking.markOn(cell(0))).toEqual({ column: 30.5, row: 20.5 });
    expect(workspace.linking.markOn(cell(1))).toEqual({ column: 30.5, row: 20.5 });
    cell(1).follow(0);
    expect(workspace.linking.markOn(cell(1))).toBeNull();
    workspace.stop();
  });

  test("the slices of the others are lines on the active picture, and the active one's on theirs", async () => {
    const { workspace, cell } = await side(1, 2, 3);
    const on = (at: number) => workspace.linking.linesOn(cell(at), workspace.active).map(({ from }) => from);
    expect(on(0)).toEqual([cell(2)]);
    expect(on(2)).toEqual([cell(0)]);
    expect(on(1)).toEqual([]);
    workspace.linking.toggleLines();
    expect(on(0)).toEqual([]);
    workspace.stop();
  });
});
