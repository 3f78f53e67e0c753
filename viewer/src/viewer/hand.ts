/** What the picture asks of measuring, which is fetched when it is first wanted. */

import type { ScreenPoint } from "../geometry/view";
import { KINDS, type Kind } from "../measure/model";
import type { Shape, Words } from "../source/presentation";

export type PointerKind = "mouse" | "touch";

/** The hand that draws on one cell's picture. Places are those of the cell's screen. */
export interface Hand {
  down(at: ScreenPoint, pointer: PointerKind): void;
  /** The pointer moves, pressed or not. */
  move(at: ScreenPoint): void;
  up(at: ScreenPoint): void;
  /** What was begun is given up: another finger came, or another picture. */
  callOff(): void;
  /** True where the key meant something. Letters come small. */
  press(key: string, shift: boolean): boolean;
  /** Whether one of its own measurements on the picture is this one. */
  holds(shapes: readonly (Shape | Words)[]): boolean;
}

export function isKind(tool: string): tool is Kind {
  return (KINDS as readonly string[]).includes(tool);
}
