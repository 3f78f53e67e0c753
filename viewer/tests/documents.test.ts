import { describe, expect, it } from "vitest";
import { type Group, readTold } from "../src/ui/documents/model";
import { between, isTwelve, LEADS, layOut, leadOf, lineOf, scaleOf } from "../src/ui/documents/paper";
import { floats, Samples } from "../src/ui/documents/samples";

function group(labels: readonly string[], rate = 100, samples = 1000, block = 1000): Group {
  const channels = labels.map((label) => ({ label, unit: "µV", millivolts: 0.001, skew: 0, filters: [] }));
  return { label: "", rate, samples, start: 0, sound: false, block, channels };
}

const SCALE = { speed: 25, gain: 10 };

describe("paper", () => {
  it("draws 1 mV as 10 mm and 1 s as 25 mm", () => {
    const one = group(["I"]);
    const values = new Float32Array(1000);
    values[500] = 1000;
    const { strips, width } = layOut(one, [values], "rows", SCALE);
    const strip = strips[0];
    expect(width).toBe(260);
    expect(strip).toBeDefined();
    if (strip !== undefined) {
      const line = lineOf(strip, values, one.rate, SCALE.speed);
      // Sample 500 is 5 s in: 125 mm after the 10 mm of the step.
      expect(line).toContain(`L135 ${strip.top - 10}`);
      expect(strip.top % 5).toBe(0);
    }
  });

  it("knows the twelve leads however they are written", () => {
    expect(leadOf("AVR")).toBe("aVR");
    expect(leadOf("v1")).toBe("V1");
    expect(leadOf("MCL1")).toBe("MCL1");
    expect(isTwelve(group(LEADS))).toBe(true);
    expect(isTwelve(group(["I", "II"]))).toBe(false);
  });

  it("lays twelve leads out in time, one column after the other, over a rhythm", () => {
    const twelve = group(LEADS);
    const { strips } = layOut(
      twelve,
      LEADS.map(() => new Float32Array(1000)),
      "twelve",
      SCALE,
    );
    expect(strips.map(({ label }) => label)).toEqual([
      ...["I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6", "II"],
    ]);
    expect(strips.slice(0, 4).map(({ from, to }) => [from, to])).toEqual([
      [0, 250],
      [250, 500],
      [500, 750],
      [750, 1000],
    ]);
    expect(strips[3]?.left).toBeCloseTo(10 + 7.5 * 25);
    expect(strips[12]).toMatchObject({ from: 0, to: 1000 });
  });

  it("keeps the highest and the lowest of many samples at one place", () => {
    const fast = group(["I"], 10_000, 10_000);
    const values = new Float32Array(10_000);
    values[4321] = 2000;
    values[4322] = -2000;
    const { strips } = layOut(fast, [values], "rows", SCALE);
    const strip = strips[0];
    if (strip === undefined) {
      throw new Error("no strip");
    }
    const line = lineOf(strip, values, fast.rate, SCALE.speed);
    expect(line).toContain(` ${strip.top - 20}`);
    expect(line).toContain(` ${strip.top + 20}`);
    expect(line.length).toBeLessThan(20_000);
  });

  it("lifts the pen where nothing was recorded", () => {
    const one = group(["I"], 100, 4);
    const values = Float32Array.of(0, Number.NaN, 0, 0);
    const strip = layOut(one, [values], "rows", SCALE).strips[0];
    expect(strip === undefined ? "" : lineOf(strip, values, 100, 25).replace(/[^ML]/g, "")).toBe("MML");
  });

  it("draws what is no voltage so that 10 mm are a round value", () => {
    const channel = { label: "Ao", unit: "mmHg", millivolts: null, skew: 0, filters: [] };
    expect(10 / scaleOf(channel, Float32Array.of(80, 120), 10).perUnit).toBeCloseTo(20);
    expect(10 / scaleOf(channel, Float32Array.of(0, 0.7), 10).perUnit).toBeCloseTo(0.5);
    expect(scaleOf(channel, Float32Array.of(5, 5), 10)).toEqual({ perUnit: 1, middle: 5 });
  });

  it("measures between two points", () => {
    const found = between({ x: 10, y: 30 }, { x: 30, y: 20 }, SCALE);
    expect(found).toEqual({ milliseconds: 800, rate: 75, millivolts: 1 });
    expect(between({ x: 0, y: 0 }, { x: 1, y: 0 }, SCALE).rate).toBe(0);
  });
});

describe("samples", () => {
  const source = (asked: number[]) => ({
    samples: (_: number, __: number, block: number) => {
      asked.push(block);
      const many = block < 2 ? 4 : 2;
      const bytes = new DataView(new ArrayBuffer(many * 8));
      for (let channel = 0; channel < 2; channel++) {
        for (let at = 0; at < many; at++) {
          bytes.setFloat32((channel * many + at) * 4, channel * 100 + block * 4 + at, true);
        }
      }
      return Promise.resolve(bytes.buffer);
    },
    told: () => Promise.resolve(null),
    mediaAddress: () => "",
    previewAddress: () => "",
    originalAddress: () => "",
  });

  it("joins blocks and asks for each once", async () => {
    const asked: number[] = [];
    const samples = new Samples(source(asked), 1, 0, group(["a", "b"], 1, 10, 4));
    const { channels, first, count } = await samples.stretch(2, 100);
    expect([first, count]).toEqual([2, 8]);
    expect([...(channels[0] ?? [])]).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...(channels[1] ?? [])]).toEqual([102, 103, 104, 105, 106, 107, 108, 109]);
    await samples.stretch(0, 4);
    expect(asked).toEqual([0, 1, 2]);
  });

  it("reads little-endian values", () => {
    expect([...floats(new Uint8Array([0, 0, 128, 63, 0, 0, 0, 192, 9]).buffer)]).toEqual([1, -2]);
  });
});

describe("what the server tells", () => {
  it("is read whatever it is", () => {
    for (const value of [null, 1, "x", [], { kind: "?" }, { kind: "report", blocks: [null, { kind: "x" }, 3] }]) {
      expect(() => readTold(value)).not.toThrow();
    }
    expect(readTold({ kind: "file", reason: "R." })).toEqual({ kind: "file", reason: "R.", stream: "" });
    expect(readTold({ kind: "file", reason: "R.", stream: "ts" })).toMatchObject({ stream: "ts" });
  });

  it("is not read deeper than anybody nests", () => {
    let block: unknown = { kind: "text", text: "deep" };
    for (let at = 0; at < 5000; at++) {
      block = { kind: "section", blocks: [block] };
    }
    expect(() => readTold({ kind: "report", blocks: [block] })).not.toThrow();
  });
});
