/** GLSL for drawing one picture. SAMPLER and FETCH differ by the kind of texture. */

export type TextureKind = "float" | "int" | "uint" | "colour";

/** Tables lie in a texture of this width, since one row of them would be too wide for some. */
export const TABLE_WIDTH = 256;

export const VERTEX = `#version 300 es
uniform vec2 u_corner; // of the first pixel, in clip space
uniform vec2 u_along;  // from there along the first row
uniform vec2 u_down;   // and down the first column
out vec2 v_at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  v_at = corner;
  gl_Position = vec4(u_corner + corner.x * u_along + corner.y * u_down, 0.0, 1.0);
}`;

const HEAD = (kind: TextureKind) => {
  const sampler = { float: "sampler2D", int: "isampler2D", uint: "usampler2D", colour: "sampler2D" }[kind];
  return `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
precision highp sampler2D;
uniform ${sampler} u_picture;
uniform sampler2D u_table;  // shades, ${TABLE_WIDTH} a row
uniform float u_entries;
uniform sampler2D u_palette;  // colours, ${TABLE_WIDTH} a row
uniform float u_colours;      // how many; 0 where greys stay grey
vec3 coloured(float shade) {
  if (u_colours < 1.0) return vec3(shade);
  int at = int(clamp(shade, 0.0, 1.0) * (u_colours - 1.0) + 0.5);
  return texelFetch(u_palette, ivec2(at % ${TABLE_WIDTH}, at / ${TABLE_WIDTH}), 0).rgb;
}
float entry(int at) {
  return texelFetch(u_table, ivec2(at % ${TABLE_WIDTH}, at / ${TABLE_WIDTH}), 0).r;
}
float looked_up(float part) {
  float at = clamp(part, 0.0, 1.0) * (u_entries - 1.0);
  int before = int(at);
  return mix(entry(before), entry(min(before + 1, int(u_entries) - 1)), at - float(before));
}
`;
};

/**
 * Values are interpolated, then windowed (as the standard's pipeline has it), and padding takes no part: it is black
 * itself and does not bleed into its neighbours. A picture drawn smaller than it is gets averaged over what each screen
 * pixel covers, at most 6 × 6 of its pixels.
 */
const GREY = `
uniform vec2 u_size;      // columns, rows
uniform vec2 u_covers;    // picture pixels per screen pixel
uniform float u_black;    // the stored value shown as black
uniform float u_scale;    // from stored values to parts of the way to white
uniform vec2 u_padding;   // stored values from, to; from > to where there are none
uniform int u_curve;      // 0 straight, 1 sigmoid, 2 by table
uniform float u_invert;
in vec2 v_at;
out vec4 colour;
vec2 value(ivec2 at) {
  float stored = float(texelFetch(u_picture, clamp(at, ivec2(0), ivec2(u_size) - 1), 0).r);
  bool padding = stored >= u_padding.x && stored <= u_padding.y;
  return padding ? vec2(0.0) : vec2((stored - u_black) * u_scale, 1.0);
}
vec2 smoothValue(vec2 at) {
  vec2 base = floor(at - 0.5);
  vec2 part = at - 0.5 - base;
  ivec2 corner = ivec2(base);
  vec2 near = value(ivec2(floor(at)));
  if (near.y == 0.0) return near;
  vec2 top = mix(value(corner), value(corner + ivec2(1, 0)), part.x);
  vec2 bottom = mix(value(corner + ivec2(0, 1)), value(corner + ivec2(1, 1)), part.x);
  vec2 sum = mix(top, bottom, part.y);
  return vec2(sum.x / max(sum.y, 1e-6), 1.0);
}
void main() {
  ivec2 times = clamp(ivec2(ceil(u_covers - 0.05)), ivec2(1), ivec2(6));
  vec2 sum = vec2(0.0);
  for (int j = 0; j < times.y; j++) {
    for (int i = 0; i < times.x; i++) {
      vec2 offset = ((vec2(i, j) + 0.5) / vec2(times) - 0.5) * u_covers;
      sum += smoothValue(v_at * u_size + offset);
    }
  }
  if (sum.y == 0.0) {
    colour = vec4(0.0, 0.0, 0.0, 1.0);
    return;
  }
  float part = sum.x / sum.y;
  float shade = clamp(part, 0.0, 1.0);
  if (u_curve == 1) shade = 1.0 / (1.0 + exp(clamp(-4.0 * (part - 0.5), -60.0, 60.0)));
  if (u_curve == 2) shade = looked_up(part);
  colour = vec4(coloured(mix(shade, 1.0 - shade, u_invert)), 1.0);
}`;

const COLOUR = `
uniform int u_curve;  // 0 as it is, 2 by table
in vec2 v_at;
out vec4 colour;
void main() {
  vec3 shade = texture(u_picture, v_at).rgb;
  if (u_curve == 2) shade = vec3(looked_up(shade.r), looked_up(shade.g), looked_up(shade.b));
  colour = vec4(u_colours < 1.0 ? shade : coloured(shade.r), 1.0);
}`;

export function fragment(kind: TextureKind): string {
  return HEAD(kind) + (kind === "colour" ? COLOUR : GREY);
}
