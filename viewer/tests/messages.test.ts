/** Every language says everything that English says, in its own forms, and fetches its words alone. */

import { describe, expect, test } from "vitest";
import { en } from "../src/messages/en";
import { fetchExplanations } from "../src/messages/explain/index";
import { count, dicomDate } from "../src/messages/format";
import { catalogue, choose, LANGUAGES, type Language, regional } from "../src/messages/index";
import { counting } from "../src/messages/plural";

const ALL = Object.keys(LANGUAGES) as Language[];

/** What the words say, by where they are in the catalogue; of functions, what they say to plain arguments. */
function said(words: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(words)) {
    const here = `${path}/${name}`;
    if (typeof value === "string") {
      found.set(here, value);
    } else if (typeof value === "function") {
      const numeric = /count|tries|length/.test(String(value).split("=>")[0] ?? "") || /passcodeHintDigits/.test(name);
      found.set(here, String(numeric ? value(3) : value("⟦1⟧", "⟦2⟧", "⟦3⟧")));
    } else {
      for (const entry of said(value, here)) {
        found.set(...entry);
      }
    }
  }
  return found;
}

describe.each(ALL)("%s", (language) => {
  test("says everything, and puts in all that it is given", async () => {
    const words = said(await catalogue(language));
    for (const [where, english] of said(en)) {
      const here = words.get(where) ?? "";
      expect(here.trim(), where).not.toBe("");
      for (const given of english.match(/⟦\d⟧/g) ?? []) {
        expect(here, where).toContain(given);
      }
    }
  });

  test("names as many keys as English", async () => {
    expect((await catalogue(language)).keyRows.length).toBe(en.keyRows.length);
  });

  test("keeps what is chosen by letter in one place with English", async () => {
    const { keyRows } = await catalogue(language);
    for (const [at, [keys]] of en.keyRows.entries()) {
      if (/^[A-Z?](?:,|$)/.test(keys)) {
        expect(keyRows[at]?.[0].charAt(0), keys).toBe(keys.charAt(0));
      }
    }
  });

  test("warns that this is not for primary diagnosis", async () => {
    expect((await catalogue(language)).notForDiagnosis).not.toBe("");
    expect(language === "en" || (await catalogue(language)).notForDiagnosis !== en.notForDiagnosis).toBe(true);
  });

  test("explains forty words and every kind of picture", async () => {
    const explained = await fetchExplanations(language);
    expect(explained.glossary.length).toBeGreaterThanOrEqual(40);
    expect(new Set(explained.glossary.map(([word]) => word)).size).toBe(explained.glossary.length);
    for (const text of said(explained.kinds).values()) {
      expect(text).not.toBe("");
    }
  });
});

describe("plurals", () => {
  test("Arabic has a form for one, two, few and many", async () => {
    const { pictures } = await catalogue("ar");
    expect([1, 2, 3, 11, 100].map(pictures)).toEqual(["صورة واحدة", "صورتان", "3 صور", "11 صورة", "100 صورة"]);
  });

  test("French counts none as one", async () => {
    expect((await catalogue("fr")).pictures(0)).toBe("0 image");
  });

  test("a large number is written as the language writes it", () => {
    expect(counting("de")(1234, { other: "# Bilder" })).toBe("1.234 Bilder");
  });

  test("a form that is not given is the usual one", () => {
    expect(counting("ar")(2, { other: "#" })).not.toBe("");
  });
});

describe("dates and numbers", () => {
  test("are written in the chosen language", async () => {
    const of = async (language: Language) => dicomDate("20261101", (await catalogue(language)).locale);
    expect(await of("de")).toBe("1. November 2026");
    expect(await of("es")).toBe("1 de noviembre de 2026");
    expect(await of("ja")).toBe("2026年11月1日");
    expect(await of("zh")).toBe("2026年11月1日");
  });

  test("figures are those of the pictures, in Arabic too", async () => {
    const { locale } = await catalogue("ar");
    expect(count(128, locale)).toBe("128");
    expect(dicomDate("20261101", locale)).toMatch(/^1 .+ 2026$/);
  });
});

test("the first wanted language that there is gets chosen, whatever its region", () => {
  expect(choose(["pt-BR", "es-MX", "en"])).toBe("es");
  expect(choose(["zh-Hans-CN"])).toBe("zh");
  expect(choose(["", "AR-eg"])).toBe("ar");
  // Whoever reads traditional characters is given the next language, not simplified ones.
  expect(choose(["zh-TW", "zh-Hant-HK", "ja"])).toBe("ja");
  expect(choose(["zh-HK"])).toBe("en");
  expect(choose(["constructor", "__proto__"])).toBe("en");
});

test("dates are written as the reader's own country writes them", () => {
  expect(regional("en-GB", ["fr", "en-US"])).toBe("en-US");
  expect(regional("en-GB", ["en"])).toBe("en-GB");
  expect(regional("en-GB", ["de-AT"])).toBe("en-GB");
  expect(regional("ar-u-nu-latn", ["ar-EG"])).toBe("ar-EG-u-nu-latn");
  expect(regional("zh-CN", ["zh-TW", "zh-Hans-SG"])).toBe("zh-SG");
  expect(regional("en-GB", ["en-x-nonsense", "en-US-u-ca-japanese"])).toBe("en-GB");
  expect(dicomDate("20261101", regional("en-GB", ["en-US"]))).toBe("November 1, 2026");
});
