/** Draws on a plain canvas, for browsers without WebGL2 and for when the graphics chip lets go. */

import { isPadding, modalityValue } from "../decode/pixels";
import type { Palette } from "../source/presentation";
import { isInverted, type Picture, type Renderer, type Showing } from "./picture";
import { rgb } from "./webgl";
import { defaultRange, grey, sameRange, shadesOfSamples } from "./window";

/** A table of all values of 16 bits is worth making from so many pixels on. */
const MANY = 1 << 16;

export class CanvasRenderer implements Renderer {
  readonly name = "2d";
  private readonly rendered = document.createElement("canvas");
  private renderedAs: { key: string; showing: Showing } | null = null;
  private width = 1;
  private height = 1;
  private ratio = 1;

  private constructor(private readonly context: CanvasRenderingContext2D) {}

  static on(canvas: HTMLCanvasElement): CanvasRenderer | null {
    const context = canvas.getContext("2d", { alpha: false });
    return context === null ? null : new CanvasRenderer(context);
  }

  resize(width: number, height: number, ratio: number): void {
    this.width = width;
    this.height = height;
    this.ratio = ratio;
  }

  draw(picture: Picture | null, showing: Showing): boolean {
    const { context, ratio } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.width, this.height);
    if (picture === null) {
      return true;
    }
    const { placement } = showing;
    const { frame } = picture;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    const [a, b, c, d] = placement.turn;
    context.setTransform(a, c, b, d, placement.x * ratio, placement.y * ratio);
    context.drawImage(
      this.render(picture, showing),
      0,
      0,
      frame.columns * placement.scaleX * ratio,
      frame.rows * placement.scaleY * ratio,
    );
    return true;
  }

  dispose(): void {
    this.rendered.width = 0;
    this.renderedAs = null;
  }

  /** The whole picture in shades, made again only when the picture or its window changes. */
  private render(picture: Picture, showing: Showing): CanvasImageSource {
    const { frame } = picture;
    const { range } = showing;
    const last = this.renderedAs;
    const palette = showing.palette ?? null;
    const colouredAlike = (last?.showing.palette ?? null) === palette;
    const alike = last?.key === picture.key && last.showing.invert === showing.invert && colouredAlike;
    if (alike && sameRange(last.showing.range, range)) {
      return this.rendered;
    }
    if (picture.bitmap !== null && !showing.invert && palette === null && sameRange(range, defaultRange(frame))) {
      return picture.bitmap;
    }
    const width = picture.bitmap?.width ?? frame.columns;
    const height = picture.bitmap?.height ?? frame.rows;
    this.rendered.width = width;
    this.rendered.height = height;
    const surface = this.rendered.getContext("2d", { willReadFrequently: true });
    if (surface === null) {
      return this.rendered;
    }
    if (picture.bitmap !== null) {
      surface.drawImage(picture.bitmap, 0, 0);
    }
    const image = picture.bitmap === null ? new ImageData(width, height) : surface.getImageData(0, 0, width, height);
    shade(image.data, picture, showing);
    surface.putImageData(image, 0, 0);
    this.renderedAs = { key: picture.key, showing };
    return this.rendered;
  }
}

/** The colour of a shade, in the order in which bytes of RGBA lie in a word. */
function coloursOf({ colours }: Palette): (shade: number) => number {
  const last = colours.length / 3 - 1;
  return (shade) => {
    const at = 3 * Math.round(Math.max(0, Math.min(1, shade)) * last);
    return 0xff000000 | ((colours[at + 2] ?? 0) << 16) | ((colours[at + 1] ?? 0) << 8) | (colours[at] ?? 0);
  };
}

/** Fills RGBA bytes with the picture's shades; those of a bitmap are already there and are shaded anew. */
export function shade(target: Uint8ClampedArray<ArrayBuffer>, picture: Picture, showing: Showing): void {
  const { frame } = picture;
  const inverted = isInverted(frame, showing);
  const count = target.length / 4;
  if (picture.bitmap !== null || frame.samples !== 1) {
    const shades = shadesOfSamples(frame, showing.range, inverted);
    if (showing.palette) {
      const colours = Uint32Array.from(shades, coloursOf(showing.palette));
      const words = new Uint32Array(target.buffer, target.byteOffset, count);
      for (let at = 0; at < count; at++) {
        words[at] = colours[target[at * 4] ?? 0] ?? 0xff000000;
      }
      return;
    }
    const table = Uint8ClampedArray.from(shades, (part) => part * 255);
    const bytes = picture.bitmap === null ? rgb(picture.pixels, frame.samples, count) : null;
    for (let at = 0; at < count; at++) {
      for (let sample = 0; sample < 3; sample++) {
        const byte = bytes === null ? target[at * 4 + sample] : bytes[at * 3 + sample];
        target[at * 4 + sample] = table[byte ?? 0] ?? 0;
      }
      target[at * 4 + 3] = 255;
    }
    return;
  }
  const { pixels } = picture;
  const byte = new Uint8ClampedArray(1);
  const colours = showing.palette ? coloursOf(showing.palette) : null;
  const opaque = (stored: number) => {
    const part = grey(modalityValue(stored, frame), showing.range);
    const nothing = isPadding(stored, frame) || Number.isNaN(part);
    const shown = inverted ? 1 - part : part;
    if (colours !== null && !nothing) {
      return colours(shown);
    }
    byte[0] = nothing ? 0 : shown * 255;
    return 0xff000000 | ((byte[0] ?? 0) * 0x010101);
  };
  const words = new Uint32Array(target.buffer, target.byteOffset, count);
  if (pixels.BYTES_PER_ELEMENT <= 2 && count >= MANY) {
    const lowest = pixels instanceof Int8Array || pixels instanceof Int16Array ? -0x8000 : 0;
    const table = Uint32Array.from({ length: 0x10000 }, (_, at) => opaque(at + lowest));
    for (let at = 0; at < count; at++) {
      words[at] = table[(pixels[at] ?? 0) - lowest] ?? 0xff000000;
    }
    return;
  }
  for (let at = 0; at < count; at++) {
    words[at] = opaque(pixels[at] ?? 0);
  }
}
