/** A volume as it fills with pictures, and what is cut out of it. Lives in a worker, or on the page where there is none. */

import { type PixelArray, viewPixels } from "../decode/pixels";
import type { Format } from "../source/model";
import { type Body, cut, type Outcome, reduced, type Slab, type Voxels } from "./reslice";
import type { Grid, Stack } from "./space";

/** How voxels are kept: stored values as they came, or modality values where pictures differ in slope or intercept. */
export interface Plan {
  grid: Grid;
  format: "u1" | "i1" | "u2" | "i2" | "f4";
  /** So many by so many pixels are made one. */
  factor: number;
  hole: number | null;
  outcome: Outcome;
  stacks: readonly Stack[];
}

/** One picture's way into the volume. */
export interface Layer {
  /** Its place in the grid's third step. */
  slice: number;
  rows: number;
  columns: number;
  format: Format;
  /** Modality value = stored × slope + intercept; 1 and 0 where stored values are kept. */
  slope: number;
  intercept: number;
  padding: readonly [number, number] | null;
}

export interface Wanted {
  stack: Stack;
  index: number;
  slab: Slab;
}

function voxelsOf(format: Plan["format"], length: number): Voxels {
  switch (format) {
    case "u1":
      return new Uint8Array(length);
    case "i1":
      return new Int8Array(length);
    case "u2":
      return new Uint16Array(length);
    case "i2":
      return new Int16Array(length);
    case "f4":
      return new Float32Array(length);
  }
}

export class Cutter {
  private readonly body: Body;

  /** Throws a RangeError where there is no memory for it. */
  constructor(private readonly plan: Plan) {
    const { grid, format, hole } = plan;
    this.body = { grid, hole, voxels: voxelsOf(format, grid.size[0] * grid.size[1] * grid.size[2]) };
  }

  put({ slice, rows, columns, format, slope, intercept, padding }: Layer, bytes: ArrayBuffer): void {
    const { grid, hole, voxels } = this.body;
    const pixels: PixelArray = viewPixels(bytes, { rows, columns, format, samples: 1 });
    const [least, most] = padding ?? [1, 0];
    const read = (stored: number) =>
      hole !== null && stored >= least && stored <= most ? hole : stored * slope + intercept;
    const start = slice * grid.size[0] * grid.size[1];
    reduced(pixels, { rows, columns }, this.plan.factor, read, hole, voxels, start);
  }

  cut({ stack, index, slab }: Wanted): ArrayBuffer {
    return cut(this.body, stack, index, slab, this.plan.outcome).buffer;
  }
}
