/** Dates, numbers and names as people write them. */

import { words } from "./index";

/** A moment's day in the reader's own time zone; the year only when it is not this one. */
export function day(iso: string, now: Date = new Date(), locale = words.locale): string {
  const date = new Date(iso);
  if (iso === "" || Number.isNaN(date.getTime())) {
    return "";
  }
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", ...year }).format(date);
}

/** A DICOM date (YYYYMMDD); empty when it is none. */
export function dicomDate(value: string, locale = words.locale): string {
  const match = /^(\d{4})[.-]?(\d{2})[.-]?(\d{2})/.exec(value);
  if (match === null) {
    return "";
  }
  const date = new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
  return Number.isNaN(date.getTime())
    ? ""
    : new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(date);
}

export function count(value: number, locale = words.locale): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(value);
}

export function decimal(value: number, digits: number, locale = words.locale): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits, useGrouping: false }).format(
    // No "-0".
    Math.abs(value) < 10 ** -digits / 2 ? 0 : value,
  );
}

export function percent(value: number, locale = words.locale): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(value);
}

/** A value measured: every digit it has, up to seven, always with a plain point and a plain minus. */
export function measured(value: number): string {
  return String(Number(value.toPrecision(7)));
}

/** One script's part of a person's name: "DOE^JANE^M^Dr" as "DOE, JANE M, Dr" (PS3.5 6.2.1.1). */
function oneScript(group: string): string {
  const [family = "", given = "", middle = "", prefix = "", suffix = ""] = group.split("^").map((part) => part.trim());
  const others = [given, middle].filter((part) => part !== "").join(" ");
  return [family, others, prefix, suffix].filter((part) => part !== "").join(", ");
}

/** A person's name in its scripts: "Yamada, Tarou (山田, 太郎)"; a third, phonetic one is left to the originals. */
export function personName(value: string): string {
  const [first = "", second = ""] = value
    .split("=")
    .slice(0, 2)
    .map(oneScript)
    .filter((group, at, groups) => group !== "" && groups.indexOf(group) === at);
  return second === "" ? first : `${first} (${second})`;
}
