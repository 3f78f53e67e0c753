/** Instances by patient, study and series, as the viewer's list has them. */

import type { SeriesEntry, StudyEntry } from "../model";
import { hangingOf } from "./hanging";
import type { Instance } from "./instance";
import { TAG } from "./tags";

export interface Series {
  entry: SeriesEntry;
  instances: readonly Instance[];
}

export interface Grouped {
  studies: StudyEntry[];
  series: ReadonlyMap<number, Series>;
}

const whose = ({ patient }: Instance) => [patient.name, patient.id, patient.birthDate].join("\n");

/** One after the other, each under its key, in the order of first appearance. */
function gathered<T>(things: readonly T[], keyOf: (thing: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = found.get(key);
    if (group === undefined) {
      found.set(key, [thing]);
    } else {
      group.push(thing);
    }
  }
  return [...found.values()];
}

const numberOf = ({ values }: Instance, tag: number) => values.whole(tag) ?? Number.MAX_SAFE_INTEGER;

export function group(instances: readonly Instance[]): Grouped {
  const studies: StudyEntry[] = [];
  const series = new Map<number, Series>();
  for (const own of gathered(instances, whose)) {
    const told = gathered(own, ({ values }) => values.text(TAG.studyUid)).map((study) => {
      const entries = seriesOf(study).map((members) => {
        const entry = entryOf(series.size + 1, members);
        series.set(entry.id, { entry, instances: members });
        return entry;
      });
      return studyOf(studies.length + 1, study, entries);
    });
    // The newest first.
    const when = ({ date, time }: StudyEntry) => `${date} ${time}`;
    told.sort((a, b) => (when(a) < when(b) ? 1 : when(a) > when(b) ? -1 : 0));
    for (const study of told) {
      studies.push({ ...study, id: studies.length + 1 });
    }
  }
  return { studies, series };
}

/** Pictures by their series; each document for itself; behind them what cannot be shown. */
function seriesOf(study: readonly Instance[]): Instance[][] {
  const rank = { images: 0, document: 1, other: 2 };
  const found = gathered(study, (one) =>
    [one.kind, one.values.text(TAG.seriesUid), one.kind === "document" ? one.id : ""].join("\n"),
  );
  const first = (group: Instance[]) => group[0] as Instance;
  return found
    .map((members) => members.sort((a, b) => numberOf(a, TAG.instanceNumber) - numberOf(b, TAG.instanceNumber)))
    .sort(
      (a, b) =>
        rank[first(a).kind] - rank[first(b).kind] ||
        numberOf(first(a), TAG.seriesNumber) - numberOf(first(b), TAG.seriesNumber),
    );
}

function entryOf(id: number, members: readonly Instance[]): SeriesEntry {
  const [first] = members as [Instance];
  const { kind, values, description } = first;
  return {
    id,
    kind,
    modality: values.term(TAG.modality),
    number: values.whole(TAG.seriesNumber),
    title: values.text(TAG.seriesDescription),
    count: kind === "images" ? members.reduce((sum, { frames }) => sum + frames, 0) : members.length,
    rows: description?.rows ?? 0,
    columns: description?.columns ?? 0,
    thumbnail: kind === "images",
    note: "",
    instance: kind === "images" ? null : first.id,
    ...(kind === "document" ? { form: "pdf" as const } : {}),
    ...(kind === "other" ? { form: "file" as const, files: members.map((one) => one.id) } : {}),
    hanging: hangingOf(kind === "images" ? members : []),
  };
}

function studyOf(id: number, instances: readonly Instance[], series: SeriesEntry[]): StudyEntry {
  const [{ values, patient }] = instances as [Instance];
  return {
    id,
    title: values.text(TAG.studyDescription),
    date: values.text(TAG.studyDate).replaceAll(".", ""),
    time: values.text(TAG.studyTime),
    institution: values.text(TAG.institution),
    accession: values.text(TAG.accession),
    patient,
    series,
  };
}
