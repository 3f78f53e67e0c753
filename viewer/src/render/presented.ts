/** Pictures as a presentation state has them. */

import { CHANGES, fitScale, type ScreenSize, turned, type View, WHOLE } from "../geometry/view";
import type { Frame, LookupTable } from "../source/model";
import { type Part, type PresentationState, partOf } from "../source/presentation";
import { defaultRange, grey, type ValueRange } from "./window";

/** Entries of a curve that goes through two tables, and how far it goes beyond the edges of a sigmoid. */
const ENTRIES = 4096;
const BEYOND = 2;

/** The state's window in the picture's own modality values; null where it says nothing of this frame's greys. */
export function presentedRange(state: PresentationState, frame: Frame): ValueRange | null {
  const part = partOf(state, frame);
  if (part === null || frame.samples !== 1) {
    return null;
  }
  const range = windowOf(state, frame, part.window);
  return state.shades === null ? range : shadedAgain(range ?? defaultRange(frame), state.shades);
}

/** A window whose shades go through another table (PS3.3 C.11.6). */
function shadedAgain(range: ValueRange, table: LookupTable): ValueRange {
  const { low, high, curve = "linear" } = range;
  if (curve === "linear") {
    return { low, high, curve: table };
  }
  const far = curve === "sigmoid" ? (high - low) * BEYOND : 0;
  const wider = { low: low - far, high: high + far };
  const through = { low: 0, high: 1, curve: table };
  const shades = Float32Array.from({ length: ENTRIES }, (_, at) => {
    const value = wider.low + ((wider.high - wider.low) * at) / (ENTRIES - 1);
    return grey(grey(value, range), through);
  });
  return { ...wider, curve: { name: table.name, first: 0, shades } };
}

function windowOf(state: PresentationState, frame: Frame, window: Part["window"]): ValueRange | null {
  if (window === null) {
    return null;
  }
  const { low, high, curve } = window;
  const [slope, intercept] = state.rescale ?? [frame.slope, frame.intercept];
  if (slope === frame.slope && intercept === frame.intercept) {
    return { low, high, curve };
  }
  const own = (value: number) => ((value - intercept) / (slope || 1)) * frame.slope + frame.intercept;
  return { low: own(low), high: own(high), curve };
}

/** Turned, mirrored and enlarged as the state has it: first it is turned, then mirrored (PS3.3 C.10.6). */
export function presentedView(state: PresentationState, frame: Frame, screen: ScreenSize): View {
  let view = WHOLE;
  for (let turns = 0; turns < state.rotation; turns += 90) {
    view = turned(view, CHANGES.right);
  }
  view = state.flip ? turned(view, CHANGES.mirror) : view;
  const area = partOf(state, frame)?.area;
  if (area === null || area === undefined || !(area[2] > area[0] && area[3] > area[1])) {
    return view;
  }
  const part = { columns: area[2] - area[0], rows: area[3] - area[1], aspect: frame.aspect };
  const scale = fitScale(part, screen, view.turn);
  const [a, b, c, d] = view.turn;
  // From the middle of the picture to the middle of the area, which is to lie in the middle of the screen.
  const along = ((area[0] + area[2] - frame.columns) / 2) * scale;
  const down = ((area[1] + area[3] - frame.rows) / 2) * scale * frame.aspect;
  return {
    zoom: scale / fitScale(frame, screen, view.turn),
    panX: -(a * along + b * down),
    panY: -(c * along + d * down),
    turn: view.turn,
  };
}
