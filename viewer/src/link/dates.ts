/** Dates as people type them: day, month and year, each by itself. */

const PARTS = ["day", "month", "year"] as const;
export type Part = (typeof PARTS)[number];

/** Day, month and year in the order in which the reader's language writes a date. */
export function order(locale: string): readonly Part[] {
  const found = new Intl.DateTimeFormat(locale).formatToParts(0).map(({ type }) => type);
  return [...PARTS].sort((a, b) => found.indexOf(a) - found.indexOf(b));
}

/** The date as YYYY-MM-DD; null where it is none. Digits of any script are taken. */
export function dateOf(typed: Readonly<Record<Part, string>>): string | null {
  const [day, month, year] = PARTS.map((part) => Number(digitsOf(typed[part]) || Number.NaN)) as [
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal && year >= 1800 && year <= 9999 ? date.toISOString().slice(0, 10) : null;
}

/** Digits of any script as 0 to 9, and nothing else. */
function digitsOf(typed: string): string {
  const western = [...typed.normalize("NFKC")].map((character) => {
    const found = /^\p{Nd}$/u.test(character) ? (character.codePointAt(0) ?? 0) : 0;
    // Every script has its ten digits in a row, beginning at a multiple of sixteen or six past one.
    return found < 0x80 ? character : String((found - (found >= 0x966 && found <= 0xd6f ? 6 : 0)) & 15);
  });
  return western.join("").replace(/[^0-9]/g, "");
}
