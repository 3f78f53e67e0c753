/** Where a picture lies on the screen. Lengths on the screen are CSS pixels, those in the picture are its own pixels. */

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

/** Zoom 1 shows the whole picture; the pan moves it by screen pixels from the middle. */
export interface View {
  zoom: number;
  panX: number;
  panY: number;
}

export const WHOLE: View = { zoom: 1, panX: 0, panY: 0 };
export const MOST_ZOOM = 40;
export const LEAST_ZOOM = 0.25;

/** Screen position of the picture's upper left corner, and screen pixels per picture pixel along x and y. */
export interface Placement {
  x: number;
  y: number;
  scaleX: number;
  scaleY: number;
}

export function fitScale(picture: PictureSize, screen: ScreenSize): number {
  return Math.min(
    screen.width / Math.max(1, picture.columns),
    screen.height / Math.max(1, picture.rows * picture.aspect),
  );
}

export function place(picture: PictureSize, screen: ScreenSize, view: View): Placement {
  const scaleX = fitScale(picture, screen) * view.zoom;
  const scaleY = scaleX * picture.aspect;
  return {
    x: screen.width / 2 + view.panX - (picture.columns * scaleX) / 2,
    y: screen.height / 2 + view.panY - (picture.rows * scaleY) / 2,
    scaleX,
    scaleY,
  };
}

/** The pixel under a point of the screen, or null outside of the picture. */
export function pixelAt(
  x: number,
  y: number,
  placement: Placement,
  picture: PictureSize,
): { column: number; row: number } | null {
  const column = Math.floor((x - placement.x) / placement.scaleX);
  const row = Math.floor((y - placement.y) / placement.scaleY);
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
  };
}

/** Moves the picture, keeping its middle on the screen so that it cannot be lost. */
export function panBy(view: View, dx: number, dy: number, screen: ScreenSize): View {
  const hold = (value: number, most: number) => Math.max(-most, Math.min(most, value));
  const reachX = (screen.width / 2) * Math.max(1, view.zoom);
  const reachY = (screen.height / 2) * Math.max(1, view.zoom);
  return { zoom: view.zoom, panX: hold(view.panX + dx, reachX), panY: hold(view.panY + dy, reachY) };
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
