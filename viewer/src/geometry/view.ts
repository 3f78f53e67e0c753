/**
 * Where a picture lies on the screen, and which way up. The one transform between the two: lengths on the screen are CSS
 * pixels, places in the picture are columns and rows with the corner of its first pixel at 0, 0 and that pixel's middle
 * at 0.5, 0.5 (as PS3.3 C.10.5.1.2 has graphics).
 */

export interface PictureSize {
  rows: number;
  columns: number;
  /** Height of a pixel divided by its width. */
  aspect: number;
}

export interface ScreenSize {
  width: number;
  height: number;
}

/** One of the eight ways up: right = a × along a row + b × down a column, down = c × along a row + d × down a column. */
export type Turn = readonly [a: number, b: number, c: number, d: number];

export const UPRIGHT: Turn = [1, 0, 0, 1];
/** What turns or mirrors a picture, as it is seen on the screen. */
export const CHANGES = {
  right: [0, -1, 1, 0],
  left: [0, 1, -1, 0],
  mirror: [-1, 0, 0, 1],
  upsideDown: [1, 0, 0, -1],
} as const satisfies Record<string, Turn>;

/** Zoom 1 shows the whole picture; the pan moves it by screen pixels from the middle. */
export interface View {
  zoom: number;
  panX: number;
  panY: number;
  turn: Turn;
}

export const WHOLE: View = { zoom: 1, panX: 0, panY: 0, turn: UPRIGHT };
export const MOST_ZOOM = 40;
export const LEAST_ZOOM = 0.25;

/** Screen position of the corner of the first pixel, screen pixels per column and per row, and which way up. */
export interface Placement {
  x: number;
  y: number;
  scaleX: number;
  scaleY: number;
  turn: Turn;
}

/** A place in the picture, in columns and rows. */
export interface PicturePoint {
  column: number;
  row: number;
}

export interface ScreenPoint {
  x: number;
  y: number;
}

/** True where rows run up and down the screen. */
export function liesOnItsSide(turn: Turn): boolean {
  return turn[0] === 0;
}

/** First one turn, then the other. */
function then(first: Turn, second: Turn): Turn {
  const [a, b, c, d] = first;
  const [e, f, g, h] = second;
  // Adding 0 makes -0 a plain 0.
  return [e * a + f * c + 0, e * b + f * d + 0, g * a + h * c + 0, g * b + h * d + 0];
}

/** The view turned or mirrored about the middle of the screen, so that what was there stays there. */
export function turned(view: View, change: Turn): View {
  const [a, b, c, d] = change;
  return {
    zoom: view.zoom,
    panX: a * view.panX + b * view.panY + 0,
    panY: c * view.panX + d * view.panY + 0,
    turn: then(view.turn, change),
  };
}

export function fitScale(picture: PictureSize, screen: ScreenSize, turn: Turn = UPRIGHT): number {
  const width = Math.max(1, picture.columns);
  const height = Math.max(1, picture.rows * picture.aspect);
  return liesOnItsSide(turn)
    ? Math.min(screen.width / height, screen.height / width)
    : Math.min(screen.width / width, screen.height / height);
}

export function place(picture: PictureSize, screen: ScreenSize, view: View): Placement {
  const { turn } = view;
  const scaleX = fitScale(picture, screen, turn) * view.zoom;
  const scaleY = scaleX * picture.aspect;
  const along = (picture.columns * scaleX) / 2;
  const down = (picture.rows * scaleY) / 2;
  return {
    x: screen.width / 2 + view.panX - (turn[0] * along + turn[1] * down),
    y: screen.height / 2 + view.panY - (turn[2] * along + turn[3] * down),
    scaleX,
    scaleY,
    turn,
  };
}

export function toScreen(point: PicturePoint, placement: Placement): ScreenPoint {
  const [a, b, c, d] = placement.turn;
  const along = point.column * placement.scaleX;
  const down = point.row * placement.scaleY;
  return { x: placement.x + a * along + b * down, y: placement.y + c * along + d * down };
}

/** The place under a point of the screen, inside of the picture or not. */
export function toPicture(x: number, y: number, placement: Placement): PicturePoint {
  // A turn undoes itself transposed.
  const [a, b, c, d] = placement.turn;
  const right = x - placement.x;
  const down = y - placement.y;
  return { column: (a * right + c * down) / placement.scaleX, row: (b * right + d * down) / placement.scaleY };
}

/** The pixel under a point of the screen, or null outside of the picture. */
export function pixelAt(
  x: number,
  y: number,
  placement: Placement,
  picture: PictureSize,
): { column: number; row: number } | null {
  const at = toPicture(x, y, placement);
  const column = Math.floor(at.column);
  const row = Math.floor(at.row);
  return column >= 0 && row >= 0 && column < picture.columns && row < picture.rows ? { column, row } : null;
}

/** Zooms so that what lies under a point of the screen stays there. */
export function zoomAbout(view: View, factor: number, x: number, y: number, screen: ScreenSize): View {
  const zoom = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, view.zoom * factor));
  const real = zoom / view.zoom;
  const fromMiddleX = x - screen.width / 2;
  const fromMiddleY = y - screen.height / 2;
  return {
    zoom,
    panX: fromMiddleX - (fromMiddleX - view.panX) * real,
    panY: fromMiddleY - (fromMiddleY - view.panY) * real,
    turn: view.turn,
  };
}

/** Moves the picture, keeping its middle on the screen so that it cannot be lost. */
export function panBy(view: View, dx: number, dy: number, screen: ScreenSize): View {
  const hold = (value: number, most: number) => Math.max(-most, Math.min(most, value));
  const reachX = (screen.width / 2) * Math.max(1, view.zoom);
  const reachY = (screen.height / 2) * Math.max(1, view.zoom);
  return { ...view, panX: hold(view.panX + dx, reachX), panY: hold(view.panY + dy, reachY) };
}

/** A round length in millimetres whose bar is at most `most` screen pixels long, and that bar's length. */
export function scaleBar(
  columnSpacing: number,
  placement: Placement,
  most: number,
): { millimetres: number; pixels: number } | null {
  const perMillimetre = placement.scaleX / columnSpacing;
  if (!(perMillimetre > 0) || !Number.isFinite(perMillimetre)) {
    return null;
  }
  const room = most / perMillimetre;
  const power = 10 ** Math.floor(Math.log10(room));
  const step = [5, 2, 1].find((digit) => digit * power <= room) ?? 1;
  return { millimetres: step * power, pixels: step * power * perMillimetre };
}
