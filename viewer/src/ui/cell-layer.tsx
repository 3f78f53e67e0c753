/** Over one cell's picture: where the slices of the other cells cut it, and the point that is marked in all of them. */

import { type PicturePoint, toScreen } from "../geometry/view";
import type { Viewing } from "../viewer/viewing";
import type { Workspace } from "../viewer/workspace";

/** The gap in the middle of the cross leaves free what it marks. */
const GAP = 6;
const ARM = 18;

export function CellLayer({ workspace, viewing }: { workspace: Workspace; viewing: Viewing }) {
  const { placement } = viewing;
  const { linking, cells, active } = workspace;
  const mark = linking.markOn(viewing);
  const lines = cells.length > 1 ? linking.linesOn(viewing, active) : [];
  if (placement === null || (mark === null && lines.length === 0)) {
    return null;
  }
  const at = (point: PicturePoint) => toScreen(point, placement);
  return (
    <svg class="cell-layer" aria-hidden="true" data-testid="cell-layer">
      {lines.map(({ from, line }) => {
        const [one, other] = [at(line[0]), at(line[1])];
        // The number stands at the end that lies higher or further to the left, where pictures are mostly empty.
        const end = one.y + one.x <= other.y + other.x ? one : other;
        return (
          <g key={from.number} data-testid="reference-line">
            <line class="line-back" x1={one.x} y1={one.y} x2={other.x} y2={other.y} />
            <line class="line" x1={one.x} y1={one.y} x2={other.x} y2={other.y} />
            <text class="line-name" x={end.x + 4} y={end.y + 14}>
              {cells.indexOf(from) + 1}
            </text>
          </g>
        );
      })}
      {mark !== null && <Cross {...at(mark)} />}
    </svg>
  );
}

function Cross({ x, y }: { x: number; y: number }) {
  const arms = `M${x - ARM} ${y}h${ARM - GAP}M${x + GAP} ${y}h${ARM - GAP}M${x} ${y - ARM}v${ARM - GAP}M${x} ${y + GAP}v${ARM - GAP}`;
  return (
    <g data-testid="mark">
      <path class="line-back" d={arms} />
      <path class="mark" d={arms} />
    </g>
  );
}
