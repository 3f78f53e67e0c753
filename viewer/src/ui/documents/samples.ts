/** A recording's values, fetched a block at a time and kept while the recording is open. */

import type { DocumentSource } from "../../source/frame-source";
import type { Group } from "./model";

const MOST_BLOCKS = 24;

/** Values of every channel for samples `first` to `first + count`; NaN where there is none. */
export interface Stretch {
  first: number;
  count: number;
  channels: readonly Float32Array[];
}

export class Samples {
  private readonly blocks = new Map<number, Promise<Float32Array>>();

  constructor(
    private readonly source: DocumentSource,
    private readonly instance: number,
    private readonly at: number,
    private readonly group: Group,
  ) {}

  async stretch(first: number, count: number, signal?: AbortSignal): Promise<Stretch> {
    const { block, samples, channels } = this.group;
    const begin = Math.max(0, Math.min(first, samples));
    const end = Math.max(begin, Math.min(first + count, samples));
    const found = channels.map(() => new Float32Array(end - begin).fill(Number.NaN));
    for (let number = Math.floor(begin / block); number * block < end; number++) {
      const values = await this.fetched(number, signal);
      const long = Math.floor(values.length / Math.max(1, channels.length));
      const from = Math.max(begin, number * block);
      const to = Math.min(end, number * block + long);
      for (const [place, channel] of found.entries()) {
        const start = place * long - number * block;
        channel.set(values.subarray(start + from, Math.max(start + from, start + to)), from - begin);
      }
    }
    return { first: begin, count: end - begin, channels: found };
  }

  private fetched(number: number, signal?: AbortSignal): Promise<Float32Array> {
    const known = this.blocks.get(number);
    if (known !== undefined) {
      return known;
    }
    const asked = this.source.samples(this.instance, this.at, number, signal).then(floats);
    this.blocks.set(number, asked);
    // What failed is asked for anew; what is furthest back goes first.
    asked.catch(() => this.blocks.delete(number));
    const oldest = this.blocks.keys().next();
    if (this.blocks.size > MOST_BLOCKS && !oldest.done) {
      this.blocks.delete(oldest.value);
    }
    return asked;
  }
}

/** Little-endian, whatever this machine is. */
export function floats(bytes: ArrayBuffer): Float32Array {
  const values = new Float32Array(Math.floor(bytes.byteLength / 4));
  const view = new DataView(bytes);
  for (let at = 0; at < values.length; at++) {
    values[at] = view.getFloat32(at * 4, true);
  }
  return values;
}
