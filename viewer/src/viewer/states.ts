/** The presentation states of a study: how somebody left its pictures. */

import type { Shelf } from "../loading/shelf";
import type { Frame, StudyEntry } from "../source/model";
import { type PresentationState, partOf } from "../source/presentation";

/** Presentation states come after the first pictures. */
const STATES_WAIT = 1000;

export class PresentationStates {
  private known: readonly PresentationState[] = [];

  constructor(
    private readonly shelf: Shelf,
    /** There are more than before. */
    private readonly found: () => void,
  ) {}

  /** Those that are about a picture. */
  about(frame: Frame | null): readonly PresentationState[] {
    return frame === null ? [] : this.known.filter((state) => partOf(state, frame) !== null);
  }

  /** Asks for those of a study, once its pictures are on their way. */
  async find(study: StudyEntry | null, signal: AbortSignal): Promise<void> {
    const series = study?.series.filter(({ modality, kind }) => modality === "PR" && kind !== "images") ?? [];
    this.known = [];
    if (series.length === 0) {
      return;
    }
    await new Promise((done) => setTimeout(done, STATES_WAIT));
    for (const { id } of series) {
      try {
        signal.throwIfAborted();
        this.known = [...this.known, ...((await this.shelf.manifest(id, signal)).states ?? [])];
        this.found();
      } catch {
        // Without them the pictures are shown as they were taken.
      }
    }
  }
}
