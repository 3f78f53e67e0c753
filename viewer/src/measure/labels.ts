/** Where the words of a measurement go: near it, never over it, over no other words, and on the screen. */

import type { ScreenPoint, ScreenSize } from "../geometry/view";
import { type Stroke, stretches } from "./strokes";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const GAP = 14;
const MARGIN = 4;
/** What is worse: words over what they measure, words that nobody sees, words over words, words over other lines. */
const COST = { own: 1e6, outside: 1e5, words: 1e4, others: 1e3 } as const;

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Whether a stretch touches a box: clipped against its four sides, something is left (Liang and Barsky). */
export function touches(box: Box, [a, b]: readonly [ScreenPoint, ScreenPoint]): boolean {
  let from = 0;
  let to = 1;
  const sides = [
    [a.x - b.x, a.x - box.x],
    [b.x - a.x, box.x + box.width - a.x],
    [a.y - b.y, a.y - box.y],
    [b.y - a.y, box.y + box.height - a.y],
  ] as const;
  for (const [towards, room] of sides) {
    if (towards === 0) {
      if (room < 0) {
        return false;
      }
    } else if (towards < 0) {
      from = Math.max(from, room / towards);
    } else {
      to = Math.min(to, room / towards);
    }
  }
  return from <= to;
}

function around(points: readonly ScreenPoint[]): Box {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** Boxes of a size beside the middles and corners of another, the nearest to the reader's eye first. */
function beside(of: Box, width: number, height: number): Box[] {
  const columns = [of.x + of.width + GAP, of.x + of.width / 2 - width / 2, of.x - GAP - width];
  const rows = [of.y + of.height / 2 - height / 2, of.y + of.height + GAP, of.y - GAP - height];
  const boxes = rows.flatMap((y) => columns.map((x) => ({ x, y, width, height })));
  // The one in the middle would lie over what it is about.
  return boxes.filter((_, at) => at !== 1);
}

export interface Worded {
  strokes: readonly Stroke[];
  width: number;
  height: number;
}

/** A box for the words of each measurement, in the order given. */
export function layLabels(all: readonly Worded[], screen: ScreenSize): Box[] {
  const lines = all.map(({ strokes }) => strokes.flatMap(stretches));
  const laid: Box[] = [];
  all.forEach(({ strokes, width, height }, own) => {
    const points = strokes.flatMap((stroke) => stroke.points);
    const whole = around(points);
    const filled = strokes.some((stroke) => stroke.closed);
    const places = [
      ...beside(whole, width, height),
      ...(filled ? [] : points.flatMap((point) => beside({ ...point, width: 0, height: 0 }, width, height))),
    ];
    // Where nothing beside it is on the screen, the screen's corners are tried.
    for (const x of [MARGIN, screen.width - width - MARGIN]) {
      for (const y of [MARGIN, screen.height - height - MARGIN]) {
        places.push({ x, y, width, height });
      }
    }
    const cost = (place: Box, at: number) => {
      const roomy = { x: place.x - 3, y: place.y - 3, width: width + 6, height: height + 6 };
      const over = (segments: readonly [ScreenPoint, ScreenPoint][]) =>
        segments.some((segment) => touches(roomy, segment));
      const outside =
        place.x < MARGIN ||
        place.y < MARGIN ||
        place.x + width > screen.width - MARGIN ||
        place.y + height > screen.height - MARGIN;
      return (
        at +
        (over(lines[own] ?? []) || (filled && overlap(roomy, whole)) ? COST.own : 0) +
        (outside ? COST.outside : 0) +
        (laid.some((other) => overlap(roomy, other)) ? COST.words : 0) +
        (lines.some((others, of) => of !== own && over(others)) ? COST.others : 0)
      );
    };
    const costs = places.map(cost);
    laid.push(places[costs.indexOf(Math.min(...costs))] ?? { x: MARGIN, y: MARGIN, width, height });
  });
  return laid;
}
