/**
 * A small copy of the volume on the page itself, out of which a rough picture is cut at once: while pictures are still
 * coming, and in the moment before the exact slice is there.
 */

import { isPadding, modalityValue, type PixelArray } from "../decode/pixels";
import { plus, times } from "../geometry/planes";
import type { Frame, Vector3 } from "../source/model";
import { cut, type Slab } from "./reslice";
import type { Grid, Stack } from "./space";

/** No side of the small copy has more voxels, and no rough picture more pixels, or little more. */
const MOST = 144;
/** Shades from 1 to 255; 0 is nothing. */
const SHADES = { format: "i2", nothing: -1 } as const;

export class Draft {
  /** Another number whenever it holds more. */
  version = 0;
  private readonly every: readonly [number, number, number];
  private readonly grid: Grid;
  private readonly voxels: Uint8Array;
  /** Which picture each of its layers is of; -1 where none is there yet. */
  private readonly filled: Int32Array;

  constructor(private readonly whole: Grid) {
    const every = whole.size.map((size) => Math.max(1, Math.ceil(size / MOST)));
    const [x = 1, y = 1, z = 1] = every;
    this.every = [x, y, z];
    const middle = (step: Vector3, of: number) => times(step, Math.floor(of / 2));
    const [right, down, on] = whole.steps;
    const [columns, rows, slices] = whole.size;
    this.grid = {
      origin: plus(whole.origin, plus(middle(right, x), plus(middle(down, y), middle(on, z)))),
      steps: [times(right, x), times(down, y), times(on, z)],
      size: [Math.ceil(columns / x), Math.ceil(rows / y), Math.ceil(slices / z)],
      knots: null,
    };
    const { knots } = whole;
    if (knots !== null) {
      const of = (layer: number) => knots[Math.min(slices - 1, layer * z + Math.floor(z / 2))] ?? 0;
      const layers = Array.from({ length: Math.ceil(slices / z) }, (_, layer) => (of(layer) - of(0)) / z);
      this.grid = { ...this.grid, origin: plus(this.grid.origin, times(on, of(0) - Math.floor(z / 2))), knots: layers };
    }
    this.voxels = new Uint8Array(this.grid.size[0] * this.grid.size[1] * this.grid.size[2]);
    this.filled = new Int32Array(this.grid.size[2]).fill(-1);
  }

  get bytes(): number {
    return this.voxels.byteLength;
  }

  /** Takes what it needs of a picture, `factor` × `factor` of whose pixels are one of the volume's. */
  put(slice: number, pixels: PixelArray, frame: Frame, factor: number): void {
    const [x, y, z] = this.every;
    const layer = Math.floor(slice / z);
    const exact = slice % z === Math.floor(z / 2);
    if ((this.filled[layer] ?? 0) >= 0 && !exact) {
      return;
    }
    this.filled[layer] = slice;
    this.version += 1;
    const [columns, rows] = this.grid.size;
    const scale = 254 / Math.max(frame.high - frame.low, 1e-9);
    let at = layer * columns * rows;
    for (let row = 0; row < rows; row++) {
      const line = Math.min(this.whole.size[1] - 1, row * y + Math.floor(y / 2)) * factor * frame.columns;
      for (let column = 0; column < columns; column++, at++) {
        const stored = pixels[line + Math.min(this.whole.size[0] - 1, column * x + Math.floor(x / 2)) * factor] ?? 0;
        const shade = (modalityValue(stored, frame) - frame.low) * scale;
        this.voxels[at] = isPadding(stored, frame) ? 0 : 1 + Math.max(0, Math.min(254, Math.round(shade)));
      }
    }
  }

  /** The rough picture; null where there is nothing yet to cut it from. */
  draw(stack: Stack, index: number, slab: Slab, invert: boolean): HTMLCanvasElement | null {
    if (this.version === 0) {
      return null;
    }
    const coarse = coarserStack(stack);
    const shades = cut({ grid: this.grid, voxels: this.voxels, hole: 0 }, coarse, index, slab, SHADES);
    const canvas = document.createElement("canvas");
    canvas.width = coarse.columns;
    canvas.height = coarse.rows;
    const context = canvas.getContext("2d");
    if (context === null) {
      return null;
    }
    const image = context.createImageData(coarse.columns, coarse.rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let pixel = 0; pixel < pixels.length; pixel++) {
      const shade = shades[pixel] ?? -1;
      const grey = shade < 1 ? 0 : invert ? 255 - shade : shade;
      pixels[pixel] = 0xff000000 | (grey * 0x010101);
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }
}

/** The same slices with fewer pixels, which begin at the same corner. */
export function coarserStack(stack: Stack): Stack {
  const factor = Math.max(1, Math.ceil(Math.max(stack.columns, stack.rows) / MOST));
  const half = ((factor - 1) / 2) * stack.pixel;
  return {
    ...stack,
    origin: plus(stack.origin, plus(times(stack.right, half), times(stack.down, half))),
    pixel: stack.pixel * factor,
    columns: Math.max(1, Math.round(stack.columns / factor)),
    rows: Math.max(1, Math.round(stack.rows / factor)),
  };
}
