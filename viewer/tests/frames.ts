import type { Frame } from "../src/source/model";

/** A frame as a CT sends it, with whatever a test wants otherwise. */
export function frameOf(changes: Partial<Frame> = {}): Frame {
  return {
    i: 1,
    n: 0,
    rows: 4,
    columns: 4,
    format: "i2",
    samples: 1,
    wire: "raw",
    bytes: 32,
    slope: 1,
    intercept: -1024,
    invert: false,
    window: [],
    low: -160,
    high: 240,
    min: 0,
    max: 4095,
    padding: null,
    position: null,
    orientation: null,
    spacing: null,
    thickness: null,
    location: null,
    number: null,
    aspect: 1,
    damage: "",
    ...changes,
  };
}
