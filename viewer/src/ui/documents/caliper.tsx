/** Two points on the paper and what lies between them: dragged with mouse or finger, or moved with keys. */

import { useRef } from "preact/hooks";
import { decimal } from "../../messages/format";
import { words } from "../../messages/index";
import { between, GUTTER, type Sheet } from "./paper";

export interface Points {
  one: { x: number; y: number };
  other: { x: number; y: number };
}

interface CaliperProps {
  sheet: Sheet;
  zoom: number;
  points: Points;
  move: (change: (points: Points) => Points) => void;
}

export function startingPoints(sheet: Sheet): Points {
  const y = sheet.strips[0]?.top ?? 10;
  return { one: { x: GUTTER + 10, y: y - 5 }, other: { x: GUTTER + 30, y } };
}

/** "812 ms, 74 a minute, 0.5 mV". */
export function intervalWords(points: Points, speed: number, gain: number, voltage: boolean): string {
  const { milliseconds, rate, millivolts } = between(points.one, points.other, { speed, gain });
  return [
    words.documents.milliseconds(decimal(milliseconds, 0)),
    rate > 0 ? words.documents.perMinute(decimal(rate, 0)) : "",
    voltage ? words.documents.millivolts(decimal(Math.abs(millivolts), 2)) : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

export function Caliper({ sheet, zoom, points, move }: CaliperProps) {
  const host = useRef<SVGSVGElement>(null);
  const held = useRef<keyof Points | "new" | null>(null);
  const place = (event: PointerEvent) => {
    const box = host.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) {
      return { x: 0, y: 0 };
    }
    const scale = sheet.width / box.width;
    return {
      x: Math.max(0, Math.min((event.clientX - box.left) * scale, sheet.width)),
      y: Math.max(0, Math.min((event.clientY - box.top) * scale, sheet.height)),
    };
  };
  const near = (event: PointerEvent): keyof Points | "new" => {
    const at = place(event);
    // A finger is 6 mm wide or so, whatever the zoom.
    const reach = 6 / zoom;
    const far = (point: { x: number; y: number }) => Math.hypot(point.x - at.x, point.y - at.y);
    const closest = far(points.one) < far(points.other) ? "one" : "other";
    return far(points[closest]) < reach ? closest : "new";
  };
  return (
    <svg
      ref={host}
      class="caliper"
      viewBox={`0 0 ${sheet.width} ${sheet.height}`}
      tabindex={0}
      role="application"
      aria-label={words.documents.caliperKeys}
      data-testid="caliper"
      onPointerDown={(event) => {
        held.current = near(event);
        host.current?.setPointerCapture(event.pointerId);
        if (held.current === "new") {
          const at = place(event);
          move(() => ({ one: at, other: at }));
          held.current = "other";
        }
        event.preventDefault();
        host.current?.focus({ preventScroll: true });
      }}
      onPointerMove={(event) => {
        if (held.current !== null && held.current !== "new") {
          const end = held.current;
          const at = place(event);
          move((before) => ({ ...before, [end]: at }));
        }
      }}
      onPointerUp={() => {
        held.current = null;
      }}
      onPointerCancel={() => {
        held.current = null;
      }}
      onKeyDown={(event) => {
        const steps: Readonly<Record<string, readonly [number, number]>> = {
          ArrowLeft: [-1, 0],
          ArrowRight: [1, 0],
          ArrowUp: [0, -1],
          ArrowDown: [0, 1],
        };
        const step = steps[event.key];
        if (step === undefined || event.ctrlKey || event.metaKey) {
          return;
        }
        event.preventDefault();
        event.stopPropagation();
        const end = event.altKey ? "one" : "other";
        const by = event.shiftKey ? 0.1 : 1;
        move((before) => {
          const { x, y } = before[end];
          return { ...before, [end]: { x: x + step[0] * by, y: y + step[1] * by } };
        });
      }}
    >
      <Lines points={points} sheet={sheet} />
    </svg>
  );
}

function Lines({ points: { one, other }, sheet }: { points: Points; sheet: Sheet }) {
  return (
    <g>
      <rect
        x={Math.min(one.x, other.x)}
        y={Math.min(one.y, other.y)}
        width={Math.abs(one.x - other.x)}
        height={Math.abs(one.y - other.y)}
        class="caliper-box"
      />
      <path d={`M${one.x} 0V${sheet.height}M${other.x} 0V${sheet.height}`} class="caliper-line" />
      <circle cx={one.x} cy={one.y} r={1.5} class="caliper-end" />
      <circle cx={other.x} cy={other.y} r={1.5} class="caliper-end" />
    </g>
  );
}
