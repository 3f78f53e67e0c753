/** Workers that decode files, made when the first picture is wanted. What somebody looks at goes first. */

import { NotAvailable, type Priority } from "../frame-source";
import type { Job } from "./decode";
import type { Answer, Notice, Request } from "./messages";
import type { CodecName, FetchCodec } from "./opening";

interface Waiting {
  make: () => Promise<Job>;
  urgent: boolean;
  done(pixels: ArrayBuffer): void;
  failed(error: Error): void;
}

/** A hostile picture may keep a decoder for ever; after so long it is let go. */
const PATIENCE = 30_000;

export class Crew {
  private readonly idle: Worker[] = [];
  private readonly all = new Set<Worker>();
  private readonly waiting: Waiting[] = [];
  private readonly codecs = new Map<CodecName, Promise<ArrayBuffer>>();
  private busy = 0;
  private nextId = 1;

  constructor(
    private readonly hire: () => Worker,
    private readonly fetchCodec: FetchCodec,
    private readonly size = Math.max(1, Math.min(3, (navigator.hardwareConcurrency || 2) - 1)),
  ) {}

  /** Rejects with NotAvailable, or with an AbortError where nobody waits any more before it was begun. */
  decode(make: () => Promise<Job>, priority: Priority, signal?: AbortSignal): Promise<ArrayBuffer> {
    return new Promise((done, failed) => {
      const one: Waiting = { make, urgent: priority === "high", done, failed };
      signal?.addEventListener(
        "abort",
        () => {
          const at = this.waiting.indexOf(one);
          if (at !== -1) {
            this.waiting.splice(at, 1);
          }
          failed(new DOMException("Nobody waits for it.", "AbortError"));
        },
        { once: true },
      );
      if (one.urgent) {
        this.waiting.unshift(one);
      } else {
        this.waiting.push(one);
      }
      this.assign();
    });
  }

  stop(): void {
    for (const worker of this.all) {
      worker.terminate();
    }
    this.all.clear();
    this.idle.length = 0;
    for (const { failed } of this.waiting.splice(0)) {
      failed(new NotAvailable());
    }
  }

  private assign(): void {
    while (this.waiting.length > 0 && this.busy < this.size) {
      const next = this.waiting.shift();
      if (next !== undefined) {
        this.busy += 1;
        void this.work(next).then(() => {
          this.busy -= 1;
          this.assign();
        });
      }
    }
  }

  /** Never rejects. */
  private async work({ make, done, failed }: Waiting): Promise<void> {
    try {
      const job = await make();
      const worker = this.idle.pop() ?? this.hired();
      done(await this.asked(worker, job));
    } catch (error) {
      failed(error instanceof NotAvailable ? error : new NotAvailable());
    }
  }

  private hired(): Worker {
    const worker = this.hire();
    this.all.add(worker);
    return worker;
  }

  private asked(worker: Worker, job: Job): Promise<ArrayBuffer> {
    const id = this.nextId++;
    return new Promise((done, failed) => {
      const give = () => {
        clearTimeout(timer);
        failed(new NotAvailable());
        worker.terminate();
        this.all.delete(worker);
      };
      const timer = setTimeout(give, PATIENCE);
      worker.onerror = give;
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if ("wants" in data) {
          this.bring(worker, data.wants);
          return;
        }
        clearTimeout(timer);
        this.idle.push(worker);
        if ("pixels" in data) {
          done(data.pixels);
        } else {
          failed(new NotAvailable());
        }
      };
      worker.postMessage({ id, job } satisfies Request, [job.bytes]);
    });
  }

  private bring(worker: Worker, codec: CodecName): void {
    const known = this.codecs.get(codec) ?? this.fetchCodec(codec);
    this.codecs.set(codec, known);
    known.then(
      // Copied: each worker gets its own.
      (bytes) => worker.postMessage({ codec, bytes } satisfies Notice),
      () => {
        this.codecs.delete(codec);
        worker.postMessage({ codec, bytes: null } satisfies Notice);
      },
    );
  }
}
