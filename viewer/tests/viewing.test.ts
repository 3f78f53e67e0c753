/** Opening and scrolling a series over a source made by hand: what is shown, measured, remembered and called off. */

import { beforeAll, describe, expect, test } from "vitest";
import { DecodePool } from "../src/decode/pool";
import { ByteBudget } from "../src/loading/memory";
import type { Held } from "../src/loading/series";
import {
  type FrameSource,
  type Opening,
  SourceClosed,
  SourceUnreachable,
  type StripImage,
} from "../src/source/frame-source";
import { readStudy } from "../src/source/manifest";
import type { Frame, SeriesManifest, StudyManifest } from "../src/source/model";
import { press } from "../src/viewer/keys";
import { Workspace } from "../src/viewer/workspace";
import { frameOf } from "./frames";

beforeAll(() => {
  // The only thing of a browser that loading needs: a bitmap that knows its size.
  globalThis.createImageBitmap = (async () => ({ width: 2, height: 2, close() {} })) as never;
});

/** Frames of 4 × 4 pixels whose stored values are their instance's number times a hundred. */
class FakeSource implements FrameSource {
  readonly asked: string[] = [];
  readonly calledOff: string[] = [];
  failure: Error | null = null;
  holding = false;

  async open(): Promise<Opening> {
    return { outcome: "closed" };
  }

  async study(): Promise<StudyManifest> {
    return readStudy({});
  }

  async series(id: number): Promise<SeriesManifest> {
    this.asked.push(`series ${id}`);
    if (this.failure !== null) {
      throw this.failure;
    }
    return seriesOf(id, 3);
  }

  async *strip(): AsyncGenerator<StripImage> {}

  async frame(frame: Frame, _: unknown, signal?: AbortSignal): Promise<ArrayBuffer> {
    this.asked.push(`frame ${frame.i}`);
    if (this.failure !== null) {
      throw this.failure;
    }
    if (this.holding) {
      await new Promise((_done, failed) => {
        signal?.addEventListener("abort", () => {
          this.calledOff.push(`frame ${frame.i}`);
          failed(new DOMException("", "AbortError"));
        });
      });
    }
    return Int16Array.from({ length: 16 }, () => frame.i * 100).buffer;
  }

  async preview(): Promise<Blob> {
    return new Blob([Uint8Array.from([1])]);
  }

  thumbnailAddress = () => "";
  documentAddress = () => "";
  downloadAddress = () => "";
  forget(): void {}
}

function seriesOf(id: number, count: number): SeriesManifest {
  const frames = Array.from({ length: count }, (_, at) => frameOf({ i: id * 10 + at }));
  return { id, modality: "CT", title: `Series ${id}`, unit: "HU", reference: "", frames };
}

const STUDY: StudyManifest = {
  ...readStudy({
    studies: [
      {
        id: 1,
        series: [
          { id: 1, kind: "images", count: 5 },
          { id: 2, kind: "images", count: 3 },
          { id: 3, kind: "document", instance: 9 },
        ],
      },
    ],
    first: { series: 1, index: 2, preview: "data:image/webp;base64,AQID" },
  }),
  series: seriesOf(1, 5),
};

function open(source: FakeSource) {
  const closings: string[] = [];
  const workspace = new Workspace(STUDY, {
    source,
    pool: new DecodePool(1),
    memory: new ByteBudget<Held>(1 << 20),
    frugal: false,
    closed: () => closings.push("closed"),
  });
  const viewing = workspace.active;
  viewing.resize({ width: 400, height: 400 });
  return { workspace, viewing, closings };
}

/** Waits until something holds; the test's own time limit ends a wait in vain. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe("viewing", () => {
  test("the picture that came along is shown first, then in full, then the others are fetched", async () => {
    const source = new FakeSource();
    source.holding = true;
    const { viewing } = open(source);
    await until(() => viewing.fidelity === "preview");
    expect(viewing.index).toBe(2);
    await until(() => source.asked.length > 0);
    expect(source.asked[0]).toBe("frame 12");
    viewing.stop();
  });

  test("a full picture tells the modality value under the pointer, a preview tells none", async () => {
    const source = new FakeSource();
    const { viewing } = open(source);
    viewing.pointAt({ x: 250, y: 50 });
    expect(viewing.probe).toBeNull();
    await until(() => viewing.fidelity === "full");
    expect(viewing.probe).toEqual({ column: 2, row: 0, values: [1200 - 1024] });
    viewing.pointAt(null);
    expect(viewing.probe).toBeNull();
    viewing.stop();
  });

  test("scrolling stops at both ends", async () => {
    const { viewing } = open(new FakeSource());
    viewing.step(-100);
    expect(viewing.index).toBe(0);
    press("End", viewing, { toggleHelp() {} });
    expect(viewing.index).toBe(4);
    press("ArrowUp", viewing, { toggleHelp() {} });
    expect(viewing.index).toBe(3);
    viewing.stop();
  });

  test("arrows do what the chosen tool does", () => {
    const { viewing } = open(new FakeSource());
    press("z", viewing, { toggleHelp() {} });
    press("ArrowUp", viewing, { toggleHelp() {} });
    expect(viewing.look.view.zoom).toBeCloseTo(1.25);
    press("c", viewing, { toggleHelp() {} });
    press("ArrowRight", viewing, { toggleHelp() {} });
    expect(viewing.look.contrast.kind).toBe("chosen");
    expect(viewing.index).toBe(2);
    expect(press("x", viewing, { toggleHelp() {} })).toBe(false);
    viewing.stop();
  });

  test("another series calls off the first one's pictures, and coming back finds it as it was left", async () => {
    const source = new FakeSource();
    const { viewing } = open(source);
    await until(() => viewing.fidelity === "full");
    viewing.goTo(4);
    viewing.look.toggleInvert();
    source.holding = true;
    viewing.neighbour(1);
    await until(() => source.asked.includes("frame 21"));
    expect(viewing.look.invert).toBe(false);
    viewing.neighbour(-1);
    expect(source.calledOff).toContain("frame 21");
    expect([viewing.index, viewing.look.invert]).toEqual([4, true]);
    viewing.stop();
  });

  test("a link that closes meanwhile says so at once", async () => {
    const source = new FakeSource();
    source.failure = new SourceClosed();
    const { viewing, closings } = open(source);
    await until(() => closings.length > 0);
    viewing.stop();
  });

  test("a series that cannot be reached can be asked for again", async () => {
    const source = new FakeSource();
    const { viewing } = open(source);
    source.failure = new SourceUnreachable();
    viewing.neighbour(1);
    await until(() => viewing.failure !== null);
    expect(viewing.failure).toBe("unreachable");
    source.failure = null;
    viewing.retry();
    await until(() => viewing.fidelity === "full");
    expect(viewing.count).toBe(3);
    viewing.stop();
  });

  test("a report has no pictures to fetch", async () => {
    const source = new FakeSource();
    const { viewing } = open(source);
    const report = viewing.entries[2];
    if (report !== undefined) {
      await viewing.choose(report);
    }
    expect([viewing.count, viewing.fidelity, viewing.progress]).toEqual([0, "none", null]);
    viewing.stop();
  });
});
