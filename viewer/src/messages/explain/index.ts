/** Plain explanations of what is on the screen, in the chosen language; fetched when somebody asks. */

import { type Language, languageChoice } from "../index";
import type { Explanations } from "./en";

export type { Explanations } from "./en";

const EXPLAINED: Readonly<Record<Language, () => Promise<Explanations>>> = {
  en: async () => (await import("./en")).explained,
  es: async () => (await import("./es")).explained,
  fr: async () => (await import("./fr")).explained,
  de: async () => (await import("./de")).explained,
  ar: async () => (await import("./ar")).explained,
  zh: async () => (await import("./zh")).explained,
  ja: async () => (await import("./ja")).explained,
};

export const fetchExplanations = (language: Language = languageChoice.current): Promise<Explanations> =>
  EXPLAINED[language]();
