/** What the page and the worker that cuts say to each other. */

import type { Layer, Plan, Wanted } from "./cutter";

export type CutRequest = { plan: Plan } | { layer: Layer; pixels: ArrayBuffer } | { wanted: Wanted };

/** "short": there is no memory for the volume. */
export type CutAnswer = { cut: ArrayBuffer } | { failure: "short" };
