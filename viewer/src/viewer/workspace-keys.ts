/** Keys for the screen as a whole: its cells, what links them, films, and taking back. */

import type { PicturePoint } from "../geometry/view";
import type { Workspace } from "./workspace";

export interface ScreenActions {
  openLayouts(): void;
  fullScreen(): void;
  /** Lays out by kind of scan, or beside an earlier one, if there is such a layout. */
  arrange(): void;
  compare(): void;
}

export interface Pressed {
  key: string;
  shift: boolean;
  /** Ctrl, or Command on a Mac. */
  command: boolean;
}

const STEP = 5;
const ARROWS: Readonly<Record<string, readonly [column: number, row: number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/** True where the key meant something. Letters come small. */
export function pressOnScreen({ key, shift, command }: Pressed, workspace: Workspace, actions: ScreenActions): boolean {
  const { undo, linking } = workspace;
  if (command) {
    if (key === "z") {
      if (shift) {
        undo.redo();
      } else {
        undo.undo();
      }
      return true;
    }
    if (key === "y") {
      undo.redo();
      return true;
    }
    return false;
  }
  if (workspace.active.tool === "find" && key in ARROWS) {
    moveMark(workspace, ARROWS[key] ?? [0, 0], shift ? 1 : STEP);
    return true;
  }
  const cell = /^[1-6]$/.test(key) ? workspace.cells[Number(key) - 1] : undefined;
  if (cell !== undefined && workspace.cells.length > 1) {
    workspace.activate(cell);
    return true;
  }
  switch (key) {
    case " ":
      workspace.active.cine.toggle();
      return true;
    case "g":
      actions.openLayouts();
      return true;
    case "f":
      actions.fullScreen();
      return true;
    case "w":
      actions.arrange();
      return true;
    case "d":
      actions.compare();
      return true;
    case "u":
      linking.toggleTogether();
      return true;
    case "y":
      linking.toggleLines();
      return true;
    case "x":
      workspace.active.useTool("find");
      return true;
    default:
      return false;
  }
}

/** Arrows move the mark as seen on the screen, from the middle of the picture where there is none yet. */
function moveMark({ active, linking }: Workspace, [right, down]: readonly [number, number], by: number): void {
  const { frame } = active;
  if (frame === null) {
    return;
  }
  const from: PicturePoint = linking.markOn(active) ?? { column: frame.columns / 2, row: frame.rows / 2 };
  const [a, b, c, d] = active.look.view.turn;
  const hold = (value: number, most: number) => Math.max(0.5, Math.min(most - 0.5, value));
  linking.mark(active, {
    column: hold(from.column + (a * right + c * down) * by, frame.columns),
    row: hold(from.row + (b * right + d * down) * by, frame.rows),
  });
}
