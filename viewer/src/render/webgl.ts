/** Draws with WebGL2: stored values are uploaded as they are and turned to grey on the graphics chip. */

import type { PixelArray } from "../decode/pixels";
import { isInverted, type Picture, type Renderer, type Showing, valueOfSample } from "./picture";
import { fragment, type TextureKind, VERTEX } from "./shaders";

interface Program {
  program: WebGLProgram;
  at(name: string): WebGLUniformLocation | null;
}

interface Uploaded {
  key: string;
  kind: TextureKind;
  texture: WebGLTexture;
}

/** So many textures are kept for scrolling back and forth. */
const KEPT = 4;

export class WebglRenderer implements Renderer {
  readonly name = "webgl2";
  private readonly programs = new Map<TextureKind, Program>();
  private readonly uploaded: Uploaded[] = [];
  private width = 1;
  private height = 1;
  private ratio = 1;

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
    gl.uniform2f(program.at("u_range"), range.low, range.high);
    gl.uniform1f(program.at("u_invert"), isInverted(frame, showing) ? 1 : 0);
    if (texture.kind === "colour") {
      const { scale, offset } = valueOfSample(frame);
      gl.uniform2f(program.at("u_modality"), scale, offset);
    } else {
      gl.uniform2f(program.at("u_size"), frame.columns, frame.rows);
      gl.uniform2f(program.at("u_covers"), 1 / (placement.scaleX * this.ratio), 1 / (placement.scaleY * this.ratio));
      gl.uniform2f(program.at("u_modality"), frame.slope, frame.intercept);
      const padding = frame.padding ?? [1, 0];
      gl.uniform2f(program.at("u_padding"), padding[0], padding[1]);
    }
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    return true;
  }

  dispose(): void {
    for (const { texture } of this.uploaded.splice(0)) {
      this.gl.deleteTexture(texture);
    }
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
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
    let kind: TextureKind = "colour";
    if (picture.bitmap !== null) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, picture.bitmap);
    } else if (frame.samples !== 1) {
      const bytes = rgb(picture.pixels, frame.samples, frame.rows * frame.columns);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, frame.columns, frame.rows, 0, gl.RGB, gl.UNSIGNED_BYTE, bytes);
    } else {
      kind = uploadGrey(gl, picture.pixels, frame.columns, frame.rows);
    }
    if (smooth) {
      gl.generateMipmap(gl.TEXTURE_2D);
    }
    const made = { key: picture.key, kind, texture };
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

function uploadGrey(gl: WebGL2RenderingContext, pixels: PixelArray, columns: number, rows: number): TextureKind {
  const image = (internal: number, format: number, type: number, data: ArrayBufferView) =>
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, columns, rows, 0, format, type, data);
  if (pixels instanceof Uint8Array) {
    image(gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE, pixels);
    return "uint";
  }
  if (pixels instanceof Int8Array) {
    image(gl.R8I, gl.RED_INTEGER, gl.BYTE, pixels);
    return "int";
  }
  if (pixels instanceof Uint16Array) {
    image(gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT, pixels);
    return "uint";
  }
  if (pixels instanceof Int16Array) {
    image(gl.R16I, gl.RED_INTEGER, gl.SHORT, pixels);
    return "int";
  }
  if (pixels instanceof Uint32Array) {
    image(gl.R32UI, gl.RED_INTEGER, gl.UNSIGNED_INT, pixels);
    return "uint";
  }
  if (pixels instanceof Int32Array) {
    image(gl.R32I, gl.RED_INTEGER, gl.INT, pixels);
    return "int";
  }
  image(gl.R32F, gl.RED, gl.FLOAT, pixels instanceof Float32Array ? pixels : Float32Array.from(pixels));
  return "float";
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
