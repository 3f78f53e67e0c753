/** Names, dates, numbers, words and gestures as people know them. */

import { describe, expect, test } from "vitest";
import { day, decimal, dicomDate, measured, personName } from "../src/messages/format";
import { choose } from "../src/messages/index";
import { pixelsPerSlice, wheelSteps } from "../src/viewer/gestures";

describe("names", () => {
  test("family first, then given and middle", () => {
    expect(personName("DOE^JANE")).toBe("DOE, JANE");
    expect(personName("DOE^JANE^MARIA^Dr^MD")).toBe("DOE, JANE MARIA, Dr, MD");
  });

  test("a second script stands in brackets, a third is left out", () => {
    expect(personName("Yamada^Tarou=山田^太郎=やまだ^たろう")).toBe("Yamada, Tarou (山田, 太郎)");
    expect(personName("=山田^太郎")).toBe("山田, 太郎");
  });

  test("no name stays empty", () => {
    expect(personName("^^^^")).toBe("");
  });
});

describe("dates", () => {
  const now = new Date("2026-11-24T12:00:00Z");

  test("this year needs no year", () => {
    expect(day("2026-12-04T10:00:00Z", now, "en-GB")).toBe("4 December");
    expect(day("2027-01-04T10:00:00Z", now, "en-GB")).toBe("4 January 2027");
  });

  test("a day of birth does not slip with the time zone", () => {
    expect(dicomDate("19700101", "en-GB")).toBe("1 January 1970");
  });

  test("what is no date is nothing", () => {
    expect(day("", now)).toBe("");
    expect(dicomDate("")).toBe("");
    expect(dicomDate("1970")).toBe("");
  });
});

describe("numbers", () => {
  test("a measured value has a plain minus and no needless digits", () => {
    expect(measured(-37)).toBe("-37");
    expect(measured(0.1 + 0.2)).toBe("0.3");
    expect(measured(12345.678)).toBe("12345.68");
  });

  test("there is no minus zero", () => {
    expect(decimal(-0.2, 0, "en-GB")).toBe("0");
  });
});

test("languages that are not there fall back on English", () => {
  expect(choose(["tlh", "en-US"])).toBe("en");
  expect(choose([])).toBe("en");
});

describe("gestures", () => {
  test("one notch of a wheel is one picture", () => {
    expect(wheelSteps(0, 100)).toEqual({ steps: 1, left: 0 });
    expect(wheelSteps(0, -120)).toEqual({ steps: -1, left: 0 });
    expect(wheelSteps(0, 360)).toEqual({ steps: 3, left: 0 });
  });

  test("a touchpad's small movements add up", () => {
    let left = 0;
    let turned = 0;
    for (let times = 0; times < 30; times++) {
      const moved = wheelSteps(left, 5);
      left = moved.left;
      turned += moved.steps;
    }
    expect(turned).toBe(3);
  });

  test("a drag over the screen goes through about the whole series, never too fast to aim", () => {
    expect(pixelsPerSlice(600, 100)).toBeCloseTo(5.4);
    expect(pixelsPerSlice(600, 5000)).toBe(3);
    expect(pixelsPerSlice(600, 2)).toBe(28);
  });
});
