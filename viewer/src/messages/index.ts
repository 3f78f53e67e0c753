/**
 * The words of the chosen language. English is always here; another language is a file with the shape of en.ts, named
 * here, and fetched when it is wanted. Nothing but the language's name is remembered, and no link with it.
 */

import { en, type Messages } from "./en";

export type { Messages } from "./en";

/** Every language there is, by its own name. */
export const LANGUAGES = {
  en: "English",
  es: "Español",
  fr: "Français",
  de: "Deutsch",
  ar: "العربية",
  zh: "简体中文",
  ja: "日本語",
} as const;

export type Language = keyof typeof LANGUAGES;

const CATALOGUES: Readonly<Record<Language, () => Promise<Messages>>> = {
  en: async () => en,
  es: async () => (await import("./es")).es,
  fr: async () => (await import("./fr")).fr,
  de: async () => (await import("./de")).de,
  ar: async () => (await import("./ar")).ar,
  zh: async () => (await import("./zh")).zh,
  ja: async () => (await import("./ja")).ja,
};

const KEPT = "undisc language";

/** Another language puts its own here; importing modules see it at once. */
export let words: Messages = en;

const isLanguage = (name: string): name is Language => Object.hasOwn(LANGUAGES, name);

/** Traditional characters: whoever reads them is better served by the next language than by simplified ones. */
const TRADITIONAL = /^zh\b.*-(hant|tw|hk|mo)\b/;

/** The first of the wanted languages that there is; English otherwise. */
export function choose(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const name = tag.toLowerCase().split("-")[0] ?? "";
    if (isLanguage(name) && !TRADITIONAL.test(tag.toLowerCase())) {
      return name;
    }
  }
  return "en";
}

/** A language's dates and numbers as the reader's own country writes them, where the browser names one that speaks it. */
export function regional(locale: string, wanted: readonly string[]): string {
  const [language = "", ...more] = locale.split("-");
  const extension = more.includes("u") ? `-${more.slice(more.indexOf("u")).join("-")}` : "";
  for (const tag of wanted) {
    const region = /^([a-z]{2,3})(?:-[A-Z][a-z]{3})?-([A-Z]{2})$/.exec(tag);
    if (region !== null && region[1] === language && !TRADITIONAL.test(tag.toLowerCase())) {
      return `${language}-${region[2]}${extension}`;
    }
  }
  return locale;
}

/** The words of a language, fetched. */
export const catalogue = (language: Language): Promise<Messages> => CATALOGUES[language]();

class LanguageChoice {
  current: Language = "en";
  /** Puts other words in the place of some, where the pictures come from somewhere else than a link. */
  adapt: (found: Messages) => Messages = (found) => found;
  private readonly listeners = new Set<() => void>();
  private turn = 0;

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What was chosen on this device, else what the browser asks for. English stays where a catalogue cannot be had. */
  async begin(): Promise<void> {
    const language = choose([remembered(), ...navigator.languages]);
    await this.speak(language).catch(() => undefined);
  }

  /** Chosen by hand, and so remembered. Rejects where it cannot be fetched, and then nothing changes. */
  async choose(language: Language): Promise<void> {
    await this.speak(language);
    try {
      localStorage.setItem(KEPT, language);
    } catch {
      // A browser that keeps nothing asks again next time.
    }
  }

  private async speak(language: Language): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    const found = language === "en" ? en : await catalogue(language);
    // Somebody chose another meanwhile.
    if (turn !== this.turn) {
      return;
    }
    words = this.adapt({ ...found, locale: regional(found.locale, navigator.languages) });
    this.current = language;
    const { documentElement } = document;
    documentElement.lang = found.tag;
    documentElement.dir = found.direction;
    document.title = found.pageTitle;
    for (const listener of this.listeners) {
      listener();
    }
  }
}

function remembered(): string {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}

export const languageChoice = new LanguageChoice();
