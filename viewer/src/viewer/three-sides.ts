/** Looking from three sides is a part of its own, fetched when somebody first wants it. */

import type { SeriesManifest } from "../source/model";
import { judge, type Refusal } from "../volume/space";
import type { ThreePlanes } from "../volume/three-planes";
import type { Viewing } from "./viewing";
import type { Workspace } from "./workspace";

export type VolumePart = typeof import("../volume/index");
export type Reason = Refusal | { reason: "memory" } | { reason: "absent" };

interface Shown {
  of: Workspace;
  part: VolumePart;
  planes: ThreePlanes;
}

const judged = new WeakMap<SeriesManifest, Refusal | null>();

/** Why a series cannot be seen from three sides; null where it can. */
export function refusalOf(manifest: SeriesManifest): Refusal | null {
  const known = judged.get(manifest);
  if (known !== undefined) {
    return known;
  }
  const answer = judge(manifest.frames);
  const refusal = "refusal" in answer ? answer.refusal : null;
  judged.set(manifest, refusal);
  return refusal;
}

class ThreeSides {
  fetching = false;
  /** Why it did not open; until somebody has read it. */
  refused: Reason | null = null;
  private shown: Shown | null = null;
  private asked: Promise<VolumePart> | null = null;
  private readonly listeners = new Set<() => void>();

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What is shown in the place of a workspace's own cells. */
  over(workspace: Workspace): Shown | null {
    return this.shown?.of === workspace ? this.shown : null;
  }

  /** The cell in which a series can be looked at: of the three sides, or of what they lie over. Null where there is none. */
  cellFor(seriesId: number, otherwise: Viewing): Viewing | null {
    const { shown } = this;
    if (shown === null) {
      return otherwise;
    }
    const { cells } = shown.planes;
    const find = () => cells.findIndex((one) => one.seriesId === seriesId);
    // Measured on planes that lay otherwise then.
    const at = find() < 0 && shown.planes.lying.bringBack(seriesId) ? find() : find();
    if (at >= 0) {
      shown.planes.enlarge(at);
      return cells[at] ?? null;
    }
    if (seriesId < 0) {
      return null;
    }
    this.close();
    return shown.of.active;
  }

  toggle(workspace: Workspace): void {
    if (this.shown === null) {
      void this.open(workspace);
    } else {
      this.close();
    }
  }

  async open(workspace: Workspace): Promise<void> {
    const { manifest } = workspace.active;
    if (manifest === null || this.fetching || this.shown !== null) {
      return;
    }
    const refusal = refusalOf(manifest);
    if (refusal !== null) {
      this.refuse(refusal);
      return;
    }
    this.fetching = true;
    this.changed();
    try {
      this.asked ??= import("../volume/index");
      const part = await this.asked;
      if (this.fetching && workspace.active.manifest === manifest) {
        this.show(workspace, part);
      }
    } catch {
      // Another wish is another try.
      this.asked = null;
      this.refused = { reason: "absent" };
    }
    this.fetching = false;
    this.changed();
  }

  private show(workspace: Workspace, part: VolumePart): void {
    const opened = part.openPlanes(workspace, () => this.close());
    if ("refusal" in opened) {
      this.refused = opened.refusal;
      return;
    }
    this.shown = { of: workspace, part, planes: opened.planes };
    workspace.undo.push({ undo: () => this.end(), redo: () => void this.open(workspace) });
  }

  close(): void {
    const { shown } = this;
    if (shown !== null) {
      this.end();
      shown.of.undo.push({ undo: () => void this.open(shown.of), redo: () => this.end() });
    }
  }

  /** Lets go of it without a note: the screen goes, or somebody takes it back. */
  end(): void {
    this.fetching = false;
    this.shown?.planes.stop();
    this.shown = null;
    this.changed();
  }

  refuse(reason: Reason | null): void {
    this.refused = reason;
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

export const threeSides = new ThreeSides();
