/** What is fetched when: the picture under the cursor first, the nearest next, nothing nobody waits for. */

import { describe, expect, test } from "vitest";
import { ByteBudget, pictureBudget } from "../src/loading/memory";
import { nearestFirst, nextPlayed, playingOrder, reachWithin } from "../src/loading/order";
import { type Fetched, FrameQueue, type QueueSeries } from "../src/loading/queue";
import type { Priority } from "../src/source/frame-source";

describe("order", () => {
  test("the cursor is first, then the nearest, those ahead before those behind", () => {
    expect(nearestFirst(6, 2, 1)).toEqual([2, 3, 1, 4, 0, 5]);
    expect(nearestFirst(6, 2, -1)).toEqual([2, 1, 3, 0, 4, 5]);
  });

  test("every picture is in it once, wherever the cursor is", () => {
    for (let cursor = -2; cursor < 12; cursor++) {
      expect(nearestFirst(9, cursor, 1).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });

  test("a reach ends it", () => {
    expect(nearestFirst(500, 250, 1, 3)).toEqual([250, 251, 249]);
    expect(nearestFirst(0, 0, 1)).toEqual([]);
  });

  test("no more is fetched ahead than fits", () => {
    expect(reachWithin(100, 10, 500)).toBe(8);
    expect(reachWithin(100, 1000, 500)).toBe(1);
    expect(reachWithin(100, 1, 5)).toBe(5);
  });
});

describe("memory", () => {
  test("what was used longest ago goes first", () => {
    const gone: string[] = [];
    const memory = new ByteBudget<string>(30, (value) => gone.push(value));
    memory.put("a", "a", 10);
    memory.put("b", "b", 10);
    memory.put("c", "c", 10);
    memory.get("a");
    memory.put("d", "d", 10);
    expect(gone).toEqual(["b"]);
    expect(memory.used).toBe(30);
    expect(memory.get("a")).toBe("a");
  });

  test("one thing larger than the budget is kept alone", () => {
    const memory = new ByteBudget<string>(30);
    memory.put("a", "a", 10);
    memory.put("huge", "huge", 100);
    expect(memory.has("a")).toBe(false);
    expect(memory.get("huge")).toBe("huge");
  });

  test("putting again replaces, and clearing lets all go", () => {
    const memory = new ByteBudget<number>(30);
    memory.put("a", 1, 10);
    memory.put("a", 2, 20);
    expect(memory.used).toBe(20);
    memory.clear();
    expect(memory.used).toBe(0);
  });

  test("what is set aside is not there for others", () => {
    const memory = new ByteBudget<number>(30);
    memory.put("a", 1, 10);
    memory.put("b", 2, 10);
    memory.reserve(15);
    expect([memory.has("a"), memory.has("b"), memory.used, memory.limit]).toEqual([false, true, 25, 15]);
    memory.reserve(-15);
    expect(memory.limit).toBe(30);
  });

  test("phones and small machines get less", () => {
    expect(pictureBudget({ memory: 8, smallTouch: true })).toBe(120 << 20);
    expect(pictureBudget({ memory: 4, smallTouch: false })).toBe(120 << 20);
    expect(pictureBudget({ memory: undefined, smallTouch: false })).toBe(512 << 20);
  });
});

/** A slow server by hand: each request waits until the test answers it. */
class FakeServer {
  readonly asked: { index: number; priority: Priority; signal: AbortSignal; answer(fetched: Fetched): void }[] = [];
  readonly there = new Set<number>();
  readonly stalls: boolean[] = [];
  free = true;
  private timers: (() => void)[] = [];
  readonly queue: FrameQueue;
  readonly series: QueueSeries;

  constructor(
    private readonly count: number,
    slots = 3,
    private readonly reach = count,
  ) {
    this.series = {
      has: (index) => this.there.has(index),
      ahead: () => this.free,
      fetch: (index, priority, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
          this.asked.push({ index, priority, signal, answer: resolve });
        }),
    };
    this.queue = new FrameQueue({
      slots,
      stalled: (stalled) => this.stalls.push(stalled),
      after: (_, run) => {
        this.timers.push(run);
        return () => {
          this.timers = this.timers.filter((timer) => timer !== run);
        };
      },
    });
  }

  /** A cell (its name) looks at a picture. */
  lookAt(cursor: number, direction: 1 | -1, cell: object = this): void {
    const order = nearestFirst(this.count, cursor, direction, this.reach);
    this.queue.look(cell, { series: this.series, order, playing: false });
  }

  get open(): number[] {
    return this.asked.filter((one) => !one.signal.aborted && !this.answered.has(one)).map((one) => one.index);
  }

  private readonly answered = new Set<object>();

  async answer(index: number, fetched: Fetched = "done"): Promise<void> {
    const one = [...this.asked].reverse().find((request) => request.index === index && !request.signal.aborted);
    if (one === undefined) {
      throw new Error(`${index} was not asked for`);
    }
    this.answered.add(one);
    if (fetched === "done") {
      this.there.add(index);
    }
    one.answer(fetched);
    await new Promise((resolve) => setTimeout(resolve));
  }

  async passTime(): Promise<void> {
    for (const run of this.timers.splice(0)) {
      run();
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}

describe("queue", () => {
  test("the picture under the cursor is asked for first and with high priority", () => {
    const server = new FakeServer(100);
    server.lookAt(50, 1);
    expect(server.asked[0]).toMatchObject({ index: 50, priority: "high" });
    expect(server.open).toEqual([50]);
  });

  test("once it is there, the nearest follow, as many at once as there are slots", async () => {
    const server = new FakeServer(100);
    server.lookAt(50, 1);
    await server.answer(50);
    expect(server.open).toEqual([51, 49, 52]);
    await server.answer(49);
    expect(server.open).toEqual([51, 52, 48]);
  });

  test("nothing is fetched ahead before the line is free for it", async () => {
    const server = new FakeServer(100);
    server.free = false;
    server.lookAt(50, 1);
    await server.answer(50);
    expect(server.open).toEqual([]);
    server.free = true;
    server.queue.resume();
    expect(server.open).toEqual([51, 49, 52]);
  });

  test("moving far calls off what nobody waits for", async () => {
    const server = new FakeServer(100);
    server.lookAt(10, 1);
    await server.answer(10);
    server.lookAt(90, 1);
    expect(server.open).toEqual([90]);
    expect(server.asked.filter((one) => one.index < 20 && one.index !== 10).every((one) => one.signal.aborted)).toBe(
      true,
    );
  });

  test("moving on by one makes room for the new cursor at once", async () => {
    const server = new FakeServer(100);
    server.lookAt(50, 1);
    await server.answer(50);
    server.lookAt(53, 1);
    expect(server.open).toContain(53);
    expect(server.asked.at(-1)).toMatchObject({ index: 53, priority: "high" });
    expect(server.open.length).toBeLessThanOrEqual(2);
  });

  test("what is there already is not asked for again", async () => {
    const server = new FakeServer(3);
    server.lookAt(1, 1);
    for (const index of [1, 2, 0]) {
      await server.answer(index);
    }
    server.lookAt(0, -1);
    expect(server.asked.length).toBe(3);
  });

  test("what can never be had is not asked for again", async () => {
    const server = new FakeServer(2);
    server.lookAt(0, 1);
    await server.answer(0, "never");
    server.lookAt(1, 1);
    server.lookAt(0, -1);
    expect(server.asked.filter((one) => one.index === 0).length).toBe(1);
    expect(server.queue.isHopeless(server.series, 0)).toBe(true);
  });

  test("without a network it waits, says so, and goes on by itself", async () => {
    const server = new FakeServer(1);
    server.lookAt(0, 1);
    await server.answer(0, "later");
    expect(server.stalls).toEqual([true]);
    expect(server.open).toEqual([]);
    await server.passTime();
    expect(server.open).toEqual([0]);
    await server.answer(0);
    expect(server.stalls).toEqual([true, false]);
  });

  test("a retry does not wait", async () => {
    const server = new FakeServer(1);
    server.lookAt(0, 1);
    await server.answer(0, "later");
    server.queue.retry();
    expect(server.open).toEqual([0]);
  });

  test("nothing beyond the reach is fetched", async () => {
    const server = new FakeServer(100, 3, 3);
    server.lookAt(50, 1);
    for (const index of [50, 51, 49]) {
      await server.answer(index);
    }
    expect(server.open).toEqual([]);
  });

  test("stopping calls off everything", () => {
    const server = new FakeServer(100);
    server.lookAt(50, 1);
    server.queue.stop();
    expect(server.open).toEqual([]);
  });

  test("with several cells each cursor goes before anything fetched ahead, the active one's first", async () => {
    const server = new FakeServer(100);
    const [left, right] = [{}, {}];
    server.lookAt(10, 1, left);
    server.queue.prefer(right);
    server.lookAt(80, 1, right);
    expect(server.open).toEqual([10, 80]);
    server.lookAt(12, 1, left);
    expect(server.asked.at(-1)).toMatchObject({ index: 12, priority: "auto" });
    expect(server.asked.find((one) => one.index === 80)?.priority).toBe("high");
    await server.answer(80);
    expect(server.open).not.toContain(81);
    await server.answer(12);
    expect(server.open.slice(-2)).toEqual([81, 13]);
  });

  test("what two cells want is fetched once, and stays wanted while one of them wants it", async () => {
    const server = new FakeServer(100);
    const [left, right] = [{}, {}];
    server.lookAt(10, 1, left);
    server.lookAt(10, 1, right);
    expect(server.asked.map((one) => one.index)).toEqual([10]);
    server.lookAt(90, 1, left);
    expect(server.open).toEqual([10, 90]);
    server.queue.leave(right);
    expect(server.open).toEqual([90]);
  });

  test("while a film runs nothing that it will show in a moment is called off", async () => {
    const server = new FakeServer(20);
    const play = (cursor: number) =>
      server.queue.look(server, {
        series: server.series,
        order: playingOrder(20, cursor, 1, false),
        playing: true,
      });
    play(18);
    expect(server.open).toEqual([18, 19, 0]);
    play(19);
    play(0);
    expect(server.open).toEqual([18, 19, 0]);
    await server.answer(0);
    expect(server.open).toEqual([18, 19, 1]);
  });
});

describe("a film", () => {
  test("goes round and round, or to the end and back", () => {
    expect(playingOrder(5, 3, 1, false)).toEqual([3, 4, 0, 1, 2]);
    expect(playingOrder(5, 3, 1, true)).toEqual([3, 4, 2, 1, 0]);
    expect(playingOrder(5, 3, -1, true)).toEqual([3, 2, 1, 0, 4]);
    expect(playingOrder(5, 3, 1, false, 2)).toEqual([3, 4]);
    expect(nextPlayed(5, 4, 1, true)).toEqual({ index: 3, direction: -1 });
    expect(nextPlayed(5, 0, -1, false)).toEqual({ index: 4, direction: -1 });
    expect(nextPlayed(1, 0, 1, true)).toEqual({ index: 0, direction: 1 });
  });
});
