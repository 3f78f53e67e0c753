/** Pictures beside the page itself: on a disc, a stick, or a host that has no program for them. */

import type { Package, PackageOpening } from "../disc/package";
import {
  type Address,
  type Disc,
  type DocumentSource,
  type FrameSource,
  type Locked,
  NotAvailable,
  type Opening,
  type Priority,
  type StripImage,
} from "./frame-source";
import { readSeries, readStudy } from "./manifest";
import type { Frame, SeriesManifest, StudyManifest } from "./model";
import { keepNotesAt, notesKey, notesPlace, tabMemory } from "./notes";
import { StripMalformed, StripParser } from "./strip";

const LOCKED: Locked = { from: "", until: "", digits: false, length: 0, sealed: true };

export class DiscFrameSource implements FrameSource {
  readonly disc: Disc;
  /** Addresses made of bytes, for as long as the page is open. */
  private readonly made = new Map<string, Promise<string>>();

  constructor(
    private readonly held: Package,
    /** Takes the files out of what is sealed. */
    saving: Disc["saving"],
    /** Leads to another disc. */
    openOther: () => void = () => undefined,
  ) {
    const { isFile } = held;
    this.disc = {
      isFile,
      get isSealed() {
        return held.isSealed;
      },
      saving,
      openOther,
    };
  }

  async open(passcode: string | null, signal?: AbortSignal): Promise<Opening> {
    const opening = await this.held.open(passcode);
    return opening === "opened" ? this.opened(signal) : told(opening);
  }

  private async opened(signal?: AbortSignal): Promise<Opening> {
    keepNotesAt(`${location.pathname} ${this.held.name}`);
    try {
      return { outcome: "opened", study: await this.study(signal) };
    } catch (error) {
      if (error instanceof NotAvailable) {
        return { outcome: "refused", why: "damaged" };
      }
      return { outcome: "unreachable" };
    }
  }

  async study(signal?: AbortSignal): Promise<StudyManifest> {
    const study = readStudy(await this.json("study", signal));
    // Here is no server that could keep notes or pack a download.
    return { ...study, mayDownload: true, mayAnnotate: false };
  }

  async series(id: number, signal?: AbortSignal): Promise<SeriesManifest> {
    return readSeries(await this.json(`series/${id}`, signal));
  }

  async *strip(id: number, signal?: AbortSignal): AsyncGenerator<StripImage> {
    const bytes = await this.held.read(`series/${id}/strip`, "auto", signal);
    try {
      yield* new StripParser().push(bytes);
    } catch (error) {
      throw error instanceof StripMalformed ? new NotAvailable() : error;
    }
  }

  async frame(frame: Frame, priority: Priority, signal?: AbortSignal): Promise<ArrayBuffer> {
    return (await this.held.read(`frames/${frame.i}/${frame.n}`, priority, signal)).buffer;
  }

  /** There are none: the pictures themselves are near enough. */
  async preview(): Promise<Blob> {
    throw new NotAvailable();
  }

  thumbnailAddress(seriesId: number): Address {
    return this.address(`series/${seriesId}/thumbnail`, "image/webp", "low");
  }

  documentAddress(instanceId: number): Address {
    return this.address(`documents/${instanceId}`, "application/pdf");
  }

  downloadAddress(): null {
    return null;
  }

  readonly documents: DocumentSource = {
    told: (id, signal) => this.json(`reports/${id}`, signal),
    samples: async (id, group, block, signal) =>
      (await this.held.read(`reports/${id}/samples/${group}/${block}`, "high", signal)).buffer,
    mediaAddress: (id, group) => this.media(`reports/${id}/media/${group}`),
    previewAddress: () => null,
    originalAddress: (id) => (this.held.isSealed ? null : this.held.fileOf(id)),
  };

  forget(): void {
    tabMemory()?.removeItem(notesKey(notesPlace()));
    for (const made of this.made.values()) {
      void made.then(URL.revokeObjectURL, () => undefined);
    }
    this.made.clear();
    this.held.forget();
  }

  private address(name: string, type: string, priority: Priority = "high"): Promise<string> {
    return this.once(name, async () => new Blob([await this.held.read(name, priority)], { type }));
  }

  /** Of sound and films browsers see for themselves what kind they are. */
  private media(name: string): Promise<string> {
    return this.once(name, () => this.held.blob(name));
  }

  private once(name: string, make: () => Promise<Blob>): Promise<string> {
    const known = this.made.get(name);
    if (known !== undefined) {
      return known;
    }
    const made = make().then((blob) => URL.createObjectURL(blob));
    this.made.set(name, made);
    // What failed is asked for anew.
    made.catch(() => this.made.delete(name));
    return made;
  }

  private async json(name: string, signal?: AbortSignal): Promise<unknown> {
    const bytes = await this.held.read(name, "high", signal);
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      throw new NotAvailable();
    }
  }
}

function told(opening: Exclude<PackageOpening, "opened">): Opening {
  switch (opening) {
    case "passphrase-needed":
      return { outcome: "passcode-needed", locked: LOCKED };
    case "passphrase-wrong":
      return { outcome: "passcode-wrong", locked: LOCKED, triesLeft: null };
    case "closed":
    case "unreachable":
      return { outcome: opening };
    default:
      return { outcome: "refused", why: opening };
  }
}
