/** A recording on millimetre paper: where each lead's stretch lies, and its line. All lengths are millimetres. */

import type { Channel, Group } from "./model";

export const LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"] as const;
/** As ECGs are printed everywhere: four columns of three, one after the other in time. */
const TWELVE = [
  ["I", "aVR", "V1", "V4"],
  ["II", "aVL", "V2", "V5"],
  ["III", "aVF", "V3", "V6"],
] as const;
const RHYTHM = "II";

/** Room for the step of 1 mV, before the curves. */
export const GUTTER = 10;
const LEAST_ROW = 20;
const MOST_ROW = 80;
const AIR = 3;
const NAME = 4;
/** Lines finer than this are not told apart, on paper either. */
const FINEST = 0.1;

export type Layout = "twelve" | "rows";

/** How a channel's values become heights: mm for one of its units; and what its middle line stands for. */
export interface Scale {
  perUnit: number;
  middle: number;
}

/** A stretch of one lead: samples from..to, whose line begins at `left` and has its middle at `middle`. */
export interface Strip {
  channel: number;
  label: string;
  from: number;
  to: number;
  left: number;
  top: number;
  /** Where its name stands. */
  nameAt: number;
  height: number;
  scale: Scale;
}

export interface Sheet {
  width: number;
  height: number;
  strips: readonly Strip[];
}

/** The name of a lead as people write it: "avr" and "AVR" are aVR. */
export function leadOf(label: string): string {
  const plain = label.trim().toLowerCase();
  return LEADS.find((lead) => lead.toLowerCase() === plain) ?? label;
}

/** Whether a group has the twelve leads. */
export function isTwelve(group: Group): boolean {
  const there = new Set(group.channels.map((channel) => leadOf(channel.label)));
  return LEADS.every((lead) => there.has(lead));
}

/**
 * Voltages are drawn at `gain` mm/mV around zero, as everywhere; anything else so that its range takes 20 mm, rounded
 * to a value that can be read.
 */
export function scaleOf(channel: Channel, values: Float32Array, gain: number): Scale {
  if (channel.millivolts !== null) {
    return { perUnit: channel.millivolts * gain, middle: 0 };
  }
  const [low, high] = reach(values);
  const range = high - low;
  if (!(range > 0)) {
    return { perUnit: 1, middle: Number.isFinite(low) ? low : 0 };
  }
  // 10 mm are 1, 2 or 5 times a power of ten.
  const wanted = range / 2;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= wanted) ?? wanted;
  return { perUnit: 10 / step, middle: (low + high) / 2 };
}

export function reach(values: Float32Array): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) {
      low = value;
    }
    if (value > high) {
      high = value;
    }
  }
  return [low, high];
}

/** How high above and below its middle a stretch goes. */
function room(values: Float32Array, scale: Scale): [above: number, below: number] {
  const [low, high] = reach(values);
  if (low > high) {
    return [0, 0];
  }
  return [Math.max(0, (high - scale.middle) * scale.perUnit), Math.max(0, (scale.middle - low) * scale.perUnit)];
}

/**
 * Lays the samples out that begin with `first`: twelve leads in three rows of four and one below over the whole time,
 * or one row for each. speed: mm a second; gain: mm for 1 mV.
 */
export function layOut(
  group: Group,
  channels: readonly Float32Array[],
  layout: Layout,
  { speed, gain }: { speed: number; gain: number },
): Sheet {
  const count = channels[0]?.length ?? 0;
  const long = (count / group.rate) * speed;
  const rows: { channel: number; from: number; to: number }[][] = [];
  if (layout === "twelve") {
    const places = new Map(group.channels.map((channel, at) => [leadOf(channel.label), at]));
    for (const leads of TWELVE) {
      rows.push(
        leads.map((lead, column) => ({
          channel: places.get(lead) ?? 0,
          from: Math.floor((count * column) / 4),
          to: Math.floor((count * (column + 1)) / 4),
        })),
      );
    }
    rows.push([{ channel: places.get(RHYTHM) ?? 0, from: 0, to: count }]);
  } else {
    rows.push(...group.channels.map((_, channel) => [{ channel, from: 0, to: count }]));
  }
  const strips: Strip[] = [];
  let top = 0;
  for (const row of rows) {
    const pieces = row.map((piece) => {
      const values = channels[piece.channel] ?? new Float32Array(0);
      const channel = group.channels[piece.channel];
      const scale = channel === undefined ? { perUnit: 1, middle: 0 } : scaleOf(channel, values, gain);
      return {
        ...piece,
        label: leadOf(channel?.label ?? ""),
        scale,
        room: room(values.subarray(piece.from, piece.to), scale),
      };
    });
    // Below the step of 1 mV; where there is none, over the curve.
    const voltage = row.every(({ channel }) => group.channels[channel]?.millivolts != null);
    const above = (voltage ? 0 : NAME) + Math.max(...pieces.map((piece) => piece.room[0]), LEAST_ROW / 2 - AIR);
    const below = Math.max(...pieces.map((piece) => piece.room[1]), LEAST_ROW / 2 - AIR);
    // To whole heavy lines, so that every middle lies on one.
    const up = Math.min(Math.ceil((above + AIR) / 5) * 5, MOST_ROW / 2);
    const down = Math.min(Math.ceil((below + AIR) / 5) * 5, MOST_ROW / 2);
    for (const { room: _, ...piece } of pieces) {
      const skew = group.channels[piece.channel]?.skew ?? 0;
      strips.push({
        ...piece,
        left: GUTTER + (piece.from / group.rate + skew) * speed,
        top: top + up,
        nameAt: voltage ? top + up + 0.5 : top,
        height: up + down,
      });
    }
    top += up + down;
  }
  return { width: Math.ceil((GUTTER + long) / 5) * 5, height: top, strips };
}

/** One strip's line as the commands of an SVG path. Many samples at one place keep their lowest and highest. */
export function lineOf(strip: Strip, values: Float32Array, rate: number, speed: number): string {
  const perSample = speed / rate;
  const step = Math.max(1, Math.floor(FINEST / perSample));
  const { scale } = strip;
  const parts: string[] = [];
  let pen = false;
  const put = (at: number, value: number) => {
    const x = strip.left + (at - strip.from) * perSample;
    const y = strip.top - (value - scale.middle) * scale.perUnit;
    parts.push(`${pen ? "L" : "M"}${round(x)} ${round(y)}`);
    pen = true;
  };
  for (let at = strip.from; at < strip.to; at += step) {
    const end = Math.min(at + step, strip.to);
    let lowest = -1;
    let highest = -1;
    for (let one = at; one < end; one++) {
      const value = values[one] ?? Number.NaN;
      if (!Number.isNaN(value)) {
        lowest = lowest < 0 || value < (values[lowest] ?? 0) ? one : lowest;
        highest = highest < 0 || value > (values[highest] ?? 0) ? one : highest;
      }
    }
    if (lowest < 0) {
      // Nothing was recorded here: the line stops.
      pen = false;
      continue;
    }
    const [first, second] = lowest < highest ? [lowest, highest] : [highest, lowest];
    put(first, values[first] ?? 0);
    if (second !== first) {
      put(second, values[second] ?? 0);
    }
  }
  return parts.join("");
}

const round = (value: number) => Math.round(value * 100) / 100;

export interface Interval {
  milliseconds: number;
  /** Beats a minute, were it the time between two beats; 0 where it is too short to be. */
  rate: number;
  millivolts: number;
}

/** What lies between two points of the paper, in mm. */
export function between(
  one: { x: number; y: number },
  other: { x: number; y: number },
  { speed, gain }: { speed: number; gain: number },
): Interval {
  const seconds = Math.abs(other.x - one.x) / speed;
  return {
    milliseconds: seconds * 1000,
    rate: seconds >= 0.15 ? 60 / seconds : 0,
    millivolts: (one.y - other.y) / gain,
  };
}
