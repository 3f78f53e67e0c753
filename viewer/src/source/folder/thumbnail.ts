/** A small picture for the list, made of a whole one. */

import type { PixelArray } from "../../decode/pixels";
import type { Frame } from "../model";

const SIDE = 144;

/** Rejects where the browser gives no picture. */
export async function thumbnailOf(pixels: PixelArray, frame: Frame): Promise<Blob> {
  const { rows, columns, samples, slope, intercept, low, high, invert, padding } = frame;
  const factor = Math.min(1, SIDE / Math.max(rows, columns));
  const height = Math.max(1, Math.round(rows * factor));
  const width = Math.max(1, Math.round(columns * factor));
  const image = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    const row = Math.min(rows - 1, Math.floor((y + 0.5) / factor));
    for (let x = 0; x < width; x++) {
      const at = (row * columns + Math.min(columns - 1, Math.floor((x + 0.5) / factor))) * samples;
      const to = (y * width + x) * 4;
      for (let channel = 0; channel < 3; channel++) {
        const value = pixels[at + (samples === 3 ? channel : 0)] ?? 0;
        const part = (value * slope + intercept - low) / (high - low);
        const isEmpty = padding !== null && samples === 1 && value >= padding[0] && value <= padding[1];
        image.data[to + channel] = samples === 3 ? value : isEmpty ? 0 : 255 * (invert ? 1 - part : part);
      }
      image.data[to + 3] = 255;
    }
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob === null ? failed(new Error("no picture")) : done(blob)), "image/jpeg", 0.8);
  });
}
