/** The picture as it is shown, with what is drawn on it, as a PNG at the picture's own size or larger. */

import { edgeLabels } from "../geometry/orientation";
import { liesOnItsSide, type Placement, place, WHOLE } from "../geometry/view";
import { dicomDate, personName } from "../messages/format";
import { words } from "../messages/index";
import { CanvasRenderer } from "../render/canvas2d";
import type { Graphics } from "../render/graphics";
import type { Viewing } from "../viewer/viewing";
import { pictureOn } from "./drawing";
import { layLabels } from "./labels";
import { drawnOn } from "./layer";
import type { Notebook } from "./notebook";
import type { Stroke } from "./strokes";
import { FONT, LINE_HEIGHT, sizeOfWords } from "./type";

/** Small pictures are enlarged by a whole number until they are at least so wide or high: lines and words need room. */
const LEAST_SIDE = 1000;
/** What iPhones bear. */
const MOST_PIXELS = 16_777_216;
const BANNER = 52;

export interface Made {
  blob: Blob;
  width: number;
  height: number;
}

/** withName: with a strip above that says whose it is and when it was taken. Null where there is no picture to save. */
export async function makePng(viewing: Viewing, notebook: Notebook, withName: boolean): Promise<Made | null> {
  const { frame, picture, showing } = viewing;
  if (frame === null || picture === null || showing === null) {
    return null;
  }
  const { turn } = viewing.look.view;
  // Pixels that are not square become so by enlarging their shorter side.
  const wide = frame.columns * Math.max(1, 1 / frame.aspect);
  const high = frame.rows * Math.max(1, frame.aspect);
  const times = Math.max(1, Math.ceil(LEAST_SIDE / Math.max(wide, high)));
  const wanted = liesOnItsSide(turn)
    ? { width: Math.round(high * times), height: Math.round(wide * times) }
    : { width: Math.round(wide * times), height: Math.round(high * times) };
  for (const part of [1, Math.min(1, Math.sqrt(MOST_PIXELS / (wanted.width * (wanted.height + BANNER))) * 0.98)]) {
    const size = { width: Math.round(wanted.width * part), height: Math.round(wanted.height * part) };
    const blob = await draw(viewing, notebook, size, withName);
    if (blob !== null) {
      return { blob, ...size };
    }
  }
  return null;
}

async function draw(
  viewing: Viewing,
  notebook: Notebook,
  size: { width: number; height: number },
  withName: boolean,
): Promise<Blob | null> {
  const { frame, picture, showing } = viewing;
  if (frame === null || picture === null || showing === null) {
    return null;
  }
  // Words and lines keep their size against the picture's, however many pixels it has.
  const ink = Math.max(1, Math.max(size.width, size.height) / LEAST_SIDE);
  const screen = { width: size.width / ink, height: size.height / ink };
  const placement = place(frame, screen, { ...WHOLE, turn: viewing.look.view.turn });
  const shades = document.createElement("canvas");
  Object.assign(shades, size);
  const renderer = CanvasRenderer.on(shades);
  if (renderer === null) {
    return null;
  }
  renderer.resize(size.width, size.height, ink);
  renderer.draw(picture, { ...showing, placement });
  const head = withName ? Math.round(BANNER * ink) : 0;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: size.width, height: size.height + head });
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) {
    return null;
  }
  context.drawImage(shades, 0, head);
  shades.width = 0;
  renderer.dispose();
  if (withName) {
    context.scale(ink, ink);
    writeBanner(context, viewing, screen.width);
  }
  const { graphics } = viewing.look;
  if (graphics !== null) {
    await drawOver(context, graphics, placement, ink, head);
  }
  context.setTransform(ink, 0, 0, ink, 0, head);
  writeEdges(context, viewing, screen);
  drawMarks(context, viewing, notebook, placement, screen);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** Overlays, shutters, and what states and reports draw, as they are on the screen. */
async function drawOver(
  context: CanvasRenderingContext2D,
  graphics: Graphics,
  placement: Placement,
  ink: number,
  head: number,
): Promise<void> {
  const { drawGraphics } = await import("../render/graphics");
  const { width, height } = context.canvas;
  const over = document.createElement("canvas");
  Object.assign(over, { width, height: height - head });
  const clear = over.getContext("2d");
  if (clear !== null) {
    drawGraphics(clear, graphics, placement, ink);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(over, 0, head);
  }
  over.width = 0;
}

function text(context: CanvasRenderingContext2D, line: string, x: number, y: number): void {
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.strokeStyle = "#000";
  context.strokeText(line, x, y);
  context.fillStyle = "#fff";
  context.fillText(line, x, y);
}

function writeBanner(context: CanvasRenderingContext2D, viewing: Viewing, width: number): void {
  const { patient } = viewing.study;
  const birth = dicomDate(patient.birthDate);
  const who = [personName(patient.name) || words.nameMissing, birth === "" ? "" : words.born(birth)];
  if (patient.id !== "") {
    who.push(words.idNumber(patient.id));
  }
  const what = [dicomDate(viewing.studyEntry?.date ?? ""), viewing.studyEntry?.title ?? "", viewing.entry?.title ?? ""];
  const joined = (parts: string[]) => parts.filter((part) => part !== "").join(" · ");
  context.fillStyle = "#17191b";
  context.fillRect(0, 0, width, BANNER);
  context.font = FONT;
  context.textAlign = "start";
  context.textBaseline = "alphabetic";
  context.fillStyle = "#fff";
  context.fillText(joined(who), 12, 22, width - 24);
  context.fillStyle = "#b3bac0";
  context.fillText(joined(what), 12, 41, width - 24);
}

function writeEdges(
  context: CanvasRenderingContext2D,
  viewing: Viewing,
  { width, height }: { width: number; height: number },
): void {
  context.font = FONT.replace("13px", "17px");
  context.textBaseline = "middle";
  context.textAlign = "center";
  const labels = edgeLabels(viewing.frame?.orientation ?? null, viewing.look.view.turn, viewing.frame?.toward ?? null);
  if (labels !== null) {
    text(context, labels.left, 18, height / 2);
    text(context, labels.right, width - 18, height / 2);
    text(context, labels.top, width / 2, 16);
    text(context, labels.bottom, width / 2, height - 16);
  }
  context.font = FONT;
  context.textAlign = "end";
  text(context, words.notForDiagnosis, width - 10, height - 14);
}

function trace(context: CanvasRenderingContext2D, { points, closed }: Stroke): void {
  context.beginPath();
  for (const { x, y } of points) {
    context.lineTo(x, y);
  }
  if (closed) {
    context.closePath();
  }
  context.stroke();
}

function drawMarks(
  context: CanvasRenderingContext2D,
  viewing: Viewing,
  notebook: Notebook,
  placement: Placement,
  screen: { width: number; height: number },
): void {
  const drawn = drawnOn(viewing, notebook.on(pictureOn(viewing)), placement);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const [width, colour] of [
    [4.5, "rgb(0 0 0 / 80%)"],
    [1.75, "#ffd95a"],
  ] as const) {
    for (const stroke of drawn.flatMap((one) => one.strokes)) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.setLineDash(stroke.faint ? [3, 4] : []);
      trace(context, stroke);
    }
  }
  context.setLineDash([]);
  const worded = drawn.filter((one) => one.words.length > 0);
  const boxes = layLabels(
    worded.map((one) => ({ strokes: one.strokes, ...sizeOfWords(one.words) })),
    screen,
  );
  context.font = FONT;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  worded.forEach((one, at) => {
    const box = boxes[at];
    if (box !== undefined) {
      context.fillStyle = "rgb(0 0 0 / 62%)";
      context.fillRect(box.x, box.y, box.width, box.height);
      one.words.forEach((line, row) => {
        text(context, line, box.x + 6, box.y + 3 + LINE_HEIGHT * (row + 0.75));
      });
    }
  });
  if (notebook.isStarred(pictureOn(viewing) ?? { series: 0, instance: -1, frame: 0 })) {
    context.textAlign = "left";
    text(context, `★ ${words.measuring.starred}`, 12, screen.height - 14);
  }
}
