/** Where the other two planes cut a picture: lines that move and turn them by mouse and finger. */

import { useRef } from "preact/hooks";
import { cross, dot, type Plane, planeOf, seenAt } from "../geometry/planes";
import { type PicturePoint, toScreen } from "../geometry/view";
import { decimal } from "../messages/format";
import { isKind } from "../viewer/hand";
import type { Viewing } from "../viewer/viewing";
import type { Turning } from "./lying";
import { SIDES } from "./space";
import type { ThreePlanes } from "./three-planes";

/** Where along a line it is taken to be turned: this part of the picture's shorter side away from the meeting. */
const ARM = 0.32;

interface CrossingProps {
  planes: ThreePlanes;
  viewing: Viewing;
  /** Only the large picture has room for what turns the lines. */
  large: boolean;
  placeOf(event: MouseEvent): PicturePoint | null;
}

type Held = { only: Viewing | undefined } | { turning: Turning; from: number };

/** Each line moves its plane, their meeting moves both; the rings on the lines turn both about the meeting. */
export function Crossing({ planes, viewing, large, placeOf }: CrossingProps) {
  const held = useRef<Held | null>(null);
  const { placement, frame, screen } = viewing;
  const { point, cells } = planes;
  const plane = frame === null ? null : planeOf(frame);
  if (placement === null || frame === null || plane === null || point === null) {
    return null;
  }
  const meeting = seenAt(plane, point);
  const middle = toScreen(meeting, placement);
  const lines = cells.flatMap((other, at) => {
    const theirs = other.frame === null || other === viewing ? null : planeOf(other.frame);
    const ends = theirs === null ? null : lineAcross(plane, theirs, meeting);
    return ends === null ? [] : [{ other, at, one: toScreen(ends[0], placement), two: toScreen(ends[1], placement) }];
  });
  const angleAt = (event: MouseEvent): number | null => {
    const where = placeOf(event);
    // Pixels of what is cut are square.
    return where === null ? null : (Math.atan2(where.row - meeting.row, where.column - meeting.column) * 180) / Math.PI;
  };
  const letGo = () => {
    if (held.current !== null && "turning" in held.current) {
      held.current.turning.end();
    }
    held.current = null;
  };
  const handlers = (take: (event: PointerEvent) => Held | null) => ({
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0 && event.target instanceof Element) {
        event.target.setPointerCapture(event.pointerId);
        held.current = take(event);
      }
    },
    onPointerMove: (event: PointerEvent) => {
      const where = placeOf(event);
      const hold = held.current;
      if (where !== null && hold !== null && "only" in hold) {
        planes.pointOut(viewing, where, hold.only);
      } else if (hold !== null && "turning" in hold) {
        hold.turning.to((angleAt(event) ?? hold.from) - hold.from);
      }
      if (where !== null && event.pointerType === "mouse") {
        // The value under the pointer is told on the lines as well.
        viewing.pointAt(toScreen(where, placement));
      }
    },
    onPointerLeave: () => viewing.pointAt(null),
    onPointerUp: letGo,
    onPointerCancel: letGo,
    // The wheel belongs to the picture underneath.
    onWheel: (event: WheelEvent) => {
      event.preventDefault();
      const picture =
        event.target instanceof Element ? event.target.closest(".cell")?.querySelector(".viewport") : null;
      picture?.dispatchEvent(new WheelEvent("wheel", event));
    },
  });
  const move = (only: Viewing | undefined) => handlers(() => ({ only }));
  const turn = handlers((event) => {
    const from = angleAt(event);
    return from === null ? null : { turning: planes.lying.begin(viewing), from };
  });
  const still = isKind(viewing.tool) || viewing.tool === "find";
  const arm = ARM * Math.min(screen.width, screen.height);
  return (
    <svg class="crossing" data-still={still} aria-hidden="true" data-testid="crossing">
      {lines.map(({ other, at, one, two }) => {
        const first = one.x + one.y <= two.x + two.y ? one : two;
        return (
          <g key={at} class={`crossing-${at}`}>
            <line class="crossing-back" x1={one.x} y1={one.y} x2={two.x} y2={two.y} />
            <line class="crossing-line" x1={one.x} y1={one.y} x2={two.x} y2={two.y} />
            <text x={Math.max(4, first.x + 4)} y={Math.max(14, first.y + 14)}>
              {decimal(at + 1, 0)}
            </text>
            <line
              class="crossing-grip"
              data-testid={`line-${SIDES[at]}`}
              x1={one.x}
              y1={one.y}
              x2={two.x}
              y2={two.y}
              {...move(other)}
            />
            {large &&
              [one, two].map((end, side) => {
                const far = Math.hypot(end.x - middle.x, end.y - middle.y) || 1;
                const x = middle.x + ((end.x - middle.x) / far) * arm;
                const y = middle.y + ((end.y - middle.y) / far) * arm;
                return (
                  <g key={side === 0 ? "one" : "two"}>
                    <circle class="crossing-turn" cx={x} cy={y} r="6" />
                    <circle
                      class="crossing-grip crossing-turner"
                      data-testid={`turn-${SIDES[at]}-${side + 1}`}
                      cx={x}
                      cy={y}
                      r="14"
                      {...turn}
                    />
                  </g>
                );
              })}
          </g>
        );
      })}
      <circle class="crossing-ring-back" cx={middle.x} cy={middle.y} r="9" />
      <circle class="crossing-ring" cx={middle.x} cy={middle.y} r="9" />
      <circle class="crossing-grip" data-testid="meeting" cx={middle.x} cy={middle.y} r="22" {...move(undefined)} />
    </svg>
  );
}

/** The line through a place of the picture along which another plane cuts it, from edge to edge. */
function lineAcross(plane: Plane, other: Plane, through: PicturePoint): [PicturePoint, PicturePoint] | null {
  const way = cross(plane.normal, other.normal);
  const along = dot(way, plane.right) / dot(plane.right, plane.right);
  const down = dot(way, plane.down) / dot(plane.down, plane.down);
  if (Math.hypot(along, down) < 1e-9) {
    return null;
  }
  const reach = (from: number, step: number, most: number): [number, number] =>
    Math.abs(step) < 1e-9
      ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
      : [Math.min(-from / step, (most - from) / step), Math.max(-from / step, (most - from) / step)];
  const [a, b] = [reach(through.column, along, plane.columns), reach(through.row, down, plane.rows)];
  const [from, to] = [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
  const at = (t: number): PicturePoint => ({ column: through.column + along * t, row: through.row + down * t });
  return to > from ? [at(from), at(to)] : null;
}
