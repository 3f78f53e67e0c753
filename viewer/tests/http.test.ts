/** The link over HTTP: the secret stays out of addresses, and every answer of the server means one thing. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NotAvailable, SourceClosed, SourceUnreachable } from "../src/source/frame-source";
import { HttpFrameSource, type Memory } from "../src/source/http";
import { frameOf } from "./frames";

class FakeMemory implements Memory {
  private readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

const asked: { address: string; body: string }[] = [];
let answers: (Response | Error)[] = [];
const realFetch = globalThis.fetch;

beforeEach(() => {
  asked.length = 0;
  answers = [];
  globalThis.fetch = async (address, init) => {
    asked.push({ address: String(address), body: String(init?.body ?? "") });
    const answer = answers.shift() ?? new Response(null, { status: 500 });
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  };
});

afterEach(() => {
  globalThis.fetch = realFetch;
});

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const closed = () => json(404, { type: "link-closed", title: "…" });
const source = (secret = "s3cret", memory: Memory = new FakeMemory()) => new HttpFrameSource("/s/abc", secret, memory);

describe("opening", () => {
  test("the secret travels in the body of one POST, never in an address", async () => {
    answers = [json(200, { from: "Riverside" })];
    expect((await source().open("123456")).outcome).toBe("opened");
    expect(asked).toEqual([{ address: "/s/abc/open", body: '{"secret":"s3cret","passcode":"123456"}' }]);
  });

  test("a reload asks with the cookie first, and spends no try", async () => {
    const memory = new FakeMemory();
    answers = [json(200, { from: "Riverside" }), json(200, { from: "Riverside" })];
    await source("s3cret", memory).open("123456");
    expect((await source("s3cret", memory).open(null)).outcome).toBe("opened");
    expect(asked[1]?.address).toBe("/s/abc/study");
  });

  test("a reload after the cookie has gone asks for the passcode again", async () => {
    const memory = new FakeMemory();
    answers = [json(200, {}), closed(), json(401, { type: "passcode-needed", from: "R", digits: true, length: 6 })];
    await source("s3cret", memory).open("123456");
    const opening = await source("s3cret", memory).open(null);
    expect(opening).toMatchObject({ outcome: "passcode-needed", locked: { from: "R", digits: true, length: 6 } });
  });

  test("another secret in the same tab does not ride on the first one's cookie", async () => {
    const memory = new FakeMemory();
    answers = [json(200, {}), closed()];
    await source("s3cret", memory).open(null);
    expect((await source("tampered", memory).open(null)).outcome).toBe("closed");
    expect(asked[1]).toEqual({ address: "/s/abc/open", body: '{"secret":"tampered"}' });
  });

  test("a wrong passcode tells the tries left only when the server does", async () => {
    answers = [json(401, { type: "passcode-wrong" }), json(401, { type: "passcode-wrong", tries_left: 7 })];
    expect(await source().open("1")).toMatchObject({ outcome: "passcode-wrong", triesLeft: null });
    expect(await source().open("1")).toMatchObject({ outcome: "passcode-wrong", triesLeft: 7 });
  });

  test("no network, a busy server and somebody else's page are no closed link", async () => {
    answers = [new TypeError("Failed to fetch"), json(503, {}), json(429, {}), new Response("<html>Sign in</html>")];
    for (let times = 0; times < 4; times++) {
      expect((await source().open(null)).outcome).toBe("unreachable");
    }
  });

  test("a link without its secret is closed", async () => {
    answers = [closed()];
    expect((await source("").open(null)).outcome).toBe("closed");
    expect(asked.map((one) => one.address)).toEqual(["/s/abc/study"]);
  });
});

describe("while open", () => {
  test("frames and previews are asked for by instance and frame", async () => {
    answers = [new Response(Uint8Array.from([1, 2])), new Response(Uint8Array.from([3]))];
    const frame = frameOf({ i: 345, n: 6 });
    expect((await source().frame(frame, "high")).byteLength).toBe(2);
    expect((await source().preview(frame, "low")).type).toBe("image/webp");
    expect(asked.map((one) => one.address)).toEqual(["/s/abc/frames/345/6", "/s/abc/previews/345/6"]);
  });

  test("a revoked link closes, a missing picture is only missing, a lost network is worth another try", async () => {
    answers = [
      closed(),
      json(404, { type: "not-found" }),
      json(403, {}),
      new TypeError("Failed to fetch"),
      json(502, {}),
    ];
    const ask = () => source().frame(frameOf(), "high");
    await expect(ask()).rejects.toBeInstanceOf(SourceClosed);
    await expect(ask()).rejects.toBeInstanceOf(NotAvailable);
    await expect(ask()).rejects.toBeInstanceOf(NotAvailable);
    await expect(ask()).rejects.toBeInstanceOf(SourceUnreachable);
    await expect(ask()).rejects.toBeInstanceOf(SourceUnreachable);
  });
});
