/** One or two workers that decode; made when first needed, kept for the life of the page. */

import type { Frame } from "../source/model";
import { codec, decodingWorker } from "../workers";
import type { CodecNotice, DecodeRequest, WorkerMessage } from "./messages";
import { BYTES_OF, type PixelArray, PixelsMalformed, viewPixels } from "./pixels";

interface Job {
  request: DecodeRequest;
  done(pixels: ArrayBuffer): void;
  failed(error: Error): void;
}

/** This browser cannot run the codec; the previews are all it can show. */
export class DecodingUnavailable extends Error {}

export class DecodePool {
  private readonly idle: Worker[] = [];
  private readonly busy = new Map<Worker, Job>();
  private readonly waiting: Job[] = [];
  private nextId = 1;
  private unable = false;

  constructor(private readonly size = Math.max(1, Math.min(2, (navigator.hardwareConcurrency || 2) - 1))) {}

  /** Fetches and compiles the codec ahead of the first picture. */
  warm(): void {
    if (this.idle.length === 0 && this.busy.size === 0 && !this.unable) {
      const worker = this.hire();
      if (worker !== null) {
        this.idle.push(worker);
      }
    }
  }

  /**
   * Stored values of a frame from its bytes on the wire, which are used up. Rejects with PixelsMalformed or
   * DecodingUnavailable, or with an AbortError where nobody waits for it any more before it was begun.
   */
  async decode(bytes: ArrayBuffer, frame: Frame, urgent: boolean, signal?: AbortSignal): Promise<PixelArray> {
    if (frame.wire === "raw") {
      return viewPixels(bytes, frame);
    }
    const pixels = await new Promise<ArrayBuffer>((done, failed) => {
      if (this.unable || bytes.byteLength === 0) {
        failed(this.unable ? new DecodingUnavailable() : new PixelsMalformed());
        return;
      }
      const request: DecodeRequest = {
        id: this.nextId++,
        codestream: bytes,
        rows: frame.rows,
        columns: frame.columns,
        samples: frame.samples,
        bytesPerSample: BYTES_OF[frame.format],
        signed: frame.format.startsWith("i"),
      };
      const job = { request, done, failed };
      signal?.addEventListener("abort", () => this.callOff(job), { once: true });
      if (urgent) {
        this.waiting.unshift(job);
      } else {
        this.waiting.push(job);
      }
      this.assign();
    });
    return viewPixels(pixels, frame);
  }

  private callOff(job: Job): void {
    const at = this.waiting.indexOf(job);
    if (at !== -1) {
      this.waiting.splice(at, 1);
      job.failed(new DOMException("Nobody waits for it.", "AbortError"));
    }
  }

  private assign(): void {
    while (this.waiting.length > 0) {
      const worker = this.idle.pop() ?? (this.busy.size < this.size ? this.hire() : null);
      const job = worker === null ? undefined : this.waiting.shift();
      if (worker === null || job === undefined) {
        return;
      }
      this.busy.set(worker, job);
      worker.postMessage(job.request, [job.request.codestream]);
    }
  }

  private hire(): Worker | null {
    try {
      const worker = decodingWorker();
      worker.onmessage = (event: MessageEvent<WorkerMessage>) => this.answered(worker, event.data);
      worker.onerror = () => this.giveUp();
      codec().then(
        (place) => worker.postMessage({ codec: place } satisfies CodecNotice),
        () => this.giveUp(),
      );
      return worker;
    } catch {
      this.giveUp();
      return null;
    }
  }

  private answered(worker: Worker, message: WorkerMessage): void {
    if ("unable" in message) {
      this.giveUp();
      return;
    }
    const job = this.busy.get(worker);
    this.busy.delete(worker);
    this.idle.push(worker);
    if ("failure" in message) {
      job?.failed(new PixelsMalformed(message.failure));
    } else {
      job?.done(message.pixels);
    }
    this.assign();
  }

  private giveUp(): void {
    this.unable = true;
    const jobs = [...this.busy.values(), ...this.waiting.splice(0)];
    for (const worker of [...this.busy.keys(), ...this.idle.splice(0)]) {
      worker.terminate();
    }
    this.busy.clear();
    for (const job of jobs) {
      job.failed(new DecodingUnavailable());
    }
  }
}
