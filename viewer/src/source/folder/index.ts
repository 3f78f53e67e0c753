/** Pictures in a folder that somebody chose: another disc's, read in the page and sent nowhere. */

import { viewPixels } from "../../decode/pixels";
import {
  type Address,
  type DocumentSource,
  type FolderTold,
  type FrameSource,
  NotAvailable,
  type Opening,
  type Priority,
  type StripImage,
} from "../frame-source";
import type { Frame, SeriesManifest, StudyManifest } from "../model";
import { keepNotesAt, notesKey, notesPlace, tabMemory } from "../notes";
import { spreadOf } from "./contrast";
import { Crew } from "./crew";
import type { Job } from "./decode";
import DecodeWorker from "./decode.worker?worker&inline";
import { type Grouped, group } from "./grouping";
import type { Instance } from "./instance";
import type { OpenFolder, Surroundings } from "./opening";
import { displayOrder } from "./order";
import { type Reading, readFolder } from "./reading";
import { TAG } from "./tags";
import { thumbnailOf } from "./thumbnail";

/** How many pictures of a series are looked at for how bright it is, where its headers do not tell. */
const SAMPLES = 3;

export const openFolder: OpenFolder = async (picked, around, told, signal) => {
  const reading = await readFolder(picked, told, signal);
  return reading.instances.length === 0 ? null : new FolderFrameSource(reading, around);
};

class FolderFrameSource implements FrameSource {
  readonly folder: FolderTold;
  private readonly grouped: Grouped;
  private readonly instances: ReadonlyMap<number, Instance>;
  private readonly crew: Crew;
  private readonly manifests = new Map<number, Promise<SeriesManifest>>();
  private readonly made = new Map<string, Promise<string>>();
  /** Tells the notes on these pictures from those on others. */
  private readonly key: string;

  constructor({ instances, found }: Reading, around: Surroundings) {
    this.grouped = group(instances);
    this.key = [...new Set(instances.map(({ values }) => values.text(TAG.studyUid)))].join();
    this.instances = new Map(instances.map((one) => [one.id, one]));
    this.crew = new Crew(() => new DecodeWorker(), around.fetchCodec);
    this.folder = { ...found, openOther: () => around.openOther() };
  }

  async open(): Promise<Opening> {
    keepNotesAt(`${location.pathname} folder ${this.key}`);
    return { outcome: "opened", study: await this.study() };
  }

  async study(): Promise<StudyManifest> {
    const { studies } = this.grouped;
    const patient = studies[0]?.patient ?? { name: "", id: "", birthDate: "", sex: "" };
    return { from: "", until: "", mayDownload: true, mayAnnotate: false, patient, studies, first: null, series: null };
  }

  async series(id: number, signal?: AbortSignal): Promise<SeriesManifest> {
    const known = this.manifests.get(id) ?? this.manifestOf(id);
    this.manifests.set(id, known);
    known.catch(() => this.manifests.delete(id));
    const manifest = await known;
    signal?.throwIfAborted();
    return manifest;
  }

  /** There is none: the pictures themselves are near enough. */
  async *strip(): AsyncGenerator<StripImage> {}

  async frame(frame: Frame, priority: Priority, signal?: AbortSignal): Promise<ArrayBuffer> {
    const instance = this.instances.get(frame.i);
    if (instance === undefined) {
      throw new NotAvailable();
    }
    return this.crew.decode(() => jobOf(instance, frame.n), priority, signal);
  }

  async preview(): Promise<Blob> {
    throw new NotAvailable();
  }

  thumbnailAddress(seriesId: number): Address {
    return this.once(`thumbnail ${seriesId}`, async () => {
      const manifest = await this.series(seriesId);
      const { frames } = manifest;
      const frame = frames[frames.length >> 1];
      if (frame === undefined || frame.wire === "") {
        throw new NotAvailable();
      }
      return thumbnailOf(viewPixels(await this.frame(frame, "low"), frame), frame);
    });
  }

  documentAddress(instanceId: number): Address {
    return this.once(`document ${instanceId}`, async () => {
      const document = this.instances.get(instanceId)?.document() ?? null;
      if (document === null) {
        throw new NotAvailable();
      }
      // Read here and now: an address of what cannot be read would show nothing.
      return new Blob([await document.arrayBuffer()], { type: "application/pdf" });
    });
  }

  downloadAddress(): null {
    return null;
  }

  readonly documents: DocumentSource = {
    told: async () => {
      throw new NotAvailable();
    },
    samples: async () => {
      throw new NotAvailable();
    },
    mediaAddress: () => Promise.reject(new NotAvailable()),
    previewAddress: () => null,
    originalAddress: (id) => {
      const original = this.instances.get(id)?.original;
      return original === undefined ? null : this.once(`original ${id}`, async () => original);
    },
  };

  forget(): void {
    tabMemory()?.removeItem(notesKey(notesPlace()));
    for (const made of this.made.values()) {
      void made.then(URL.revokeObjectURL, () => undefined);
    }
    this.made.clear();
    this.manifests.clear();
    this.crew.stop();
  }

  private once(name: string, make: () => Promise<Blob>): Promise<string> {
    const known = this.made.get(name);
    if (known !== undefined) {
      return known;
    }
    const made = make().then(
      (blob) => URL.createObjectURL(blob),
      () => {
        throw new NotAvailable();
      },
    );
    this.made.set(name, made);
    made.catch(() => this.made.delete(name));
    return made;
  }

  private async manifestOf(id: number): Promise<SeriesManifest> {
    const series = this.grouped.series.get(id);
    const first = series?.instances[0];
    if (series === undefined || first === undefined) {
      throw new NotAvailable();
    }
    let told: { frame: Frame; isStated: boolean }[] = [];
    for (const instance of series.instances) {
      try {
        told = told.concat(await instance.told());
      } catch {
        // A file that can no longer be read has no pictures.
      }
    }
    const order = displayOrder(
      told.map(({ frame: { position, orientation, number, n } }) => ({ position, orientation, number, frame: n })),
    );
    const ordered = order.flatMap((at) => told[at] ?? []);
    return {
      id,
      modality: series.entry.modality,
      title: series.entry.title,
      unit: unitOf(first),
      reference: first.values.text(TAG.frameOfReference),
      frames: await this.lit(ordered),
    };
  }

  /** Where headers do not tell what is black and what is white, some of the pictures themselves do, for all of them. */
  private async lit(told: readonly { frame: Frame; isStated: boolean }[]): Promise<Frame[]> {
    const unsaid = told.filter(({ frame, isStated }) => !isStated && frame.wire !== "").map(({ frame }) => frame);
    const wide = (frame: Frame) => frame.format.startsWith("f") || frame.format.endsWith("4");
    const asked = unsaid.length > 0 ? unsaid : told.map(({ frame }) => frame).filter(wide);
    if (asked.length === 0) {
      return told.map(({ frame }) => frame);
    }
    const pictures = [];
    for (let each = 0; each < Math.min(SAMPLES, asked.length); each++) {
      const frame = asked[Math.floor(((each + 0.5) * asked.length) / Math.min(SAMPLES, asked.length))];
      if (frame !== undefined) {
        try {
          pictures.push(viewPixels(await this.frame(frame, "high"), frame));
        } catch {
          // What cannot be decoded says so when it is looked at.
        }
      }
    }
    const spread = spreadOf(pictures, asked[0]?.padding ?? null);
    return told.map(({ frame, isStated }) => {
      const [a, b] = [spread.low, spread.high].map((value) => value * frame.slope + frame.intercept) as [
        number,
        number,
      ];
      return {
        ...frame,
        ...(wide(frame) ? { min: spread.min, max: spread.max } : {}),
        ...(isStated ? {} : { low: Math.min(a, b), high: Math.max(a, b) }),
      };
    });
  }
}

async function jobOf(instance: Instance, frame: number): Promise<Job> {
  const { description, header } = instance;
  const place = await instance.place(frame);
  if (description === null || place === null) {
    throw new NotAvailable();
  }
  const blob = new Blob(place.stretches.map(({ at, length }) => header.file.slice(at, at + length)));
  const { skip, coded } = place;
  const [palette, modality] = [await instance.colours(), await instance.modalityTable()];
  return { bytes: await blob.arrayBuffer(), skip, coded, description, palette, modality };
}

/** Of modality values (PS3.3 C.11.1.1.2: HU is CT's when none is given). */
function unitOf({ values }: Instance): string {
  const kind = values.term(TAG.rescaleType);
  if (kind !== "") {
    return kind === "US" ? "" : kind;
  }
  const modality = values.term(TAG.modality);
  if (modality === "CT" && values.element(TAG.slope) !== null) {
    return "HU";
  }
  return modality === "PT" && values.term(TAG.units) === "BQML" ? "Bq/ml" : "";
}
