/** For tests: draws frames with the viewer's own decoder and renderers, pixel by pixel, and hands back what is drawn. */

import { DecodePool } from "../../src/decode/pool";
import { UPRIGHT } from "../../src/geometry/view";
import { CanvasRenderer } from "../../src/render/canvas2d";
import type { Renderer } from "../../src/render/picture";
import { WebglRenderer } from "../../src/render/webgl";
import { defaultRange } from "../../src/render/window";
import { readSeries } from "../../src/source/manifest";

const pool = new DecodePool(1);
const solid = document.createElement("canvas");
const plain = document.createElement("canvas");
const renderers: readonly (readonly [HTMLCanvasElement, Renderer | null])[] = [
  [solid, WebglRenderer.on(solid)],
  [plain, CanvasRenderer.on(plain)],
];

/** Red, green and blue of each pixel, from the upper left. */
function seen(canvas: HTMLCanvasElement): Uint8Array<ArrayBuffer> {
  const { width, height } = canvas;
  const gl = canvas.getContext("webgl2");
  let rgba: Uint8Array | Uint8ClampedArray = new Uint8Array(width * height * 4);
  if (gl === null) {
    rgba = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? rgba;
  } else {
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
  }
  const rgb = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    // Graphics chips count rows from below.
    const from = gl === null ? row : height - 1 - row;
    for (let column = 0; column < width; column++) {
      for (let sample = 0; sample < 3; sample++) {
        rgb[(row * width + column) * 3 + sample] = rgba[(from * width + column) * 4 + sample] ?? 0;
      }
    }
  }
  return rgb;
}

/** Draws every frame of a manifest that has its pixels, and posts each drawing; returns how many there were. */
async function draw(base: string): Promise<number> {
  const series = readSeries(await (await fetch(`${base}/manifest`)).json());
  let drawn = 0;
  for (const frame of series.frames) {
    if (frame.wire === "") {
      continue;
    }
    const bytes = await (await fetch(`${base}/frames/${frame.n}`)).arrayBuffer();
    const pixels = await pool.decode(bytes, frame, true);
    const picture = { key: `${base} ${frame.n}`, frame, pixels, bitmap: null };
    const placement = { x: 0, y: 0, scaleX: 1, scaleY: 1, turn: UPRIGHT };
    for (const [canvas, renderer] of renderers) {
      canvas.width = frame.columns;
      canvas.height = frame.rows;
      renderer?.resize(frame.columns, frame.rows, 1);
      if (renderer?.draw(picture, { placement, range: defaultRange(frame), invert: false }) !== true) {
        throw new Error(`${renderer?.name ?? "a renderer"} did not draw`);
      }
      await fetch(`${base}/drawn/${frame.n}/${renderer.name}`, { method: "POST", body: seen(canvas) });
    }
    drawn += 1;
  }
  return drawn;
}

Object.assign(globalThis, { draw });
