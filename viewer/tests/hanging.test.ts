/** How scans are first laid out: the four views of mammography, MR by weighting and plane, CT by kernel, loops, priors. */

import { describe, expect, test } from "vitest";
import { readStudy } from "../src/source/manifest";
import { compareWithPrior, type Hanging, hang, kernelClass, likeness } from "../src/viewer/hanging";

type Facts = Record<string, unknown>;

let number = 1;
function series(modality: string, title: string, hanging: Facts = {}, more: Facts = {}) {
  return { id: number++, kind: "images", modality, title, count: 20, hanging, ...more };
}

function studies(...scans: Facts[][]) {
  return readStudy({ studies: scans.map((entries, at) => ({ id: at + 1, date: `202${9 - at}0101`, series: entries })) })
    .studies;
}

function titles(hanging: Hanging | null): (string | null)[] {
  return hanging?.cells.map((cell) => cell?.entry.title ?? null) ?? [];
}

describe("mammography", () => {
  const four = [
    series("MG", "L MLO", { views: [["L", "MLO"]] }, { count: 1 }),
    series("MG", "R CC", { views: [["R", "CC"]] }, { count: 1 }),
    series("MG", "L CC", { views: [["L", "CC"]] }, { count: 1 }),
    series("MG", "R MLO", { views: [["R", "MLO"]] }, { count: 1 }),
  ];

  test("hangs right beside left, CC above MLO, the chest walls towards each other", () => {
    const hanging = hang(studies(four));
    expect(hanging?.layout).toBe("2x2");
    expect(titles(hanging)).toEqual(["R CC", "L CC", "R MLO", "L MLO"]);
    expect(hanging?.cells.map((cell) => cell?.wall)).toEqual(["right", "left", "right", "left"]);
  });

  test("finds the four views within one series", () => {
    const all = series("MG", "Screening", {
      views: [
        ["L", "CC"],
        ["R", "CC"],
        ["L", "MLO"],
        ["R", "MLO"],
      ],
    });
    expect(hang(studies([all]))?.cells.map((cell) => cell?.index)).toEqual([1, 0, 3, 2]);
  });

  test("leaves the place of a view that is not there empty", () => {
    const hanging = hang(studies(four.slice(0, 3)));
    expect(titles(hanging)).toEqual(["R CC", "L CC", null, "L MLO"]);
  });

  test("one breast in two views still lies in its half", () => {
    const hanging = hang(studies([four[0] ?? {}, four[2] ?? {}]));
    expect(titles(hanging)).toEqual([null, "L CC", null, "L MLO"]);
  });
});

describe("MR", () => {
  test("hangs one of each weighting in the main plane, and leaves out scouts", () => {
    const hanging = hang(
      studies([
        series("MR", "Localizer", { plane: "axial", weighting: "T1", localizer: true }),
        series("MR", "Sag T1", { plane: "sagittal", weighting: "T1" }),
        series("MR", "Ax FLAIR", { plane: "axial", weighting: "FLAIR" }),
        series("MR", "Ax T2", { plane: "axial", weighting: "T2" }),
        series("MR", "Ax T1", { plane: "axial", weighting: "T1" }),
        series("MR", "Ax T1 again", { plane: "axial", weighting: "T1" }, { count: 5 }),
      ]),
    );
    expect(hanging?.layout).toBe("2x2");
    expect(titles(hanging)).toEqual(["Ax T1", "Ax T2", "Ax FLAIR", "Sag T1"]);
  });

  test("a spine is led by its sagittal slices", () => {
    const hanging = hang(
      studies([
        series("MR", "Ax T2", { plane: "axial", weighting: "T2" }),
        series("MR", "Sag T2", { plane: "sagittal", weighting: "T2" }),
        series("MR", "Sag T1", { plane: "sagittal", weighting: "T1" }),
      ]),
    );
    expect([hanging?.layout, titles(hanging)]).toEqual(["1x3", ["Sag T1", "Sag T2", "Ax T2"]]);
  });

  test("a single series is shown alone", () => {
    expect(hang(studies([series("MR", "Ax T2", { plane: "axial", weighting: "T2" })]))).toBeNull();
  });
});

describe("CT", () => {
  test("hangs soft beside sharp slices, then the other planes", () => {
    const hanging = hang(
      studies([
        series("CT", "Lung 1.0", { plane: "axial", kernel: "B60f", body: "CHEST" }),
        series("CT", "Chest 5.0", { plane: "axial", kernel: "B30f", body: "CHEST" }),
        series("CT", "Cor", { plane: "coronal", kernel: "B30f", body: "CHEST" }),
        series("CT", "Topogram", { localizer: true }),
      ]),
    );
    expect([hanging?.layout, titles(hanging)]).toEqual(["1x3", ["Chest 5.0", "Lung 1.0", "Cor"]]);
    expect(hanging?.cells[1]?.preset).toBe("lung");
  });

  test("kernels are known by makers' names and numbers", () => {
    expect(["STANDARD", "SOFT", "B31s", "Br40d", "FC08", "FC43", "B"].map((one) => kernelClass(one, ""))).toEqual(
      Array(7).fill("soft"),
    );
    expect(["LUNG", "BONEPLUS", "B70f", "Br64", "FC52", "YC"].map((one) => kernelClass(one, ""))).toEqual(
      Array(6).fill("sharp"),
    );
    expect(kernelClass("", "Axial")).toBe("");
  });
});

describe("loops and projections", () => {
  test("each loop of an ultrasound has its own cell", () => {
    const hanging = hang(studies([series("US", "Heart", { loops: [40, 1, 55, 60] }, { count: 156 })]));
    expect(hanging?.layout).toBe("1x3");
    expect(hanging?.cells.map((cell) => cell?.index)).toEqual([0, 41, 96]);
  });

  test("frontal and lateral radiographs lie above those of the scan before", () => {
    const now = [
      series("DX", "lateral", { body: "CHEST", views: [["", "LL"]] }, { count: 1 }),
      series("DX", "frontal", { body: "CHEST", views: [["", "PA"]] }, { count: 1 }),
    ];
    const before = [series("DX", "frontal then", { body: "CHEST", views: [["", "AP"]] }, { count: 1 })];
    expect([hang(studies(now))?.layout, titles(hang(studies(now)))]).toEqual(["1x2", ["frontal", "lateral"]]);
    const both = hang(studies(now, before));
    expect([both?.layout, titles(both)]).toEqual(["2x2", ["frontal", "lateral", "frontal then", null]]);
  });

  test("a radiograph of another body part is no prior", () => {
    const now = [series("CR", "hand", { body: "HAND", views: [["R", "PA"]] }, { count: 1 })];
    const chest = [series("CR", "chest", { body: "CHEST", views: [["", "PA"]] }, { count: 1 })];
    expect(hang(studies(now, chest))).toBeNull();
  });

  test("nothing is laid out where there are no pictures", () => {
    expect(hang(studies([{ id: 99, kind: "document", modality: "OT" }]))).toBeNull();
    expect(hang([])).toBeNull();
  });
});

describe("comparing", () => {
  const now = [
    series("MR", "Ax T1", { plane: "axial", weighting: "T1" }),
    series("MR", "Ax T2", { plane: "axial", weighting: "T2" }),
  ];
  const before = [
    series("MR", "AXIAL T2 TSE", { plane: "axial", weighting: "T2" }),
    series("MR", "T1 axial", { plane: "axial", weighting: "T1" }),
    series("CT", "T2", {}),
  ];

  test("finds the same pictures in the scan before, the newer ones first, from either side", () => {
    const both = studies(now, before);
    const [t1, t2] = both[0]?.series ?? [];
    expect(titles(compareWithPrior(both, t1 ?? null))).toEqual(["Ax T1", "T1 axial"]);
    expect(titles(compareWithPrior(both, t2 ?? null))).toEqual(["Ax T2", "AXIAL T2 TSE"]);
    const old = both[1]?.series[0] ?? null;
    expect(titles(compareWithPrior(both, old))).toEqual(["Ax T2", "AXIAL T2 TSE"]);
    expect(compareWithPrior(both, t1 ?? null, true)?.layout).toBe("2x1");
  });

  test("there is nothing to compare with pictures of another kind, or without a prior", () => {
    const both = studies(now, [series("US", "Belly")]);
    expect(compareWithPrior(both, both[0]?.series[0] ?? null)).toBeNull();
    expect(compareWithPrior(studies(now), null)).toBeNull();
  });

  test("likeness is about the pictures, not their names alone", () => {
    const [one, other] =
      studies([
        series("MR", "T2", { plane: "axial", weighting: "T2" }),
        series("MR", "T2", { plane: "sagittal", weighting: "T2" }),
      ])[0]?.series ?? [];
    if (one !== undefined && other !== undefined) {
      expect(likeness(one, one)).toBeGreaterThan(likeness(one, other));
    }
  });
});
