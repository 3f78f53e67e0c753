/** From the link to the pictures: what is asked, what is shown, and what is never shown. */

import { describe, expect, test } from "vitest";
import { dateOf, order } from "../src/link/dates";
import { cleanPasscode, Door } from "../src/link/door";
import type { Answer, FrameSource, Locked, Opening, Question, StripImage } from "../src/source/frame-source";
import { readSeries, readStudy } from "../src/source/manifest";
import type { SeriesManifest, StudyManifest } from "../src/source/model";

const LOCKED: Locked = { from: "Riverside Imaging", until: "2026-12-24T10:00:00Z", digits: true, length: 6 };
const STUDY = readStudy({ patient: { name: "DOE^JANE" } });

/** A source that gives the answers it was given, in turn, and remembers what it was asked. */
class FakeSource implements FrameSource {
  readonly tried: (string | null)[] = [];
  forgotten = 0;

  constructor(private readonly answers: Opening[]) {}

  async open(passcode: string | null): Promise<Opening> {
    this.tried.push(passcode);
    return this.answers.shift() ?? { outcome: "closed" };
  }

  readonly answered: Answer[] = [];

  async answer(answer: Answer): Promise<Opening> {
    this.answered.push(answer);
    return this.answers.shift() ?? { outcome: "closed" };
  }

  async study(): Promise<StudyManifest> {
    return STUDY;
  }

  async series(): Promise<SeriesManifest> {
    return readSeries({});
  }

  async *strip(): AsyncGenerator<StripImage> {}

  async frame(): Promise<ArrayBuffer> {
    return new ArrayBuffer(0);
  }

  async preview(): Promise<Blob> {
    return new Blob();
  }

  thumbnailAddress = () => "";
  documentAddress = () => "";
  downloadAddress = () => "";

  forget(): void {
    this.forgotten += 1;
  }
}

describe("door", () => {
  test("a link without a passcode opens at once", async () => {
    const door = new Door(new FakeSource([{ outcome: "opened", study: STUDY }]));
    await door.knock();
    expect(door.state).toEqual({ phase: "open", study: STUDY });
  });

  test("before the passcode only the sender and the date are known", async () => {
    const door = new Door(new FakeSource([{ outcome: "passcode-needed", locked: LOCKED }]));
    await door.knock();
    expect(door.state).toMatchObject({ phase: "locked", locked: LOCKED, wrong: false, triesLeft: null });
    expect(JSON.stringify(door.state)).not.toContain("DOE");
  });

  test("a wrong passcode may be tried again, and the right one opens", async () => {
    const source = new FakeSource([
      { outcome: "passcode-needed", locked: LOCKED },
      { outcome: "passcode-wrong", locked: LOCKED, triesLeft: null },
      { outcome: "passcode-wrong", locked: LOCKED, triesLeft: 7 },
      { outcome: "opened", study: STUDY },
    ]);
    const door = new Door(source);
    await door.knock();
    await door.tryPasscode("111111");
    expect(door.state).toMatchObject({ phase: "locked", wrong: true, triesLeft: null });
    await door.tryPasscode("222222");
    expect(door.state).toMatchObject({ phase: "locked", wrong: true, triesLeft: 7 });
    await door.tryPasscode("123 456");
    expect(door.state.phase).toBe("open");
    expect(source.tried).toEqual([null, "111111", "222222", "123456"]);
  });

  test("pressing twice spends one try", async () => {
    const source = new FakeSource([
      { outcome: "passcode-needed", locked: LOCKED },
      { outcome: "passcode-wrong", locked: LOCKED, triesLeft: null },
    ]);
    const door = new Door(source);
    await door.knock();
    await Promise.all([door.tryPasscode("111111"), door.tryPasscode("111111")]);
    expect(source.tried).toEqual([null, "111111"]);
  });

  test("an empty passcode is not sent", async () => {
    const source = new FakeSource([{ outcome: "passcode-needed", locked: LOCKED }]);
    const door = new Door(source);
    await door.knock();
    await door.tryPasscode(" - ");
    expect(source.tried).toEqual([null]);
  });

  test("a lost connection keeps the passcode page, and spends nothing", async () => {
    const door = new Door(new FakeSource([{ outcome: "passcode-needed", locked: LOCKED }, { outcome: "unreachable" }]));
    await door.knock();
    await door.tryPasscode("123456");
    expect(door.state).toMatchObject({ phase: "locked", unreachable: true, busy: false, wrong: false });
  });

  test("a link that cannot be reached at first offers another try", async () => {
    const door = new Door(new FakeSource([{ outcome: "unreachable" }, { outcome: "opened", study: STUDY }]));
    await door.knock();
    expect(door.state.phase).toBe("unreachable");
    await door.knock();
    expect(door.state.phase).toBe("open");
  });

  test("a closed link is closed, before and after it was open", async () => {
    const closed = new Door(new FakeSource([{ outcome: "closed" }]));
    await closed.knock();
    expect(closed.state).toEqual({ phase: "closed" });
    const source = new FakeSource([{ outcome: "opened", study: STUDY }]);
    const revoked = new Door(source);
    await revoked.knock();
    revoked.shut();
    expect(revoked.state).toEqual({ phase: "closed" });
    expect(source.forgotten).toBe(1);
  });

  test("leaving forgets the way in", async () => {
    const source = new FakeSource([{ outcome: "opened", study: STUDY }]);
    const door = new Door(source);
    await door.knock();
    door.leave();
    expect(door.state).toEqual({ phase: "left" });
    expect(source.forgotten).toBe(1);
  });
});

test("a pasted passcode loses what people put between digits, a worded one only what is around it", () => {
  expect(cleanPasscode(" 123-456\u200b", true)).toBe("123456");
  expect(cleanPasscode("１２３ ４５６", true)).toBe("123456");
  expect(cleanPasscode("  two words ", false)).toBe("two words");
});

const asks = (question: Partial<Question> & Pick<Question, "asks">): Opening => ({
  outcome: "asked",
  question: { from: "Riverside Imaging", until: "", wrong: false, triesLeft: null, ways: [], ...question },
});

describe("questions", () => {
  const WAYS = [
    { way: "text", to: "···42" },
    { way: "email", to: "j···@example.org" },
  ] as const;

  test("a patient's link asks for the birth date, then sends a code, and opens by it", async () => {
    const source = new FakeSource([
      asks({ asks: "birth-date" }),
      asks({ asks: "birth-date", wrong: true, triesLeft: 7 }),
      asks({ asks: "code", ways: WAYS }),
      asks({ asks: "code-sent", ways: [WAYS[0]] }),
      asks({ asks: "code-sent", wrong: true, triesLeft: 4 }),
      { outcome: "opened", study: STUDY },
    ]);
    const door = new Door(source);
    await door.knock();
    await door.answer({ birth_date: "1971-01-01" });
    expect(door.state).toMatchObject({ phase: "asked", question: { asks: "birth-date", wrong: true, triesLeft: 7 } });
    await door.answer({ birth_date: "1970-01-01" });
    expect(door.state).toMatchObject({ phase: "asked", choices: WAYS, stale: false });
    await door.answer({ send_code: "text", language: "de" });
    await door.answer({ code: "111111" });
    expect(door.state).toMatchObject({ question: { asks: "code-sent", wrong: true, ways: [WAYS[0]] }, choices: WAYS });
    await door.answer({ code: "222222" });
    expect(door.state.phase).toBe("open");
    expect(source.answered).toHaveLength(5);
  });

  test("a code that is no good any more leads back to where one is sent, and says so", async () => {
    const door = new Door(
      new FakeSource([
        asks({ asks: "code", ways: WAYS }),
        asks({ asks: "code-sent", ways: [WAYS[1]] }),
        asks({ asks: "code", ways: WAYS }),
      ]),
    );
    await door.knock();
    await door.answer({ send_code: "email", language: "en" });
    await door.answer({ code: "111111" });
    expect(door.state).toMatchObject({ question: { asks: "code" }, stale: true, choices: WAYS });
  });

  test("another code can be asked for, and a lost connection keeps the page and what it knows", async () => {
    const door = new Door(
      new FakeSource([
        asks({ asks: "code", ways: WAYS }),
        asks({ asks: "code-sent", ways: [WAYS[0]] }),
        { outcome: "unreachable", crowded: true },
      ]),
    );
    await door.knock();
    await door.answer({ send_code: "text", language: "en" });
    await door.answer({ code: "111111" });
    expect(door.state).toMatchObject({
      question: { asks: "code-sent" },
      unreachable: true,
      crowded: true,
      busy: false,
    });
    door.chooseWay();
    expect(door.state).toMatchObject({ question: { asks: "code" }, unreachable: false, choices: WAYS });
  });

  test("answering twice at once is answering once", async () => {
    const source = new FakeSource([asks({ asks: "birth-date" }), asks({ asks: "birth-date", wrong: true })]);
    const door = new Door(source);
    await door.knock();
    await Promise.all([door.answer({ birth_date: "1970-01-01" }), door.answer({ birth_date: "1970-01-01" })]);
    expect(source.answered).toHaveLength(1);
  });
});

describe("birth dates", () => {
  test("stand in the order of the reader's language", () => {
    expect(order("de")).toEqual(["day", "month", "year"]);
    expect(order("en-US")).toEqual(["month", "day", "year"]);
    expect(order("ja")).toEqual(["year", "month", "day"]);
  });

  test("are taken in digits of any script, and only where there is such a day", () => {
    expect(dateOf({ day: "1", month: "2", year: "1970" })).toBe("1970-02-01");
    expect(dateOf({ day: "٣١", month: "١٢", year: "١٩٥١" })).toBe("1951-12-31");
    expect(dateOf({ day: "०५", month: "०६", year: "१९९८" })).toBe("1998-06-05");
    for (const [day, month, year] of [
      ["31", "2", "1970"],
      ["1", "13", "1970"],
      ["1", "1", "70"],
      ["", "", ""],
    ]) {
      expect(dateOf({ day: day ?? "", month: month ?? "", year: year ?? "" })).toBeNull();
    }
  });
});
