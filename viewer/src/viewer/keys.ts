/** Keys of the viewer. Arrows do what the chosen tool does, so that a keyboard alone reaches everything. */

import { CHANGES } from "../geometry/view";
import { isKind } from "./hand";
import { measuring } from "./measuring";
import type { Tool, Viewing } from "./viewing";

export interface KeyActions {
  toggleHelp(): void;
}

const STEP = 24;

const TOOLS: Readonly<Record<string, Tool>> = {
  s: "scroll",
  c: "contrast",
  z: "zoom",
  m: "move",
  l: "length",
  a: "angle",
  b: "cobb",
  e: "ellipse",
  q: "rectangle",
  p: "point",
  t: "arrow",
};

/** True where the key meant something. Letters come small, whether Shift is held or not. */
export function press(key: string, viewing: Viewing, actions: KeyActions, shift = false): boolean {
  if (isKind(viewing.tool) && viewing.hand?.press(key, shift)) {
    return true;
  }
  const tool = TOOLS[key];
  if (tool !== undefined) {
    viewing.useTool(tool);
    return true;
  }
  switch (key) {
    case "ArrowUp":
      arrow(viewing, 0, -1);
      return true;
    case "ArrowDown":
      arrow(viewing, 0, 1);
      return true;
    case "ArrowLeft":
      arrow(viewing, -1, 0);
      return true;
    case "ArrowRight":
      arrow(viewing, 1, 0);
      return true;
    case "PageUp":
      viewing.step(-10);
      return true;
    case "PageDown":
      viewing.step(10);
      return true;
    case "Home":
      viewing.goTo(0);
      return true;
    case "End":
      viewing.goTo(viewing.count - 1);
      return true;
    case "[":
      viewing.neighbour(-1);
      return true;
    case "]":
      viewing.neighbour(1);
      return true;
    case "+":
    case "=":
      viewing.look.zoom(1.25);
      return true;
    case "-":
      viewing.look.zoom(0.8);
      return true;
    case "0":
      viewing.look.fit();
      return true;
    case "r":
      viewing.look.turn(shift ? CHANGES.left : CHANGES.right);
      return true;
    case "h":
      viewing.look.turn(CHANGES.mirror);
      return true;
    case "v":
      viewing.look.turn(CHANGES.upsideDown);
      return true;
    case "o":
      if (shift) {
        viewing.toggleDrawings();
      } else {
        viewing.look.reset();
      }
      return true;
    case "i":
      viewing.look.toggleInvert();
      return true;
    case "k":
      void measuring.use((part) => part.toggleStar(viewing));
      return true;
    case "j":
      void measuring.use((part) => part.openList(viewing));
      return true;
    case "?":
      actions.toggleHelp();
      return true;
    default:
      return false;
  }
}

function arrow(viewing: Viewing, x: number, y: number): void {
  switch (viewing.tool) {
    case "scroll":
      viewing.step(x + y);
      return;
    case "contrast":
      viewing.look.adjustContrast(x * STEP, y * STEP);
      return;
    case "zoom":
      viewing.look.zoom(x - y > 0 ? 1.25 : 0.8);
      return;
    case "move":
      viewing.look.pan(x * STEP, y * STEP);
  }
}

/** Keys typed into a field belong to the field. */
export function belongsToField(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement)) {
    return false;
  }
  const navigation = event.key.startsWith("Arrow") || ["Home", "End", "PageUp", "PageDown"].includes(event.key);
  return target.matches("select, textarea, input:not([type=range])") || (target.matches("input") && navigation);
}
