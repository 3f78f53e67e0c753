/** What the viewer knows of measuring, all of it fetched together. */

import "../style/measure.css";
import type { Viewing } from "../viewer/viewing";
import { pictureOn } from "./drawing";
import { notebookOf } from "./notebooks";

export { MeasureBar } from "./bar";
export { MeasureLayer } from "./layer";

export function toggleStar(viewing: Viewing): void {
  const picture = pictureOn(viewing);
  if (picture !== null) {
    notebookOf(viewing).toggleStar(picture);
  }
}

export function openList(viewing: Viewing): void {
  notebookOf(viewing).open(true);
}
