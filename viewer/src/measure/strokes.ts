/** Measurements as lines on the screen, for drawing them, for taking hold of them and for keeping words off them. */

import { type Placement, type ScreenPoint, toScreen } from "../geometry/view";
import { corners, type Kind, type Measurement } from "./model";

export interface Stroke {
  points: readonly ScreenPoint[];
  closed: boolean;
  /** Says only what belongs together. */
  faint: boolean;
}

const ROUND = 72;
const CROSS = 9;
const HEAD = 13;
const TICK = 5;

const line = (...points: ScreenPoint[]): Stroke => ({ points, closed: false, faint: false });

export function distance(a: ScreenPoint, b: ScreenPoint): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** The point a number of screen pixels from one towards another. */
function towards(from: ScreenPoint, to: ScreenPoint, far: number): ScreenPoint {
  const whole = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * far) / whole, y: from.y + ((to.y - from.y) * far) / whole };
}

function turnedBy(point: ScreenPoint, about: ScreenPoint, angle: number): ScreenPoint {
  const x = point.x - about.x;
  const y = point.y - about.y;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return { x: about.x + x * cos - y * sin, y: about.y + x * sin + y * cos };
}

/** A short line across the end of a length. */
function tick(end: ScreenPoint, other: ScreenPoint): Stroke {
  const inwards = towards(end, other, TICK);
  return line(turnedBy(inwards, end, Math.PI / 2), turnedBy(inwards, end, -Math.PI / 2));
}

function ellipse(box: readonly ScreenPoint[]): Stroke {
  const [a, b, c] = box as [ScreenPoint, ScreenPoint, ScreenPoint];
  const middle = { x: (a.x + c.x) / 2, y: (a.y + c.y) / 2 };
  const points = Array.from({ length: ROUND }, (_, at) => {
    const along = Math.cos((at * 2 * Math.PI) / ROUND) / 2;
    const down = Math.sin((at * 2 * Math.PI) / ROUND) / 2;
    return {
      x: middle.x + (b.x - a.x) * along + (c.x - b.x) * down,
      y: middle.y + (b.y - a.y) * along + (c.y - b.y) * down,
    };
  });
  return { points, closed: true, faint: false };
}

function arc(a: ScreenPoint, vertex: ScreenPoint, b: ScreenPoint): Stroke {
  const radius = Math.min(26, distance(a, vertex) / 2, distance(b, vertex) / 2);
  const start = Math.atan2(a.y - vertex.y, a.x - vertex.x);
  const swept = Math.atan2(b.y - vertex.y, b.x - vertex.x) - start;
  const short = swept - 2 * Math.PI * Math.round(swept / (2 * Math.PI));
  const points = Array.from({ length: 17 }, (_, at) => ({
    x: vertex.x + radius * Math.cos(start + (short * at) / 16),
    y: vertex.y + radius * Math.sin(start + (short * at) / 16),
  }));
  return { points, closed: false, faint: true };
}

/** The lines of a kind through these points of the screen; a draft may lack its last ones. */
function strokesThrough(kind: Kind, points: readonly ScreenPoint[]): Stroke[] {
  const [a, b, c, d] = points;
  if (a === undefined) {
    return [];
  }
  if (b === undefined || kind === "point") {
    return [
      line({ x: a.x - CROSS, y: a.y }, { x: a.x + CROSS, y: a.y }),
      line({ x: a.x, y: a.y - CROSS }, { x: a.x, y: a.y + CROSS }),
    ];
  }
  switch (kind) {
    case "length":
      return [line(a, b), tick(a, b), tick(b, a)];
    case "angle":
      return c === undefined ? [line(a, b)] : [line(a, b, c), arc(a, b, c)];
    case "cobb": {
      if (c === undefined || d === undefined) {
        return c === undefined ? [line(a, b)] : [line(a, b), ...strokesThrough("point", [c])];
      }
      const middle = (p: ScreenPoint, q: ScreenPoint) => ({ x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 });
      return [line(a, b), line(c, d), { points: [middle(a, b), middle(c, d)], closed: false, faint: true }];
    }
    case "arrow": {
      const side = towards(a, b, HEAD);
      return [line(b, a), line(turnedBy(side, a, 0.45), a, turnedBy(side, a, -0.45))];
    }
    default:
      return [];
  }
}

export function strokesOf({ kind, points }: Pick<Measurement, "kind" | "points">, placement: Placement): Stroke[] {
  const [a, b] = points;
  if ((kind === "ellipse" || kind === "rectangle") && a !== undefined && b !== undefined) {
    const box = corners(a, b).map((corner) => toScreen(corner, placement));
    return [kind === "ellipse" ? ellipse(box) : { points: box, closed: true, faint: false }];
  }
  return strokesThrough(
    kind,
    points.map((point) => toScreen(point, placement)),
  );
}

/** The stretches that a stroke is made of. */
export function stretches({ points, closed }: Stroke): [ScreenPoint, ScreenPoint][] {
  const ends = closed ? [...points.slice(1), points[0] as ScreenPoint] : points.slice(1);
  return ends.map((end, at) => [points[at] as ScreenPoint, end]);
}

/** How far a point lies from a stroke. */
export function distanceTo(stroke: Stroke, point: ScreenPoint): number {
  const far = stretches(stroke).map(([a, b]) => {
    const x = b.x - a.x;
    const y = b.y - a.y;
    const part = ((point.x - a.x) * x + (point.y - a.y) * y) / (x * x + y * y || 1);
    const held = Math.max(0, Math.min(1, part));
    return distance(point, { x: a.x + x * held, y: a.y + y * held });
  });
  return Math.min(Number.POSITIVE_INFINITY, ...far);
}
