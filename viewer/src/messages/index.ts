/** The words of the chosen language. Another language is another file with the shape of en.ts, named here. */

import { en, type Messages } from "./en";

const CATALOGUES: Readonly<Record<string, Messages>> = { en };

/** The first of the wanted languages that there is; English otherwise. */
export function choose(wanted: readonly string[]): Messages {
  for (const tag of wanted) {
    const found = CATALOGUES[tag.toLowerCase()] ?? CATALOGUES[tag.toLowerCase().split("-")[0] ?? ""];
    if (found !== undefined) {
      return found;
    }
  }
  return en;
}

export const words: Messages = choose(typeof navigator === "undefined" ? [] : navigator.languages);
