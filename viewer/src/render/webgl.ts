/** Draws with WebGL2: stored values are uploaded as they are and turned to grey on the graphics chip. */

import { isPadding, type PixelArray } from "../decode/pixels";
import type { Frame } from "../source/model";
import type { Palette } from "../source/presentation";
import { isInverted, type Picture, type Renderer, type Showing } from "./picture";
import { fragment, TABLE_WIDTH, type TextureKind, VERTEX } from "./shaders";
import { previewRange, sameRange, shadesOfSamples } from "./window";

interface Program {
  program: WebGLProgram;
  at(name: string): WebGLUniformLocation | null;
}

interface Uploaded {
  key: string;
  kind: TextureKind;
  texture: WebGLTexture;
  /** What was taken from stored values before they went up; see rebased(). */
  base: number;
  padding: readonly [number, number];
}

/** What stands for padding, and for what is not a number, among values that went up as floats. */
const NOTHING = -3e38;
const NO_PADDING = [1, 0] as const;

/** So many textures are kept for scrolling back and forth. */
const KEPT = 4;

export class WebglRenderer implements Renderer {
  readonly name = "webgl2";
  private readonly programs = new Map<TextureKind, Program>();
  private readonly uploaded: Uploaded[] = [];
  private width = 1;
  private height = 1;
  private ratio = 1;
  private table: WebGLTexture | null = null;
  private shades: Float32Array | null = null;
  private colours: WebGLTexture | null = null;
  private palette: Palette | null = null;

  private constructor(private readonly gl: WebGL2RenderingContext) {}

  /** Null where the browser has no WebGL2. */
  static on(canvas: HTMLCanvasElement): WebglRenderer | null {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, stencil: false });
    return gl === null || gl.isContextLost() ? null : new WebglRenderer(gl);
  }

  resize(width: number, height: number, ratio: number): void {
    this.width = width;
    this.height = height;
    this.ratio = ratio;
  }

  draw(picture: Picture | null, showing: Showing): boolean {
    const { gl } = this;
    if (gl.isContextLost()) {
      return false;
    }
    gl.viewport(0, 0, this.width, this.height);
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (picture === null) {
      return true;
    }
    const texture = this.upload(picture);
    const program = texture === null ? null : this.program(texture.kind);
    if (texture === null || program === null) {
      return false;
    }
    const { frame } = picture;
    const { placement, range } = showing;
    gl.useProgram(program.program);
    gl.bindTexture(gl.TEXTURE_2D, texture.texture);
    const [a, b, c, d] = placement.turn;
    // Clip space runs upwards.
    const clipX = (2 * this.ratio) / this.width;
    const clipY = (-2 * this.ratio) / this.height;
    const along = placement.scaleX * frame.columns;
    const down = placement.scaleY * frame.rows;
    gl.uniform2f(program.at("u_corner"), placement.x * clipX - 1, placement.y * clipY + 1);
    gl.uniform2f(program.at("u_along"), a * along * clipX, c * along * clipY);
    gl.uniform2f(program.at("u_down"), b * down * clipX, d * down * clipY);
    const inverted = isInverted(frame, showing);
    if (texture.kind === "colour") {
      const asItIs = !showing.invert && !showing.palette && sameRange(range, previewRange(frame));
      this.lookUp(program, asItIs ? null : shadesOfSamples(frame, range, inverted));
      gl.uniform1i(program.at("u_curve"), asItIs ? 0 : 2);
    } else {
      const { curve = "linear" } = range;
      this.lookUp(program, typeof curve === "string" ? null : curve.shades);
      gl.uniform1i(program.at("u_curve"), curve === "linear" ? 0 : curve === "sigmoid" ? 1 : 2);
      gl.uniform1f(program.at("u_invert"), inverted ? 1 : 0);
      gl.uniform2f(program.at("u_size"), frame.columns, frame.rows);
      gl.uniform2f(program.at("u_covers"), 1 / (placement.scaleX * this.ratio), 1 / (placement.scaleY * this.ratio));
      // Taken apart here, where numbers have 53 bits, since those of the graphics chip have 24.
      gl.uniform1f(program.at("u_black"), (range.low - frame.intercept) / frame.slope - texture.base);
      gl.uniform1f(program.at("u_scale"), frame.slope / Math.max(range.high - range.low, 1e-12));
      gl.uniform2f(program.at("u_padding"), texture.padding[0], texture.padding[1]);
    }
    this.colourWith(program, showing.palette ?? null);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    return true;
  }

  dispose(): void {
    for (const { texture } of this.uploaded.splice(0)) {
      this.gl.deleteTexture(texture);
    }
    this.gl.deleteTexture(this.table);
    this.gl.deleteTexture(this.colours);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  /** Lays a table of shades on the second texture unit; something must lie there in any case. */
  private lookUp(program: Program, shades: Float32Array | null): void {
    const { gl } = this;
    gl.uniform1i(program.at("u_table"), 1);
    gl.uniform1f(program.at("u_entries"), shades?.length ?? 1);
    gl.activeTexture(gl.TEXTURE1);
    if (this.table === null) {
      this.table = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, this.table);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, 1, 1, 0, gl.RED, gl.FLOAT, new Float32Array(1));
    }
    if (shades !== null && shades !== this.shades) {
      const rows = Math.ceil(shades.length / TABLE_WIDTH);
      const whole = new Float32Array(rows * TABLE_WIDTH);
      whole.set(shades);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, TABLE_WIDTH, rows, 0, gl.RED, gl.FLOAT, whole);
      this.shades = shades;
    }
    gl.activeTexture(gl.TEXTURE0);
  }

  /** Lays a palette on the third texture unit; something must lie there in any case. */
  private colourWith(program: Program, palette: Palette | null): void {
    const { gl } = this;
    const count = (palette?.colours.length ?? 0) / 3;
    gl.uniform1i(program.at("u_palette"), 2);
    gl.uniform1f(program.at("u_colours"), count);
    if (this.colours !== null && (palette === null || palette === this.palette)) {
      return;
    }
    gl.activeTexture(gl.TEXTURE2);
    if (this.colours === null) {
      this.colours = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, this.colours);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    }
    const rows = Math.max(1, Math.ceil(count / TABLE_WIDTH));
    const whole = new Uint8Array(rows * TABLE_WIDTH * 3);
    whole.set(palette?.colours ?? []);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, TABLE_WIDTH, rows, 0, gl.RGB, gl.UNSIGNED_BYTE, whole);
    this.palette = palette;
    gl.activeTexture(gl.TEXTURE0);
  }

  private upload(picture: Picture): Uploaded | null {
    const at = this.uploaded.findIndex((one) => one.key === picture.key);
    const [known] = at >= 0 ? this.uploaded.splice(at, 1) : [];
    if (known !== undefined) {
      this.uploaded.push(known);
      return known;
    }
    const { gl } = this;
    const { frame } = picture;
    if (Math.max(frame.columns, frame.rows) > (gl.getParameter(gl.MAX_TEXTURE_SIZE) as number)) {
      return null;
    }
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    const smooth = picture.bitmap !== null || frame.samples !== 1;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smooth ? gl.LINEAR_MIPMAP_LINEAR : gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, smooth ? gl.LINEAR : gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    let grey: { kind: TextureKind; base: number; padding: readonly [number, number] } | null = null;
    if (picture.bitmap !== null) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, picture.bitmap);
    } else if (frame.samples !== 1) {
      const bytes = rgb(picture.pixels, frame.samples, frame.rows * frame.columns);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, frame.columns, frame.rows, 0, gl.RGB, gl.UNSIGNED_BYTE, bytes);
    } else {
      grey = uploadGrey(gl, picture.pixels, frame);
    }
    if (smooth) {
      gl.generateMipmap(gl.TEXTURE_2D);
    }
    const made = { key: picture.key, texture, ...(grey ?? { kind: "colour" as const, base: 0, padding: NO_PADDING }) };
    this.uploaded.push(made);
    for (const old of this.uploaded.splice(0, Math.max(0, this.uploaded.length - KEPT))) {
      gl.deleteTexture(old.texture);
    }
    return made;
  }

  private program(kind: TextureKind): Program | null {
    const known = this.programs.get(kind);
    if (known !== undefined) {
      return known;
    }
    const { gl } = this;
    const program = gl.createProgram();
    for (const [type, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, fragment(kind)],
    ] as const) {
      const shader = gl.createShader(type);
      if (shader === null) {
        return null;
      }
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      return null;
    }
    const locations = new Map<string, WebGLUniformLocation | null>();
    const made = {
      program,
      at(name: string) {
        if (!locations.has(name)) {
          locations.set(name, gl.getUniformLocation(program, name));
        }
        return locations.get(name) ?? null;
      },
    };
    this.programs.set(kind, made);
    return made;
  }
}

function uploadGrey(
  gl: WebGL2RenderingContext,
  pixels: PixelArray,
  frame: Frame,
): { kind: TextureKind; base: number; padding: readonly [number, number] } {
  const image = (internal: number, format: number, type: number, data: ArrayBufferView) =>
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, frame.columns, frame.rows, 0, format, type, data);
  const whole = (kind: TextureKind) => ({ kind, base: 0, padding: frame.padding ?? NO_PADDING });
  if (pixels instanceof Uint8Array) {
    image(gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE, pixels);
    return whole("uint");
  }
  if (pixels instanceof Int8Array) {
    image(gl.R8I, gl.RED_INTEGER, gl.BYTE, pixels);
    return whole("int");
  }
  if (pixels instanceof Uint16Array) {
    image(gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT, pixels);
    return whole("uint");
  }
  if (pixels instanceof Int16Array) {
    image(gl.R16I, gl.RED_INTEGER, gl.SHORT, pixels);
    return whole("int");
  }
  image(gl.R32F, gl.RED, gl.FLOAT, rebased(pixels, frame));
  return { kind: "float", base: frame.min, padding: [NOTHING * 1.1, NOTHING * 0.9] };
}

/** Values of 32 bits and more less the lowest of them, so that the 24 bits of a float go to where they differ. */
export function rebased(pixels: PixelArray, frame: Frame): Float32Array {
  return Float32Array.from(pixels, (stored) =>
    Number.isNaN(stored) || isPadding(stored, frame) ? NOTHING : Math.max(-1e30, Math.min(1e30, stored - frame.min)),
  );
}

/** Three bytes for each pixel, whatever the samples were. */
export function rgb(pixels: PixelArray, samples: number, count: number): Uint8Array<ArrayBuffer> {
  if (samples === 3 && pixels instanceof Uint8Array) {
    return pixels;
  }
  const shift = pixels.BYTES_PER_ELEMENT === 2 ? 1 / 257 : 1;
  const bytes = new Uint8Array(count * 3);
  for (let at = 0; at < count; at++) {
    for (let sample = 0; sample < 3; sample++) {
      bytes[at * 3 + sample] = (pixels[at * samples + Math.min(sample, samples - 1)] ?? 0) * shift;
    }
  }
  return bytes;
}
