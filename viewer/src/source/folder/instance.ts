/** One file of a disc, as far as its header tells: whose it is, what it is, and what its frames are. */

import type { Json } from "../json";
import { readFrame } from "../manifest";
import type { Frame, LookupTable, Patient } from "../model";
import type { Palette } from "./colour";
import { edgesOf, functionOf, statedContrast } from "./contrast";
import { type Description, describe, formatOf, isColour, isVideo } from "./description";
import { codedPlaces, type FramePlace, framesThere, nativePlace } from "./fragments";
import type { Dataset, Header } from "./header";
import { regionsOf, spacingOf } from "./measuring";
import { type ModalityTable, readModalityTable, readPalette, readTables } from "./tables";
import { TAG } from "./tags";
import { Values } from "./values";

const PDF_CLASS = "1.2.840.10008.5.1.4.1.1.104.1";
/** Longer documents than this are not put together in memory. */
const MOST_DOCUMENT = 1 << 28;

export type InstanceKind = "images" | "document" | "other";

export class Instance {
  readonly kind: InstanceKind;
  readonly description: Description | null;
  readonly frames: number;
  /** What is wrong with it. */
  readonly damaged: boolean;
  readonly patient: Patient;
  private places: Promise<readonly FramePlace[]> | null = null;
  private palette: Promise<Palette | null> | null = null;
  private modality: Promise<ModalityTable | null> | null = null;

  constructor(
    readonly id: number,
    /** The file as it lies on the disc. */
    readonly original: File,
    readonly header: Header,
    readonly values = new Values([header.dataset], header.littleEndian),
  ) {
    this.description = describe(header, values);
    const isDocument = values.text(TAG.sopClass) === PDF_CLASS && values.element(TAG.document) !== null;
    this.kind = this.description !== null ? "images" : isDocument ? "document" : "other";
    this.frames = this.description === null ? 0 : framesThere(header, values, this.description);
    this.damaged = header.truncated;
    this.patient = {
      name: values.text(TAG.patientName).replace(/[= ]+$/, ""),
      id: values.text(TAG.patientId),
      birthDate: values.text(TAG.birthDate),
      sex: values.term(TAG.sex),
    };
  }

  get isVideo(): boolean {
    return isVideo(this.header.syntax);
  }

  /** Null where the frame has no bytes. */
  async place(frame: number): Promise<FramePlace | null> {
    const { description, header, values } = this;
    if (description === null || header.pixels === null) {
      return null;
    }
    if (header.pixels.length !== null) {
      return nativePlace(header, description, frame);
    }
    this.places ??= codedPlaces(header, this.frames, values);
    return (await this.places)[frame] ?? null;
  }

  async colours(): Promise<Palette | null> {
    const { description, header, values } = this;
    if (description?.photometric !== "PALETTE COLOR") {
      return null;
    }
    this.palette ??= readPalette(header, values, description.signed);
    return this.palette;
  }

  /** Null where stored values are rescaled by a line, as nearly all are. */
  async modalityTable(): Promise<ModalityTable | null> {
    const { description, header, values } = this;
    if (description === null || isColour(description) || description.floating) {
      return null;
    }
    this.modality ??= readModalityTable(header, values, description.signed);
    return this.modality;
  }

  /** Null where it is none, or cannot be read as one. */
  document(): Blob | null {
    const element = this.values.element(TAG.document);
    if (element === null || element.length > MOST_DOCUMENT) {
      return null;
    }
    return this.header.file.slice(element.at, element.at + element.length, "application/pdf");
  }

  /** Frames as far as headers tell; low and high are null where only the pixels do. */
  async told(): Promise<{ frame: Frame; isStated: boolean }[]> {
    const { description, header, values } = this;
    if (description === null) {
      return [];
    }
    if (header.pixels?.length === null) {
      await this.place(0);
    }
    const mapped = (await this.modalityTable()) !== null;
    const signed = description.signed && !mapped;
    const tables = await readTables(header, values, signed);
    const [shared] = values.items(TAG.sharedGroups);
    const perFrame = values.items(TAG.frameGroups);
    const regions = regionsOf(values);
    const found: { frame: Frame; isStated: boolean }[] = [];
    for (let at = 0; at < this.frames; at++) {
      const groups = [perFrame[at], shared].flatMap((group) => (group === undefined ? [] : [flattened(group)]));
      const place = await this.place(at);
      const own = values.within(...groups);
      const more =
        own.items(TAG.windowTables) === values.items(TAG.windowTables) ? tables : await readTables(header, own, signed);
      found.push(this.frame(at, own, { tables: more, regions, isThere: place !== null, mapped }, description));
    }
    return found;
  }

  private frame(
    index: number,
    values: Values,
    { tables, regions, isThere, mapped }: Around,
    description: Description,
  ): { frame: Frame; isStated: boolean } {
    const colour = isColour(description);
    const { spacing, calibration } = spacingOf(values);
    const stated = colour ? { low: 0, high: 255, curve: "linear" } : statedContrast(values, tables);
    const ratio = spacing ?? values.numbers(TAG.aspectRatio, 2);
    const toward = values.texts(TAG.patientOrientation);
    const orientation = values.numbers(TAG.orientation, 6);
    const most = 2 ** description.stored - 1;
    const shift = description.signed ? 2 ** (description.stored - 1) : 0;
    const inverted =
      description.photometric === "MONOCHROME1" ||
      (description.photometric === "MONOCHROME2" && values.term(TAG.presentationShape) === "INVERSE");
    const frame = readFrame(
      {
        i: this.id,
        n: index,
        rows: description.rows,
        columns: description.columns,
        format: mapped ? "u2" : formatOf(description),
        samples: colour ? 3 : 1,
        wire: isThere ? "raw" : "",
        bytes: Math.ceil(description.frameBits / 8),
        slope: mapped ? 1 : (values.number(TAG.slope) ?? 1),
        intercept: mapped ? 0 : (values.number(TAG.intercept) ?? 0),
        invert: inverted,
        window: windowsOf(values),
        function: functionOf(values),
        low: stated?.low ?? 0,
        high: stated?.high ?? 1,
        curve: stated === null || typeof stated.curve === "string" ? (stated?.curve ?? "linear") : 0,
        tables: colour ? [] : [...tables.keys()],
        min: colour || mapped ? 0 : -shift,
        max: colour ? 255 : mapped ? 65_535 : most - shift,
        padding: mapped ? null : paddingOf(values),
        position: values.numbers(TAG.position, 3),
        orientation,
        toward:
          orientation === null && toward.length === 2 && toward.every((one) => /^[A-Z]{1,6}$/.test(one))
            ? toward
            : null,
        spacing,
        calibration,
        aspect: ratio !== null && Math.min(...ratio) > 0 ? (ratio[0] ?? 1) / (ratio[1] ?? 1) : 1,
        regions,
        duration: durationOf(values, index),
        thickness: values.number(TAG.sliceThickness),
        location: values.number(TAG.sliceLocation),
        number: values.whole(TAG.instanceNumber),
      },
      { tables, overlays: [] },
    );
    return { frame, isStated: stated !== null };
  }
}

/** What an instance says of its frames, and whether there is this one. */
interface Around {
  tables: LookupTable[];
  regions: Json[];
  isThere: boolean;
  /** Stored values go through a table of their own. */
  mapped: boolean;
}

/** What the items of a group say, each of which lies in a sequence of its own (PS3.3 C.7.6.16). */
function flattened(group: Dataset): Dataset {
  const found: Dataset = new Map();
  for (const { items } of group.values()) {
    for (const [tag, element] of items[0] ?? []) {
      found.set(tag, element);
    }
  }
  return found;
}

function windowsOf(values: Values): unknown[] {
  const centres = values.numbers(TAG.windowCentre) ?? [];
  const widths = values.numbers(TAG.windowWidth) ?? [];
  const names = values.texts(TAG.windowName);
  const how = functionOf(values);
  return centres.flatMap((centre, at) => {
    const width = widths[at];
    return width === undefined || edgesOf(centre, width, how) === null ? [] : [[centre, width, names[at] ?? ""]];
  });
}

function paddingOf(values: Values): number[] | null {
  const value = values.number(TAG.padding);
  if (value === null) {
    return null;
  }
  const limit = values.number(TAG.paddingLimit) ?? value;
  return [Math.min(value, limit), Math.max(value, limit)];
}

/** Milliseconds for which a frame of a loop is shown (PS3.3 C.7.6.5): as recommended, else as it was recorded. */
function durationOf(values: Values, index: number): number | null {
  const rate = values.number(TAG.frameRate) ?? values.number(TAG.cineRate) ?? 0;
  const time = rate > 0 ? 1000 / rate : values.number(TAG.frameTime);
  return time !== null && time >= 1 && time <= 60_000 && index >= 0 ? Math.round(time * 1000) / 1000 : null;
}
