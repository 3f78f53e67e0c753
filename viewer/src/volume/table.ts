/** The page's side of cutting: hands pictures over and has slices cut, one at a time. */

import type { PixelArray } from "../decode/pixels";
import { cuttingWorker } from "../workers";
import { Cutter, type Layer, type Plan, type Wanted } from "./cutter";
import type { CutAnswer, CutRequest } from "./messages";

export interface Table {
  put(layer: Layer, pixels: PixelArray): void;
  /** Stored values of the slice. Ask for the next once this one is there. */
  cut(wanted: Wanted): Promise<ArrayBuffer>;
  stop(): void;
}

/** A table in a worker of its own; on the page where the browser gives none. `failed` tells that memory is short. */
export function layTable(plan: Plan, failed: () => void): Table {
  try {
    return new WorkerTable(plan, failed);
  } catch {
    return new PageTable(plan, failed);
  }
}

class WorkerTable implements Table {
  private readonly worker: Worker;
  private answer: ((cut: ArrayBuffer) => void) | null = null;

  constructor(plan: Plan, failed: () => void) {
    this.worker = cuttingWorker();
    this.worker.onmessage = ({ data }: MessageEvent<CutAnswer>) => {
      if ("failure" in data) {
        failed();
        return;
      }
      const { answer } = this;
      this.answer = null;
      answer?.(data.cut);
    };
    this.worker.onerror = failed;
    this.say({ plan });
  }

  put(layer: Layer, pixels: PixelArray): void {
    // A copy: the page goes on showing these pixels.
    const { buffer } = pixels.slice();
    this.say({ layer, pixels: buffer }, [buffer]);
  }

  cut(wanted: Wanted): Promise<ArrayBuffer> {
    return new Promise((done) => {
      this.answer = done;
      this.say({ wanted });
    });
  }

  stop(): void {
    this.worker.terminate();
  }

  private say(message: CutRequest, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }
}

class PageTable implements Table {
  private cutter: Cutter | null = null;

  constructor(plan: Plan, failed: () => void) {
    try {
      this.cutter = new Cutter(plan);
    } catch {
      queueMicrotask(failed);
    }
  }

  put(layer: Layer, pixels: PixelArray): void {
    this.cutter?.put(layer, pixels.slice().buffer);
  }

  async cut(wanted: Wanted): Promise<ArrayBuffer> {
    // The page breathes between two slices.
    await new Promise((done) => setTimeout(done));
    return this.cutter?.cut(wanted) ?? new ArrayBuffer(0);
  }

  stop(): void {
    this.cutter = null;
  }
}
