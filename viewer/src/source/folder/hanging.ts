/** What is known of a series beyond its name, for placing it beside others. */

import type { HangingFacts } from "../model";
import { TAG } from "./tags";
import type { Values } from "./values";

const PLANES = ["sagittal", "coronal", "axial"] as const;
const SLICES = new Set(["CT", "MR", "PT", "NM"]);
const PROJECTIONS = new Set(["MG", "CR", "DX", "RG", "RF"]);
const MOST_VIEWS = 24;
/** The strongest word in a series' own name comes first: a FLAIR is T2-weighted, and an ADC map is made of diffusion. */
const WEIGHTINGS: readonly (readonly [string, RegExp])[] = [
  ["ADC", /\badc\b|apparent diff/i],
  ["DWI", /\bdwi\b|diffusion|\btrace\b|\bb-?\s?(?:800|1000|1500)\b/i],
  ["FLAIR", /flair|dark.?fluid/i],
  ["STIR", /stir|\btirm\b/i],
  ["T2*", /t2\s?\*|t2star|\bswi\b|\bswan\b|hemo\b|\bgre\b/i],
  ["MRA", /\bmra\b|\btof\b|angio/i],
  ["PD", /\bpd\b|\bpdw\b|proton/i],
  ["T1", /t1/i],
  ["T2", /t2/i],
];

function planeOf(orientation: readonly number[] | null): HangingFacts["plane"] {
  const [rx = 0, ry = 0, rz = 0, cx = 0, cy = 0, cz = 0] = orientation ?? [];
  const normal = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx].map(Math.abs);
  const largest = Math.max(...normal);
  return largest >= 0.7 && largest <= 1.01 ? (PLANES[normal.indexOf(largest)] ?? "") : "";
}

function weightingOf(description: string, values: Values): string {
  for (const [weighting, pattern] of WEIGHTINGS) {
    if (pattern.test(description.replaceAll("_", " "))) {
      return weighting;
    }
  }
  const echo = values.number(TAG.echoTime);
  const repetition = values.number(TAG.repetitionTime);
  if (echo === null || repetition === null) {
    return "";
  }
  if ((values.number(TAG.inversionTime) ?? 0) > 1500 && echo > 60) {
    return "FLAIR";
  }
  return echo > 60 && repetition > 1500 ? "T2" : echo < 30 && repetition < 1000 ? "T1" : "";
}

/** Of a series, by its instances in the order of their numbers: each with how many frames it has. */
export function hangingOf(instances: readonly { values: Values; frames: number }[]): HangingFacts {
  const first = instances[0]?.values;
  const modality = first?.term(TAG.modality) ?? "";
  const planes = new Set(
    SLICES.has(modality) ? instances.map(({ values }) => planeOf(values.numbers(TAG.orientation, 6))) : [],
  );
  const [plane] = planes;
  const views = PROJECTIONS.has(modality) && instances.length <= MOST_VIEWS ? instances.map(viewOf) : [];
  const loops = instances.map(({ frames }) => frames);
  if (first === undefined) {
    return { plane: "", weighting: "", kernel: "", body: "", contrast: false, localizer: false, views, loops: [] };
  }
  const named = `${first.text(TAG.seriesDescription)} ${first.text(TAG.protocol)}`;
  return {
    plane: planes.size === 1 ? (plane ?? "") : "",
    weighting:
      modality === "MR" ? weightingOf(first.text(TAG.seriesDescription), first) || weightingOf(named, first) : "",
    kernel: modality === "CT" ? first.texts(TAG.kernel).join("\\") : "",
    body: first.term(TAG.bodyPart),
    contrast: (modality === "CT" || modality === "MR") && !["", "NONE", "NO"].includes(first.term(TAG.contrastAgent)),
    localizer: modality === "CT" && first.texts(TAG.imageType).includes("LOCALIZER"),
    views,
    loops: loops.length > 1 && Math.max(...loops) > 1 ? loops : [],
  };
}

function viewOf({ values }: { values: Values }): readonly [string, string] {
  const side = (values.term(TAG.imageLaterality) || values.term(TAG.laterality)).slice(0, 1);
  return [/^[RLB]$/.test(side) ? side : "", values.term(TAG.viewPosition).slice(0, 16)];
}
