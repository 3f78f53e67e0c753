/** Several cells on one screen: how they lie, what they share, and whose pictures they show. */

import { beforeAll, describe, expect, test } from "vitest";
import { DecodePool } from "../src/decode/pool";
import { ByteBudget } from "../src/loading/memory";
import type { Held } from "../src/loading/series";
import { readStudy } from "../src/source/manifest";
import type { Patient } from "../src/source/model";
import { isSamePatient } from "../src/viewer/patients";
import { Workspace } from "../src/viewer/workspace";
import { FakeSource, open, PERSON, pretendBitmaps, shown, until } from "./workspaces";

beforeAll(pretendBitmaps);

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
