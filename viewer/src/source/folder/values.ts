/** Values out of elements, by what they are meant as; what is of another kind is not there. */

import { CharacterSet } from "./charset";
import type { Dataset, Element } from "./header";
import { TAG } from "./tags";

const SIZES: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8 };
const MOST_VALUES = 4_096;

function binary(bytes: Uint8Array<ArrayBuffer>, vr: string, little: boolean): number[] {
  const size = SIZES[vr] ?? 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.min(MOST_VALUES, Math.floor(bytes.length / size));
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    switch (vr) {
      case "SS":
        return view.getInt16(at, little);
      case "UL":
        return view.getUint32(at, little);
      case "SL":
        return view.getInt32(at, little);
      case "FL":
        return view.getFloat32(at, little);
      case "FD":
        return view.getFloat64(at, little);
      default:
        return view.getUint16(at, little);
    }
  });
}

/** Those of a data set, or of several of which the first that has an element is asked. */
export class Values {
  constructor(
    private readonly datasets: readonly Dataset[],
    private readonly little: boolean,
    private readonly characters = characterSet(datasets.at(-1) ?? new Map()),
  ) {}

  /** What an item within says, before what is around it. */
  within(...items: readonly Dataset[]): Values {
    return new Values([...items, ...this.datasets], this.little, this.characters);
  }

  element(tag: number): Element | null {
    for (const dataset of this.datasets) {
      const found = dataset.get(tag);
      if (found !== undefined && (found.bytes === null || found.bytes.length > 0 || found.items.length > 0)) {
        return found;
      }
    }
    return null;
  }

  items(tag: number): readonly Dataset[] {
    return this.element(tag)?.items ?? [];
  }

  texts(tag: number): string[] {
    const element = this.element(tag);
    if (element?.bytes == null || element.vr in SIZES || element.vr === "XS") {
      return [];
    }
    const text = this.characters.decode(element.bytes);
    const parts = element.vr === "LT" || element.vr === "UT" || element.vr === "ST" ? [text] : text.split("\\");
    return parts.slice(0, MOST_VALUES).map((part) => part.replace(/[\0\s]+$/, "").trimStart());
  }

  text(tag: number): string {
    return this.texts(tag)[0] ?? "";
  }

  /** As it stands in upper case, for terms. */
  term(tag: number): string {
    return this.text(tag).toUpperCase();
  }

  /** All finite; null where one is not, or where there are not `count` of them. */
  numbers(tag: number, count: number | null = null): number[] | null {
    const element = this.element(tag);
    if (element?.bytes == null) {
      return null;
    }
    const found =
      element.vr in SIZES
        ? binary(element.bytes, element.vr, this.little)
        : element.vr === "XS"
          ? binary(element.bytes, this.isSigned ? "SS" : "US", this.little)
          : this.texts(tag).map((text) => (/^[-+0-9.eE]{1,24}$/.test(text) ? Number(text) : Number.NaN));
    const whole = found.length > 0 && (count === null || found.length === count) && found.every(Number.isFinite);
    return whole ? found : null;
  }

  number(tag: number): number | null {
    return this.numbers(tag)?.[0] ?? null;
  }

  whole(tag: number): number | null {
    const found = this.number(tag);
    return found !== null && Number.isSafeInteger(found) ? found : null;
  }

  private get isSigned(): boolean {
    return this.whole(TAG.signed) === 1;
  }
}

function characterSet(dataset: Dataset): CharacterSet {
  const bytes = dataset.get(TAG.characterSet)?.bytes ?? new Uint8Array(0);
  return new CharacterSet(String.fromCharCode(...bytes.subarray(0, 512)).split("\\"));
}
