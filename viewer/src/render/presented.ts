/** Pictures as a presentation state has them. */

import { CHANGES, fitScale, type ScreenSize, turned, type View, WHOLE } from "../geometry/view";
import type { Frame } from "../source/model";
import { type PresentationState, partOf } from "../source/presentation";
import type { ValueRange } from "./window";

/** The state's window in the picture's own modality values; null where it has none for this frame. */
export function presentedRange(state: PresentationState, frame: Frame): ValueRange | null {
  const window = partOf(state, frame)?.window ?? null;
  if (window === null || frame.samples !== 1) {
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
