/**
 * Drawing made ready while the passcode is typed: a browser takes from a tenth of a second to a whole one to start its
 * graphics, and the first picture should not wait for that.
 */

import type { PixelArray } from "../decode/pixels";
import { UPRIGHT } from "../geometry/view";
import { readFrame } from "../source/manifest";
import type { Format } from "../source/model";
import { WebglRenderer } from "./webgl";

export interface Drawing {
  canvas: HTMLCanvasElement;
  /** Null where there is no WebGL2; the canvas is then of no use either. */
  renderer: WebglRenderer | null;
}

let ready: Drawing | null = null;

function make(): Drawing {
  const canvas = document.createElement("canvas");
  const renderer = WebglRenderer.on(canvas);
  return { canvas, renderer };
}

/** Graphics drivers compile a program when it first draws, so each of the usual ones draws a single pixel. */
function drawOnce(renderer: WebglRenderer): void {
  const showing = {
    placement: { x: 0, y: 0, scaleX: 1, scaleY: 1, turn: UPRIGHT },
    range: { low: 0, high: 255 },
    invert: false,
  };
  const pixel = (format: Format, samples: number, pixels: PixelArray) => {
    const frame = readFrame({ rows: 1, columns: 1, format, samples, wire: "raw" });
    renderer.draw({ key: `warm ${format} ${samples}`, frame, pixels, bitmap: null }, showing);
  };
  pixel("u1", 3, new Uint8Array(3));
  pixel("u2", 1, new Uint16Array(1));
  pixel("i2", 1, new Int16Array(1));
  renderer.draw(null, showing);
}

export function prepareDrawing(): void {
  if (ready === null) {
    ready = make();
    if (ready.renderer !== null) {
      drawOnce(ready.renderer);
    }
  }
}

/** The drawing made ready, which then belongs to the caller; a new one where there is none. */
export function takeDrawing(): Drawing {
  const taken = ready ?? make();
  ready = null;
  return taken;
}
