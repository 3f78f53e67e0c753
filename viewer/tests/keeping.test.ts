/** Notes are kept, brought back and sent; nonsense is not. */

import { describe, expect, test } from "vitest";
import { readNotes, writeNotes } from "../src/measure/keeping";
import { bodyOf } from "../src/measure/sending";
import { begin, Memory, xy } from "./hands";

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
