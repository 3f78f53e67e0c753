/** How somebody left the pictures of a study: its presentation states, and what its reports mark on pictures. */

import type { Shelf } from "../loading/shelf";
import type { Frame, StudyEntry } from "../source/model";
import { isAbout, type Part, type PresentationState, partOf, readMarks } from "../source/presentation";
import type { Hand } from "./hand";
import { viewChoice } from "./view-choice";

/** Presentation states come after the first pictures, and what reports mark after them. */
const STATES_WAIT = 1000;
/** Reports are long, and each is fetched whole. */
const MOST_REPORTS = 20;

export class PresentationStates {
  marksWanted = false;
  private known: readonly PresentationState[] = [];
  private marks: readonly Part[] = [];

  constructor(
    private readonly shelf: Shelf,
    /** There are more than before. */
    private readonly found: () => void,
  ) {}

  /** Those that are about a picture. */
  about(frame: Frame | null): readonly PresentationState[] {
    return frame === null ? [] : this.known.filter((state) => partOf(state, frame) !== null);
  }

  /** What reports draw on a picture, for doctors or by wish; what this tab's own notes draw is not drawn twice. */
  marksFor(frame: Frame | null, hand: Hand | null): readonly Part[] {
    const wanted = !viewChoice.plain || this.marksWanted;
    return wanted ? this.marksOn(frame).filter(({ shapes }) => !hand?.holds(shapes)) : [];
  }

  /** In the simple view, which has none at first. */
  wantMarks(wanted: boolean): void {
    this.marksWanted = wanted;
    this.found();
  }

  /** What reports draw on a picture. */
  marksOn(frame: Frame | null): readonly Part[] {
    return frame === null ? [] : this.marks.filter((part) => isAbout(part, frame));
  }

  /** Asks for those of a study, once its pictures are on their way. */
  async find(study: StudyEntry | null, signal: AbortSignal): Promise<void> {
    const all = study?.series ?? [];
    // States of different classes are entries of their own, and come with their series.
    const series = new Set(
      all.flatMap(({ id, modality, kind }) => (modality === "PR" && kind !== "images" ? [id] : [])),
    );
    const reports = all.flatMap(({ modality, form, instance }) =>
      modality === "SR" && form === "report" && instance !== null ? [instance] : [],
    );
    this.known = [];
    this.marks = [];
    if (series.size + reports.length === 0) {
      return;
    }
    await new Promise((done) => setTimeout(done, STATES_WAIT));
    for (const id of series) {
      const manifest = await this.fetched(this.shelf.manifest(id, signal), signal);
      this.known = manifest === null ? this.known : [...this.known, ...(manifest.states ?? [])];
      this.tell(signal);
    }
    for (const instance of reports.slice(-MOST_REPORTS)) {
      const told = await this.fetched(this.shelf.told(instance), signal);
      this.marks = told === null ? this.marks : [...this.marks, ...readMarks(told)];
      this.tell(signal);
    }
  }

  /** Null where it cannot be had, and once it is not wanted: without it the pictures are shown as they were taken. */
  private async fetched<T>(asked: Promise<T>, signal: AbortSignal): Promise<T | null> {
    const found = await asked.catch(() => null);
    return signal.aborted ? null : found;
  }

  private tell(signal: AbortSignal): void {
    if (!signal.aborted) {
      this.found();
    }
  }
}
