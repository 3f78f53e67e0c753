/** What lies over a picture and around it: overlays, shutters, and what presentation states draw. On a canvas of its own. */

import { type Placement, toScreen } from "../geometry/view";
import type { Frame, Overlay, Shutter } from "../source/model";
import type { Part, Shape, Space, Words } from "../source/presentation";

export interface Graphics {
  frame: Frame;
  shutter: Shutter | null;
  overlays: readonly Overlay[];
  /** Lines and words: of a presentation state, or each of a report's marks. */
  parts: readonly Part[];
}

/** A yellow that stands out from any grey and is told from it by those who see no colours too, on a dark rim. */
const INK = "#ffd84d";
const RIM = "rgba(0, 0, 0, 0.75)";
const LETTERS = 14;
const EDGE = 4;

const bitmaps = new WeakMap<Overlay, HTMLCanvasElement>();

/** An overlay as a picture, made once; each is drawn in one colour only. */
function bitmapOf(overlay: Overlay, colour: string): HTMLCanvasElement {
  const known = bitmaps.get(overlay);
  if (known !== undefined) {
    return known;
  }
  const canvas = document.createElement("canvas");
  canvas.width = overlay.columns;
  canvas.height = overlay.rows;
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.fillStyle = colour;
    let at = 0;
    overlay.runs.forEach((run, turn) => {
      for (let left = turn % 2 === 1 ? run : 0, from = at; left > 0; ) {
        const column = from % overlay.columns;
        const width = Math.min(left, overlay.columns - column);
        context.fillRect(column, Math.floor(from / overlay.columns), width, 1);
        left -= width;
        from += width;
      }
      at += run;
    });
  }
  bitmaps.set(overlay, canvas);
  return canvas;
}

/** Draws over what is there, or on a clear canvas; `ratio` is device pixels per CSS pixel. */
export function drawGraphics(
  context: CanvasRenderingContext2D,
  { frame, shutter, overlays, parts }: Graphics,
  placement: Placement,
  ratio: number,
): void {
  const [a, b, c, d] = placement.turn;
  const inPicture = () =>
    context.setTransform(
      a * placement.scaleX * ratio,
      c * placement.scaleX * ratio,
      b * placement.scaleY * ratio,
      d * placement.scaleY * ratio,
      placement.x * ratio,
      placement.y * ratio,
    );
  context.save();
  inPicture();
  context.beginPath();
  context.rect(0, 0, frame.columns, frame.rows);
  context.clip();
  for (const overlay of overlays) {
    context.imageSmoothingEnabled = placement.scaleX * ratio < 1;
    context.drawImage(bitmapOf(overlay, INK), overlay.column, overlay.row);
  }
  if (shutter !== null) {
    drawShutter(context, shutter, frame);
  }
  context.restore();
  context.save();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const { area: displayed, shapes } of parts) {
    const area = displayed ?? [0, 0, frame.columns, frame.rows];
    const at = (x: number, y: number, space: Space) =>
      toScreen(
        space === "picture"
          ? { column: x, row: y }
          : { column: area[0] + x * (area[2] - area[0]), row: area[1] + y * (area[3] - area[1]) },
        placement,
      );
    for (const shape of shapes) {
      if (shape.kind === "text") {
        drawWords(context, shape, at, ratio);
      } else {
        drawShape(context, shape, at);
      }
    }
  }
  context.restore();
}

/** Covers all that lies outside of any of its shapes; the context counts in columns and rows. */
function drawShutter(context: CanvasRenderingContext2D, shutter: Shutter, frame: Frame): void {
  const { rectangle, circle, polygon, bitmap } = shutter;
  const byte = Math.round(shutter.shade * 255);
  const shade = `rgb(${byte}, ${byte}, ${byte})`;
  context.fillStyle = shade;
  const cover = (trace: () => void) => {
    context.beginPath();
    context.rect(0, 0, frame.columns, frame.rows);
    trace();
    context.fill("evenodd");
  };
  if (rectangle !== null) {
    const left = Math.max(0, rectangle[0]);
    const top = Math.max(0, rectangle[1]);
    const width = Math.max(0, Math.min(frame.columns, rectangle[2]) - left);
    cover(() => context.rect(left, top, width, Math.max(0, Math.min(frame.rows, rectangle[3]) - top)));
  }
  if (circle !== null) {
    // What reaches beyond the picture does not matter: the clip ends there, and so does the covering.
    context.save();
    context.beginPath();
    context.rect(-1e6, -1e6, 2e6, 2e6);
    context.ellipse(circle[0], circle[1], circle[2], circle[2] / frame.aspect, 0, 0, 2 * Math.PI);
    context.fill("evenodd");
    context.restore();
  }
  if (polygon !== null) {
    context.beginPath();
    context.rect(-1e6, -1e6, 2e6, 2e6);
    polygon.forEach(([column, row], corner) => {
      context[corner === 0 ? "moveTo" : "lineTo"](column, row);
    });
    context.closePath();
    context.fill("evenodd");
  }
  if (bitmap !== null) {
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmapOf(bitmap, shade), bitmap.column, bitmap.row);
  }
}

type At = (x: number, y: number, space: Space) => { x: number; y: number };

function drawShape(context: CanvasRenderingContext2D, { kind, space, points, filled }: Shape, at: At): void {
  const corners = Array.from({ length: points.length >> 1 }, (_, corner) =>
    at(points[2 * corner] ?? 0, points[2 * corner + 1] ?? 0, space),
  );
  const [first, second, third, fourth] = corners;
  if (first === undefined) {
    return;
  }
  context.beginPath();
  if (kind === "point") {
    context.arc(first.x, first.y, 3, 0, 2 * Math.PI);
  } else if (kind === "circle" && second !== undefined) {
    context.arc(first.x, first.y, Math.hypot(second.x - first.x, second.y - first.y), 0, 2 * Math.PI);
  } else if (kind === "ellipse" && second !== undefined && third !== undefined && fourth !== undefined) {
    const [long, wide] = [
      Math.hypot(second.x - first.x, second.y - first.y),
      Math.hypot(fourth.x - third.x, fourth.y - third.y),
    ];
    const lean = Math.atan2(second.y - first.y, second.x - first.x);
    context.ellipse((first.x + second.x) / 2, (first.y + second.y) / 2, long / 2, wide / 2, lean, 0, 2 * Math.PI);
  } else {
    (kind === "curve" ? throughPoints(corners) : corners).forEach(({ x, y }, corner) => {
      context[corner === 0 ? "moveTo" : "lineTo"](x, y);
    });
  }
  context.lineJoin = "round";
  context.strokeStyle = RIM;
  context.lineWidth = 3.5;
  context.stroke();
  context.strokeStyle = INK;
  context.lineWidth = 1.5;
  context.stroke();
  if (filled) {
    context.fillStyle = INK;
    context.globalAlpha = 0.3;
    context.fill();
    context.globalAlpha = 1;
  }
}

/** A smooth line through all of its points (Catmull-Rom). */
function throughPoints(points: readonly { x: number; y: number }[]): { x: number; y: number }[] {
  const steps = 12;
  return points.slice(0, -1).flatMap((from, at) => {
    const to = points[at + 1] ?? from;
    const before = points[at - 1] ?? from;
    const after = points[at + 2] ?? to;
    return Array.from({ length: steps + 1 }, (_, step) => {
      const t = step / steps;
      const blend = (p: number, q: number, r: number, s: number) =>
        0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t ** 2 + (3 * q - p - 3 * r + s) * t ** 3);
      return { x: blend(before.x, from.x, to.x, after.x), y: blend(before.y, from.y, to.y, after.y) };
    });
  });
}

function drawWords(context: CanvasRenderingContext2D, words: Words, at: At, ratio: number): void {
  const lines = words.text.split("\n");
  context.font = `600 ${LETTERS}px system-ui, sans-serif`;
  context.textBaseline = "top";
  // Whichever way the page runs, words begin at their corner.
  context.textAlign = "left";
  context.direction = "ltr";
  const width = Math.max(...lines.map((line) => context.measureText(line).width));
  const height = lines.length * LETTERS * 1.25;
  const anchor = words.anchor === null ? null : at(words.anchor[0], words.anchor[1], words.anchorSpace);
  const corner = { x: (anchor?.x ?? 0) + 8, y: (anchor?.y ?? 0) - height / 2 };
  const most = context.canvas.width / ratio - EDGE;
  if (anchor !== null && anchor.x < most && corner.x + width > most) {
    // Words whose place is on the screen are so, too: to the left of it, or as far to the right as they go.
    corner.x = anchor.x - 8 - width > EDGE ? anchor.x - 8 - width : most - width;
  }
  if (words.box !== null) {
    const [one, other] = [
      at(words.box[0], words.box[1], words.boxSpace),
      at(words.box[2], words.box[3], words.boxSpace),
    ];
    corner.x = Math.min(one.x, other.x);
    corner.y = Math.min(one.y, other.y);
    if (anchor !== null) {
      context.beginPath();
      context.moveTo(
        Math.max(corner.x, Math.min(corner.x + width, anchor.x)),
        corner.y + (anchor.y > corner.y ? height : 0),
      );
      context.lineTo(anchor.x, anchor.y);
      context.strokeStyle = INK;
      context.lineWidth = 1.5;
      context.stroke();
    }
  }
  lines.forEach((line, row) => {
    context.lineJoin = "round";
    context.strokeStyle = RIM;
    context.lineWidth = 4;
    context.strokeText(line, corner.x, corner.y + row * LETTERS * 1.25);
    context.fillStyle = INK;
    context.fillText(line, corner.x, corner.y + row * LETTERS * 1.25);
  });
}
