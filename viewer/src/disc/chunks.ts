/** The chunks of a package: fetched once however many wait, those that somebody looks at first, the latest remembered. */

import { ByteBudget } from "../loading/memory";
import type { Priority } from "../source/frame-source";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Fetches a chunk and opens it. Rejects where it cannot be had. */
export type FetchChunk = (chunk: number) => Promise<Bytes>;

interface Waiter {
  priority: Priority;
  done(bytes: Bytes): void;
  failed(error: unknown): void;
}

interface Wanted {
  waiters: Set<Waiter>;
  begun: boolean;
  since: number;
}

const SLOTS = 3;
const RANK: Readonly<Record<Priority, number>> = { high: 0, auto: 1, low: 2 };

export class Chunks {
  private readonly kept: ByteBudget<Bytes>;
  private readonly wanted = new Map<number, Wanted>();
  /** What could not be had: a drive tries for a long time before it gives up on a scratch. */
  private readonly lost = new Map<number, unknown>();
  private busy = 0;
  private turn = 0;

  constructor(
    private readonly fetchChunk: FetchChunk,
    bytes: number,
    /** Whether another try would end in the same way. */
    private readonly isLost: (error: unknown) => boolean,
  ) {
    this.kept = new ByteBudget<Bytes>(bytes);
  }

  /** Not to be changed by whoever gets it. Rejects as FetchChunk does, or with an AbortError. */
  get(chunk: number, priority: Priority, signal?: AbortSignal): Promise<Bytes> {
    const kept = this.kept.get(String(chunk));
    if (kept !== undefined) {
      return Promise.resolve(kept);
    }
    if (this.lost.has(chunk)) {
      return Promise.reject(this.lost.get(chunk));
    }
    return new Promise((done, failed) => {
      const called = () => failed(new DOMException("Nobody waits for it.", "AbortError"));
      if (signal?.aborted) {
        called();
        return;
      }
      const wanted = this.wanted.get(chunk) ?? { waiters: new Set(), begun: false, since: this.turn++ };
      const waiter = { priority, done, failed };
      wanted.waiters.add(waiter);
      this.wanted.set(chunk, wanted);
      signal?.addEventListener(
        "abort",
        () => {
          wanted.waiters.delete(waiter);
          if (wanted.waiters.size === 0 && !wanted.begun) {
            this.wanted.delete(chunk);
          }
          called();
        },
        { once: true },
      );
      this.pump();
    });
  }

  forget(): void {
    this.kept.clear();
  }

  /** One more than usual for whatever somebody looks at, so that it waits for nothing. */
  private pump(): void {
    for (;;) {
      const next = this.next();
      if (next === null || this.busy >= SLOTS + (next.rank === 0 ? 1 : 0)) {
        return;
      }
      void this.begin(next.chunk, next.wanted);
    }
  }

  private next(): { chunk: number; wanted: Wanted; rank: number } | null {
    let best: { chunk: number; wanted: Wanted; rank: number } | null = null;
    for (const [chunk, wanted] of this.wanted) {
      if (!wanted.begun) {
        const rank = Math.min(...[...wanted.waiters].map(({ priority }) => RANK[priority]));
        // Of those that are looked at, the latest; of others, whichever came first.
        const before =
          best === null ||
          rank < best.rank ||
          (rank === best.rank && (rank === 0 ? wanted.since > best.wanted.since : wanted.since < best.wanted.since));
        if (before) {
          best = { chunk, wanted, rank };
        }
      }
    }
    return best;
  }

  private async begin(chunk: number, wanted: Wanted): Promise<void> {
    wanted.begun = true;
    this.busy += 1;
    try {
      const bytes = await this.fetchChunk(chunk);
      this.kept.put(String(chunk), bytes, bytes.byteLength);
      for (const { done } of wanted.waiters) {
        done(bytes);
      }
    } catch (error) {
      if (this.isLost(error)) {
        this.lost.set(chunk, error);
      }
      for (const { failed } of wanted.waiters) {
        failed(error);
      }
    } finally {
      this.wanted.delete(chunk);
      this.busy -= 1;
      this.pump();
    }
  }
}
