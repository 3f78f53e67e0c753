/** Several cells on one screen: what they share, how they lie, how they go together, and what can be taken back. */

import { beforeAll, describe, expect, test } from "vitest";
import { DecodePool } from "../src/decode/pool";
import { ByteBudget } from "../src/loading/memory";
import type { Held } from "../src/loading/series";
import type { FrameSource, Opening, StripImage } from "../src/source/frame-source";
import { readStudy } from "../src/source/manifest";
import type { Frame, Patient, SeriesManifest, StudyManifest } from "../src/source/model";
import { Cine } from "../src/viewer/cine";
import { isSamePatient } from "../src/viewer/patients";
import { UndoStack } from "../src/viewer/undo";
import { Workspace } from "../src/viewer/workspace";
import { frameOf } from "./frames";

beforeAll(() => {
  globalThis.createImageBitmap = (async () => ({ width: 2, height: 2, close() {} })) as never;
});

const AXIAL = [1, 0, 0, 0, 1, 0] as const;
const SAGITTAL = [0, 1, 0, 0, 0, -1] as const;

/** Series 1 and 2 lie in one space with other gaps, 3 is sagittal in it, 4 in another space, 5 has no places. */
function seriesOf(id: number): SeriesManifest {
  const gap = id === 2 ? 6 : 3;
  const count = id === 2 ? 10 : 20;
  const frames = Array.from({ length: count }, (_, at) =>
    frameOf({
      i: id * 100 + at,
      rows: 50,
      columns: 50,
      bytes: 5000,
      spacing: [4, 4],
      position: id === 5 ? null : id === 3 ? [-90 + at * 9, -90, 60] : [-90, -90, at * gap],
      orientation: id === 5 ? null : id === 3 ? SAGITTAL : AXIAL,
    }),
  );
  return { id, modality: "MR", title: `Series ${id}`, unit: "", reference: id < 4 ? "1.2" : `1.${id}`, frames };
}

class FakeSource implements FrameSource {
  readonly asked: string[] = [];
  async open(): Promise<Opening> {
    return { outcome: "closed" };
  }
  async study(): Promise<StudyManifest> {
    return readStudy({});
  }
  async series(id: number): Promise<SeriesManifest> {
    this.asked.push(`series ${id}`);
    return seriesOf(id);
  }
  async *strip(id: number): AsyncGenerator<StripImage> {
    this.asked.push(`strip ${id}`);
    for (let index = 0; index < 20; index++) {
      yield { index, bytes: new Uint8Array(100) };
    }
  }
  async frame(frame: Frame): Promise<ArrayBuffer> {
    this.asked.push(`frame ${frame.i}`);
    return new ArrayBuffer(5000);
  }
  async preview(): Promise<Blob> {
    return new Blob([Uint8Array.from([1])]);
  }
  thumbnailAddress = () => "";
  documentAddress = () => "";
  downloadAddress = () => "";
  forget(): void {}
}

const PERSON = { name: "DOE^JANE", id: "1", birth_date: "19700101", sex: "F" };
const STUDY = readStudy({
  patient: PERSON,
  studies: [
    {
      id: 1,
      date: "20260101",
      patient: PERSON,
      series: [1, 2, 3, 5].map((id) => ({ id, kind: "images", modality: "MR", count: 20, title: `Series ${id}` })),
    },
    {
      id: 2,
      date: "20250101",
      patient: { ...PERSON, name: "ROE^RITA", birth_date: "19800202" },
      series: [{ id: 4, kind: "images", modality: "MR", count: 20, title: "Series 1" }],
    },
  ],
});

function open(bytes = 1 << 20) {
  const source = new FakeSource();
  const memory = new ByteBudget<Held>(bytes);
  const workspace = new Workspace(STUDY, { source, pool: new DecodePool(1), memory, frugal: false, closed() {} });
  const entry = (id: number) => workspace.entries.find((one) => one.id === id) ?? null;
  const cell = (at: number) => {
    const found = workspace.cells[at];
    if (found === undefined) {
      throw new Error(`there is no cell ${at}`);
    }
    return found;
  };
  return { source, memory, workspace, entry, cell };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const shown = (workspace: Workspace) => workspace.cells.map(({ entry }) => entry?.id ?? null);

describe("layouts", () => {
  test("new cells take what is not on the screen yet, and the active one stays on it", () => {
    const { workspace, cell } = open();
    workspace.setLayout("2x2");
    expect(shown(workspace)).toEqual([1, 2, 3, 5]);
    workspace.activate(cell(2));
    workspace.setLayout("1x1");
    expect(shown(workspace)).toEqual([3]);
    workspace.setLayout("1x2");
    expect(shown(workspace)).toEqual([3, 1]);
    workspace.stop();
  });

  test("cells without a series stay empty", () => {
    const { workspace } = open();
    workspace.setLayout("2x3");
    expect(shown(workspace)).toEqual([1, 2, 3, 5, 4, null]);
    workspace.stop();
  });

  test("layouts and series are taken back and done again, step by step", () => {
    const { workspace, entry } = open();
    const five = entry(5);
    workspace.setLayout("1x2");
    if (five !== null) {
      workspace.choose(five);
    }
    expect(shown(workspace)).toEqual([5, 2]);
    workspace.undo.undo();
    expect(shown(workspace)).toEqual([1, 2]);
    workspace.undo.undo();
    expect([workspace.layout, shown(workspace)]).toEqual(["1x1", [1]]);
    expect(workspace.undo.canUndo).toBe(false);
    workspace.undo.redo();
    workspace.undo.redo();
    expect(shown(workspace)).toEqual([5, 2]);
    workspace.stop();
  });

  test("the tool is one for all cells", () => {
    const { workspace, cell } = open();
    workspace.setLayout("1x2");
    cell(0).useTool("contrast");
    expect(cell(1).tool).toBe("contrast");
    workspace.stop();
  });
});

describe("hanging by itself", () => {
  const facts = (plane: string, weighting: string) => ({ plane, weighting });
  const [one, two] = [
    { id: 1, kind: "images", modality: "MR", count: 20, hanging: facts("axial", "T1") },
    { id: 2, kind: "images", modality: "MR", count: 20, hanging: facts("axial", "T2") },
  ];
  const study = readStudy({ patient: PERSON, studies: [{ id: 1, series: [one, two] }] });
  const made = () =>
    new Workspace(study, {
      source: new FakeSource(),
      pool: new DecodePool(1),
      memory: new ByteBudget<Held>(1 << 20),
      frugal: false,
      closed() {},
    });

  test("lays out a screen that nobody has touched, and can be taken back", () => {
    const workspace = made();
    expect(workspace.hangByItself(6)).toBe(true);
    expect([workspace.layout, workspace.hung, shown(workspace)]).toEqual(["1x2", "weightings", [1, 2]]);
    workspace.undo.undo();
    expect([workspace.layout, workspace.hung]).toEqual(["1x1", null]);
    workspace.stop();
  });

  test("leaves alone what somebody has begun with, and what has no room", () => {
    const workspace = made();
    expect(workspace.hangByItself(1)).toBe(false);
    workspace.setLayout("2x1");
    workspace.setLayout("1x1");
    expect(workspace.hangByItself(6)).toBe(false);
    workspace.stop();
  });
});

describe("sharing", () => {
  test("a series shown in two cells is loaded once", async () => {
    const { workspace, source, entry, cell } = open();
    workspace.setLayout("1x2");
    const two = entry(2);
    if (two !== null) {
      workspace.choose(two, cell(0));
    }
    await until(() => cell(0).fidelity === "full" && cell(1).fidelity === "full" && cell(0).progress?.ready === 10);
    expect(source.asked.filter((one) => one === "series 2").length).toBe(1);
    await until(() => source.asked.includes("strip 2"));
    expect(source.asked.filter((one) => one === "strip 2").length).toBe(1);
    const frames = source.asked.filter((one) => one.startsWith("frame 2"));
    expect(frames.length).toBe(new Set(frames).size);
    workspace.stop();
  });

  test("six cells together hold no more than the budget, and come to rest", async () => {
    const { workspace, source, memory, cell } = open(60_000);
    workspace.setLayout("2x3");
    await until(() => workspace.cells.slice(0, 5).every(({ fidelity }) => fidelity === "full"));
    await until(() => cell(0).progress?.ready === cell(0).progress?.total);
    expect(memory.used).toBeLessThanOrEqual(60_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const asked = source.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(source.asked.length).toBe(asked);
    workspace.stop();
  });

  test("a cell that goes leaves its share of memory to the others", async () => {
    const { workspace, cell } = open(100_000);
    await until(() => cell(0).manifest !== null);
    const whole = cell(0).progress?.total ?? 0;
    workspace.setLayout("2x2");
    await until(() => workspace.cells.every(({ manifest }) => manifest !== null));
    expect(cell(0).progress?.total).toBeLessThan(whole);
    workspace.setLayout("1x1");
    expect(cell(0).progress?.total).toBe(whole);
    workspace.stop();
  });
});

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

describe("patients", () => {
  const person = (name: string, id: string, birthDate: string): Patient => ({ name, id, birthDate, sex: "" });

  test("two on one screen are noticed, and one alone is not", () => {
    const { workspace } = open();
    workspace.setLayout("2x2");
    expect(workspace.patients.length).toBe(1);
    workspace.setLayout("2x3");
    expect(workspace.patients.map(({ name }) => name)).toEqual(["DOE^JANE", "ROE^RITA"]);
    workspace.stop();
  });

  test("writing the name otherwise makes nobody another person; a birth date does", () => {
    expect(isSamePatient(person("DOE^JANE", "1", "19700101"), person("Doe^Jane", "1", "19700101"))).toBe(true);
    expect(isSamePatient(person("DOE^JANE", "1", "19700101"), person("ROE^JANE", "1", "19700101"))).toBe(true);
    expect(isSamePatient(person("DOE^JANE", "1", "19700101"), person("DOE^JANE", "X9", "19700101"))).toBe(true);
    expect(isSamePatient(person("DOE^JANE", "1", "19700101"), person("DOE^JANE", "1", "19700102"))).toBe(false);
    expect(isSamePatient(person("DOE^JANE", "1", ""), person("DOE^JANE", "2", ""))).toBe(false);
    expect(isSamePatient(person("DOE^JANE", "1", ""), person("ROE^RITA", "1", ""))).toBe(false);
    expect(isSamePatient(person("", "", ""), person("", "", ""))).toBe(true);
    expect(isSamePatient(person("DOE^JANE", "1", "1"), person("", "", ""))).toBe(false);
  });
});

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
    cell(0).zoom(2);
    cell(0).toggleInvert();
    workspace.undo.undo();
    expect([cell(0).invert, cell(0).view.zoom]).toEqual([false, 2]);
    workspace.undo.undo();
    expect(cell(0).view.zoom).toBe(1);
    workspace.undo.redo();
    expect(cell(0).view.zoom).toBe(2);
    workspace.stop();
  });
});

describe("a film", () => {
  function film(count: number, duration: number | null) {
    let now = 0;
    let next: (() => void) | null = null;
    const played: number[] = [];
    const missing = new Set<number>();
    const shown = {
      index: 0,
      loop: { from: 0, to: count - 1 },
      duration: () => duration,
      ready: (index: number) => !missing.has(index),
      playTo(index: number) {
        played.push(index);
        shown.index = index;
      },
      playingChanged() {},
    };
    const cine = new Cine(shown, {
      now: () => now,
      next: (run) => {
        next = run;
        return () => {
          next = null;
        };
      },
    });
    const pass = (milliseconds: number, every = 16) => {
      for (const end = now + milliseconds; now < end; ) {
        now += every;
        const run = next;
        next = null;
        run?.();
      }
    };
    return { cine, played, pass, missing, shown };
  }

  test("shows as many pictures a second as were recorded", () => {
    const { cine, played, pass } = film(100, 40);
    cine.play();
    pass(1000);
    expect(cine.rate).toBe(25);
    expect(played.length).toBeGreaterThanOrEqual(24);
    expect(played.length).toBeLessThanOrEqual(27);
    expect(played.every((index, at) => index === at)).toBe(true);
  });

  test("leaves pictures out on a slow machine, and stays in time", () => {
    const { cine, shown, pass } = film(1000, 20);
    cine.play();
    pass(2000, 100);
    expect(shown.index).toBeGreaterThanOrEqual(97);
    expect(shown.index).toBeLessThanOrEqual(101);
  });

  test("ten a second where nothing was recorded; the speed is a choice", () => {
    const { cine, played, pass } = film(100, null);
    expect([cine.rate, cine.isRecorded]).toEqual([10, false]);
    cine.setSpeed(2);
    cine.play();
    pass(1000);
    expect(played.length).toBeGreaterThanOrEqual(19);
    expect(played.length).toBeLessThanOrEqual(21);
  });

  test("waits for a picture that is not there, and goes on without haste", () => {
    const { cine, played, pass, missing } = film(10, 100);
    missing.add(3);
    cine.play();
    pass(2000);
    expect(played.at(-1)).toBe(2);
    missing.clear();
    pass(300);
    expect(played.length).toBeLessThanOrEqual(7);
    expect(played).toContain(3);
  });

  test("bounces at both ends, and stops when told", () => {
    const { cine, played, pass } = film(3, 100);
    cine.setBounce(true);
    cine.play();
    pass(650);
    expect(played.slice(0, 6)).toEqual([0, 1, 2, 1, 0, 1]);
    cine.toggle();
    const before = played.length;
    pass(500);
    expect(played.length).toBe(before);
  });
});
