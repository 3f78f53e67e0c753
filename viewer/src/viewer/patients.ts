/** Whose pictures are on the screen, and whether they are all one person's. */

import type { Patient, SeriesEntry, StudyManifest } from "../source/model";

/** The patient that a series' scan is of. */
export function patientOf(study: StudyManifest, entry: SeriesEntry | null): Patient {
  const own = study.studies.find((one) => one.series.some((series) => series.id === entry?.id));
  return own?.patient ?? study.patient;
}

const plain = (text: string) =>
  text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s^=,]+/g, " ")
    .trim();

/**
 * Whether two sets of facts may be of one person. Birth dates that differ are two people's; otherwise name or number
 * must agree, and what agrees must not be contradicted by both of the others.
 */
export function isSamePatient(one: Patient, other: Patient): boolean {
  const compare = (a: string, b: string) => (a === "" || b === "" ? 0 : a === b ? 1 : -1);
  const name = compare(plain(one.name), plain(other.name));
  const id = compare(plain(one.id), plain(other.id));
  const birth = compare(plain(one.birthDate), plain(other.birthDate));
  if (birth === -1) {
    return false;
  }
  // A new name after a wedding, or another hospital's number: what is left must be borne out.
  if (name === -1 || id === -1) {
    return name + id + birth > 0 && (name === 1 || id === 1);
  }
  // Of whom nothing is told cannot be told from another of whom nothing is told, but from everybody else.
  const nameless = [one, other].every((patient) => plain(`${patient.name}${patient.id}`) === "");
  return name === 1 || id === 1 || nameless;
}

/** The different patients among these, the first of each. */
export function differentPatients(patients: readonly Patient[]): Patient[] {
  const found: Patient[] = [];
  for (const patient of patients) {
    if (!found.some((known) => isSamePatient(known, patient))) {
      found.push(patient);
    }
  }
  return found;
}
