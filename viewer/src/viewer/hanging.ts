/** How the pictures of a scan are first laid out, by what kind of scan it is. Decides; moves nothing. */

import type { SeriesEntry, StudyEntry } from "../source/model";
import { type Layout, sizeOf } from "./layouts";

/** A series in a cell: which of its pictures is shown first, and towards which side of the cell it is pushed. */
export interface Hung {
  entry: SeriesEntry;
  index?: number;
  /** The wall of the chest lies at this side of the cell, so that two breasts face each other. */
  wall?: "left" | "right";
  /** A named contrast range to begin with, as in render/window's presets. */
  preset?: string;
}

export type HangingName = "breasts" | "weightings" | "kernels" | "loops" | "projections" | "compared";

export interface Hanging {
  name: HangingName;
  layout: Layout;
  cells: readonly (Hung | null)[];
}

const BY_COUNT: Readonly<Record<number, Layout>> = { 1: "1x1", 2: "1x2", 3: "1x3", 4: "2x2", 5: "2x3", 6: "2x3" };

const isPicture = (entry: SeriesEntry) => entry.kind === "images" && entry.count > 0;

/** A scout tells the scanner where to look; nobody reads it. */
function isScout(entry: SeriesEntry): boolean {
  return entry.hanging.localizer || /\b(scout|locali[sz]er|loc|survey|topogram|pilot|3.?plane)\b/i.test(entry.title);
}

function hung(name: HangingName, cells: readonly (Hung | null)[], layout = BY_COUNT[cells.length]): Hanging | null {
  return layout === undefined || layout === "1x1" ? null : { name, layout, cells };
}

/** The kind of scan is the modality with the most series of pictures. */
function modalityOf(study: StudyEntry): string {
  const counts = new Map<string, number>();
  for (const entry of study.series.filter(isPicture)) {
    counts.set(entry.modality, (counts.get(entry.modality) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

/**
 * The layout for the newest scan with pictures, or null where one picture at a time is as good. studies: newest first.
 */
export function hang(studies: readonly StudyEntry[]): Hanging | null {
  const at = studies.findIndex((study) => study.series.some(isPicture));
  const study = studies[at];
  if (study === undefined) {
    return null;
  }
  const modality = modalityOf(study);
  const pictures = study.series.filter((entry) => isPicture(entry) && entry.modality === modality);
  switch (modality) {
    case "MG":
      return breasts(pictures);
    case "MR":
      return weightings(pictures.filter((entry) => !isScout(entry)));
    case "CT":
      return kernels(pictures.filter((entry) => !isScout(entry)));
    case "US":
    case "IVUS":
      return loops(pictures);
    case "CR":
    case "DX":
    case "RG":
      return projections(pictures, modality, studies.slice(at + 1));
    default:
      return null;
  }
}

/** Each picture of these series by its side and view. */
function viewed(entries: readonly SeriesEntry[]): { entry: SeriesEntry; index: number; side: string; view: string }[] {
  return entries.flatMap((entry) =>
    entry.hanging.views.map(([side, view], index) => ({ entry, index, side: side.toUpperCase(), view })),
  );
}

/** Right breast on the left, left one on the right, back to back: CC above MLO. */
function breasts(entries: readonly SeriesEntry[]): Hanging | null {
  const all = viewed(entries);
  const find = (side: string, view: string): Hung | null => {
    const found = all.find((one) => one.side === side && one.view === view);
    return found === undefined
      ? null
      : { entry: found.entry, index: found.index, wall: side === "R" ? "right" : "left" };
  };
  const rows = ["CC", "MLO"].map((view) => [find("R", view), find("L", view)]).filter((row) => row.some(Boolean));
  const cells = rows.flat();
  return cells.filter(Boolean).length < 2 ? null : hung("breasts", cells, rows.length === 2 ? "2x2" : "1x2");
}

/** Of several of one kind the one with the most pictures stands for all. */
function firstOfEach(entries: readonly SeriesEntry[], kind: (entry: SeriesEntry) => string): SeriesEntry[] {
  const best = new Map<string, SeriesEntry>();
  for (const entry of entries) {
    const name = kind(entry);
    const before = best.get(name);
    if (before === undefined || entry.count > before.count) {
      best.set(name, entry);
    }
  }
  return [...best.values()];
}

const WEIGHTINGS = ["T1", "T2", "FLAIR", "STIR", "PD", "DWI", "ADC", "T2*", "MRA"];
const PLANES = ["axial", "sagittal", "coronal"];

const rank = (names: readonly string[], name: string) => {
  const at = names.indexOf(name);
  return at === -1 ? names.length : at;
};

/** MR: one series of each weighting in the plane that most were taken in, then the other planes. */
function weightings(entries: readonly SeriesEntry[]): Hanging | null {
  const known = entries.filter(({ hanging }) => hanging.plane !== "" && hanging.weighting !== "");
  const each = firstOfEach(known, ({ hanging }) => `${hanging.plane} ${hanging.weighting} ${hanging.contrast}`);
  const inPlane = (plane: string) => each.filter((entry) => entry.hanging.plane === plane).length;
  const planes = [...PLANES].sort((a, b) => inPlane(b) - inPlane(a));
  const ordered = each.sort(
    (a, b) =>
      rank(planes, a.hanging.plane) - rank(planes, b.hanging.plane) ||
      rank(WEIGHTINGS, a.hanging.weighting) - rank(WEIGHTINGS, b.hanging.weighting) ||
      Number(a.hanging.contrast) - Number(b.hanging.contrast),
  );
  return hung(
    "weightings",
    ordered.slice(0, 4).map((entry) => ({ entry })),
  );
}

/** "sharp" kernels are for lungs and bones; by name where makers have names, by number where they count. */
export function kernelClass(kernel: string, title: string): "soft" | "sharp" | "" {
  if (/\b(lung|bone|edge|detail|lunge|knochen|poumon|os)\b/i.test(`${kernel} ${title}`) || /boneplus/i.test(kernel)) {
    return "sharp";
  }
  // Siemens counts from 10 (smooth) to 90 (sharp): B30f, Br64, I70f.
  const counted = /^[BHIJTUQ][a-z]?(\d{2})/.exec(kernel.trim());
  if (counted !== null) {
    return Number(counted[1]) >= 55 ? "sharp" : "soft";
  }
  // Canon: FC01 to FC29 soft, FC30 and FC50 to FC86 sharp.
  const canon = /^FC(\d{2})/.exec(kernel.trim());
  if (canon !== null) {
    return Number(canon[1]) >= 30 && !/^4/.test(canon[1] ?? "") ? "sharp" : "soft";
  }
  // Philips: A to C soft; D, E, L, YC, YD sharp.
  if (/^(D|E|L|YC|YD)$/.test(kernel.trim())) {
    return "sharp";
  }
  return kernel.trim() === "" ? "" : "soft";
}

function sharpPreset({ hanging, title }: SeriesEntry): string {
  const chest = /CHEST|THORAX|LUNG/.test(hanging.body) || /chest|thorax|lung|poumon/i.test(title);
  return chest && !/bone|knochen|\bos\b/i.test(`${title} ${hanging.kernel}`) ? "lung" : "bone";
}

/** CT: soft and sharp slices side by side, then the other planes. */
function kernels(entries: readonly SeriesEntry[]): Hanging | null {
  const known = entries.filter(({ hanging }) => hanging.plane !== "");
  const kind = (entry: SeriesEntry) => (kernelClass(entry.hanging.kernel, entry.title) === "sharp" ? "sharp" : "soft");
  const each = firstOfEach(known, (entry) => `${entry.hanging.plane} ${kind(entry)} ${entry.hanging.contrast}`);
  const ordered = each.sort(
    (a, b) =>
      rank(PLANES, a.hanging.plane) - rank(PLANES, b.hanging.plane) ||
      rank(["soft", "sharp"], kind(a)) - rank(["soft", "sharp"], kind(b)) ||
      Number(a.hanging.contrast) - Number(b.hanging.contrast),
  );
  // Sharp slices of other planes only where there is room after all soft ones.
  const main = ordered.filter((entry) => entry.hanging.plane === "axial" || kind(entry) === "soft");
  return hung(
    "kernels",
    (main.length > 1 ? main : ordered)
      .slice(0, 4)
      .map((entry) => (kind(entry) === "sharp" ? { entry, preset: sharpPreset(entry) } : { entry })),
  );
}

/** Ultrasound: each loop in a cell of its own, loops before stills, as many as there are cells. */
function loops(entries: readonly SeriesEntry[]): Hanging | null {
  const all = entries.flatMap((entry) => {
    const lengths = entry.hanging.loops.length > 0 ? entry.hanging.loops : [entry.count];
    let start = 0;
    return lengths.map((length) => {
      const index = start;
      start += length;
      return { entry, index, length };
    });
  });
  const moving = all.filter(({ length }) => length > 1);
  const chosen = (moving.length > 1 ? moving : all).slice(0, 6).map(({ entry, index }) => ({ entry, index }));
  return hung("loops", chosen);
}

const FRONTAL = ["PA", "AP"];
const isLateral = (view: string) => /^(LL|RL|LAT|LATERAL|ML|LM)$/i.test(view);

/** Radiographs: the frontal view, the lateral one, and the same of the scan before, below or beside. */
function projections(
  entries: readonly SeriesEntry[],
  modality: string,
  earlier: readonly StudyEntry[],
): Hanging | null {
  const two = frontalAndLateral(entries);
  const body = two.find(Boolean)?.entry.hanging.body ?? "";
  const before = earlier
    .map((study) =>
      frontalAndLateral(
        study.series.filter(
          (entry) => isPicture(entry) && entry.modality === modality && (body === "" || entry.hanging.body === body),
        ),
      ),
    )
    .find((found) => found.some(Boolean));
  const [frontal = null, lateral = null] = two;
  const [frontalBefore = null, lateralBefore = null] = before ?? [];
  if (frontal !== null && lateral !== null) {
    return before === undefined
      ? hung("projections", [frontal, lateral])
      : hung("projections", [frontal, lateral, frontalBefore, lateralBefore]);
  }
  const one = frontal ?? lateral;
  const same = frontal !== null ? frontalBefore : lateralBefore;
  return one === null || same === null ? null : hung("projections", [one, same]);
}

function frontalAndLateral(entries: readonly SeriesEntry[]): (Hung | null)[] {
  const all = viewed(entries);
  const found = (test: (view: string) => boolean): Hung | null => {
    const one = all.find(({ view }) => test(view.toUpperCase()));
    return one === undefined ? null : { entry: one.entry, index: one.index };
  };
  return [found((view) => FRONTAL.includes(view)), found(isLateral)];
}

/** How alike two series are; 0 where they are not to be compared. */
export function likeness(one: SeriesEntry, other: SeriesEntry): number {
  if (!isPicture(one) || !isPicture(other) || one.modality !== other.modality) {
    return 0;
  }
  const [a, b] = [one.hanging, other.hanging];
  const same = (left: string, right: string, points: number) =>
    left === "" || right === "" ? 0 : left === right ? points : -points;
  const words = (title: string) => new Set(title.toLowerCase().match(/[\p{L}\p{N}*]+/gu) ?? []);
  const [here, there] = [words(one.title), words(other.title)];
  const shared = [...here].filter((word) => there.has(word)).length;
  const alike = shared / Math.max(1, Math.max(here.size, there.size));
  const kernel = (entry: SeriesEntry) => kernelClass(entry.hanging.kernel, entry.title);
  return Math.max(
    1,
    10 +
      same(a.plane, b.plane, 6) +
      same(a.weighting, b.weighting, 6) +
      same(a.body, b.body, 3) +
      same(kernel(one), kernel(other), 3) +
      (a.contrast === b.contrast ? 1 : 0) +
      (a.localizer === b.localizer ? 0 : -8) +
      alike * 5 +
      Math.min(one.count, other.count) / Math.max(one.count, other.count),
  );
}

/**
 * The same pictures in the scan before (or, from the earliest, in the one after it; or in one that is named), beside
 * those shown; null if there are none.
 */
export function compareWithPrior(
  studies: readonly StudyEntry[],
  shown: SeriesEntry | null,
  upright = false,
  other: StudyEntry | null = null,
): Hanging | null {
  const here = studies.findIndex((study) => study.series.some((entry) => entry.id === shown?.id));
  if (shown === null || here === -1) {
    return null;
  }
  const others = [...studies.slice(here + 1), ...studies.slice(0, here).reverse()];
  for (const study of others.filter((one) => other === null || one === other)) {
    const best = [...study.series].sort((a, b) => likeness(shown, b) - likeness(shown, a))[0];
    if (best !== undefined && likeness(shown, best) > 0) {
      const isEarlier = studies.indexOf(study) > here;
      const pair = [{ entry: shown }, { entry: best }];
      // The newer one is always the first.
      return { name: "compared", layout: upright ? "2x1" : "1x2", cells: isEarlier ? pair : pair.reverse() };
    }
  }
  return null;
}

/** Whether a hanging fits the screen. */
export function fits(hanging: Hanging, most: number): boolean {
  return sizeOf(hanging.layout).cells <= most;
}
