/** How large words are, so that room can be found for them before they are drawn. */

export const FONT_SIZE = 13;
export const LINE_HEIGHT = 17;
export const FONT = `600 ${FONT_SIZE}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`;

const widths = new Map<string, number>();
const MOST_REMEMBERED = 2000;
let context: CanvasRenderingContext2D | null = null;

export function widthOf(text: string): number {
  const known = widths.get(text);
  if (known !== undefined) {
    return known;
  }
  context ??= document.createElement("canvas").getContext("2d");
  let width = text.length * FONT_SIZE * 0.6;
  if (context !== null) {
    context.font = FONT;
    width = context.measureText(text).width;
  }
  if (widths.size >= MOST_REMEMBERED) {
    widths.clear();
  }
  widths.set(text, width);
  return width;
}

export function sizeOfWords(lines: readonly string[]): { width: number; height: number } {
  return { width: Math.ceil(Math.max(0, ...lines.map(widthOf))) + 12, height: lines.length * LINE_HEIGHT + 6 };
}
