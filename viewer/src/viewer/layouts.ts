/** How cells lie on the screen: rows by columns. */

export type Layout = "1x1" | "1x2" | "2x1" | "2x2" | "1x3" | "2x3";

export const LAYOUTS: readonly Layout[] = ["1x1", "1x2", "2x1", "1x3", "2x2", "2x3"];

export function sizeOf(layout: Layout): { rows: number; columns: number; cells: number } {
  const [rows = 1, columns = 1] = layout.split("x").map(Number);
  return { rows, columns, cells: rows * columns };
}

/** Those with no more cells than a screen has room for. */
export function layoutsWithin(most: number): readonly Layout[] {
  return LAYOUTS.filter((layout) => sizeOf(layout).cells <= most);
}
