/** Films keep their time, on slow machines and with pictures missing. */

import { describe, expect, test } from "vitest";
import { Cine } from "../src/viewer/cine";

describe("a film", () => {
  function film(count: number, duration: number | null) {
    let now = 0;
    let next: (() => void) | null = null;
    const played: number[] = [];
    const missing = new Set<number>();
    const shown = {
      index: 0,
      loop: { from: 0, to: count - 1 },
      duration: () => duration,
      ready: (index: number) => !missing.has(index),
      playTo(index: number) {
        played.push(index);
        shown.index = index;
      },
      playingChanged() {},
    };
    const cine = new Cine(shown, {
      now: () => now,
      next: (run) => {
        next = run;
        return () => {
          next = null;
        };
      },
    });
    const pass = (milliseconds: number, every = 16) => {
      for (const end = now + milliseconds; now < end; ) {
        now += every;
        const run = next;
        next = null;
        run?.();
      }
    };
    return { cine, played, pass, missing, shown };
  }

  test("shows as many pictures a second as were recorded", () => {
    const { cine, played, pass } = film(100, 40);
    cine.play();
    pass(1000);
    expect(cine.rate).toBe(25);
    expect(played.length).toBeGreaterThanOrEqual(24);
    expect(played.length).toBeLessThanOrEqual(27);
    expect(played.every((index, at) => index === at)).toBe(true);
  });

  test("leaves pictures out on a slow machine, and stays in time", () => {
    const { cine, shown, pass } = film(1000, 20);
    cine.play();
    pass(2000, 100);
    expect(shown.index).toBeGreaterThanOrEqual(97);
    expect(shown.index).toBeLessThanOrEqual(101);
  });

  test("ten a second where nothing was recorded; the speed is a choice", () => {
    const { cine, played, pass } = film(100, null);
    expect([cine.rate, cine.isRecorded]).toEqual([10, false]);
    cine.setSpeed(2);
    cine.play();
    pass(1000);
    expect(played.length).toBeGreaterThanOrEqual(19);
    expect(played.length).toBeLessThanOrEqual(21);
  });

  test("waits for a picture that is not there, and goes on without haste", () => {
    const { cine, played, pass, missing } = film(10, 100);
    missing.add(3);
    cine.play();
    pass(2000);
    expect(played.at(-1)).toBe(2);
    missing.clear();
    pass(300);
    expect(played.length).toBeLessThanOrEqual(7);
    expect(played).toContain(3);
  });

  test("bounces at both ends, and stops when told", () => {
    const { cine, played, pass } = film(3, 100);
    cine.setBounce(true);
    cine.play();
    pass(650);
    expect(played.slice(0, 6)).toEqual([0, 1, 2, 1, 0, 1]);
    cine.toggle();
    const before = played.length;
    pass(500);
    expect(played.length).toBe(before);
  });
});
