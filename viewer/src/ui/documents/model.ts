/** What the server tells of reports, recordings and videos; whatever is of another kind shows nothing wrong. */

import { type Json, list, number, numberOrNull, object, text } from "../../source/json";

export interface Picture {
  series: number | null;
  instance: number | null;
  /** Counted from 1; empty where the whole instance is meant. */
  frames: readonly number[];
}

interface Named {
  name: string;
  code: string;
}

export type Block =
  | (Named & { kind: "section"; blocks: readonly Block[] })
  | (Named & { kind: "text"; text: string })
  | (Named & { kind: "value"; text: string; unit: string; valueCode: string; blocks: readonly Block[] })
  | (Named & { kind: "list"; items: readonly string[] })
  | (Named & { kind: "table"; columns: readonly string[]; rows: readonly (readonly string[])[] })
  | (Named & { kind: "pictures"; pictures: readonly Picture[]; blocks: readonly Block[] });

export interface Whose {
  name: string;
  id: string;
  birthDate: string;
}

export interface Report {
  kind: "report";
  /** What kind of report it is, in plain words. */
  name: string;
  title: string;
  code: string;
  patient: Whose;
  /** YYYYMMDD, perhaps with a time behind it. */
  date: string;
  institution: string;
  authors: readonly string[];
  verification: string;
  completion: string;
  completionWords: string;
  preliminary: boolean;
  verifiers: readonly { name: string; organization: string; at: string }[];
  blocks: readonly Block[];
  cut: boolean;
}

export interface Channel {
  label: string;
  unit: string;
  /** What a value times this is in mV; null where it is no voltage. */
  millivolts: number | null;
  /** Seconds by which it was sampled after the first. */
  skew: number;
  /** Low and high edge and notch of the filters it came through, in Hz. */
  filters: readonly (number | null)[];
}

export interface Group {
  label: string;
  /** Samples a second. */
  rate: number;
  samples: number;
  /** Milliseconds after the recording's beginning. */
  start: number;
  sound: boolean;
  /** Samples of each channel that are fetched together. */
  block: number;
  channels: readonly Channel[];
}

export interface Annotation {
  name: string;
  text: string;
  unit: string;
  /** Seconds from the beginning, or null. */
  at: number | null;
}

export interface Recording {
  kind: "recording";
  name: string;
  sound: boolean;
  ecg: boolean;
  at: string;
  patient: Whose;
  groups: readonly Group[];
  annotations: readonly Annotation[];
}

export interface Film {
  kind: "video";
  type: string;
}

/** It cannot be shown; `reason` is a plain sentence. */
export interface Offered {
  kind: "file";
  reason: string;
  /** How a file with nothing but the video in it would end; "" where there is none. */
  stream: string;
}

export type Told = Report | Recording | Film | Offered;

const DEEPEST = 40;

export function readTold(value: unknown): Told {
  const json = object(value);
  switch (json.kind) {
    case "report":
      return readReport(json);
    case "recording":
      return readRecording(json);
    case "video":
      return { kind: "video", type: text(json.type) };
    default:
      return { kind: "file", reason: text(json.reason), stream: text(json.stream) };
  }
}

function readReport(json: Json): Report {
  return {
    kind: "report",
    name: text(json.name),
    title: text(json.title),
    code: text(json.code),
    patient: readWhose(json.patient),
    date: text(json.date),
    institution: text(json.institution),
    authors: list(json.authors).map(text),
    verification: text(json.verification),
    completion: text(json.completion),
    completionWords: text(json.completion_words),
    preliminary: json.preliminary === true,
    verifiers: list(json.verifiers).map((one) => {
      const verifier = object(one);
      return { name: text(verifier.name), organization: text(verifier.organization), at: text(verifier.at) };
    }),
    blocks: readBlocks(json.blocks),
    cut: text(json.cut) !== "",
  };
}

function readWhose(value: unknown): Whose {
  const json = object(value);
  return { name: text(json.name), id: text(json.id), birthDate: text(json.birth_date) };
}

function readBlocks(value: unknown, depth = 0): Block[] {
  return depth > DEEPEST ? [] : list(value).flatMap((one) => readBlock(object(one), depth) ?? []);
}

function readBlock(json: Json, depth: number): Block | null {
  const named = { name: text(json.name), code: text(json.code) };
  const blocks = () => readBlocks(json.blocks, depth + 1);
  switch (json.kind) {
    case "section":
      return { ...named, kind: "section", blocks: blocks() };
    case "text":
      return { ...named, kind: "text", text: text(json.text) };
    case "value": {
      const said = { text: text(json.text), unit: text(json.unit), valueCode: text(json.value_code) };
      return { ...named, kind: "value", ...said, blocks: blocks() };
    }
    case "list":
      return { ...named, kind: "list", items: list(json.items).map(text) };
    case "table":
      return {
        ...named,
        kind: "table",
        columns: list(json.columns).map(text),
        rows: list(json.rows).map((row) => list(row).map(text)),
      };
    case "pictures":
      return { ...named, kind: "pictures", pictures: list(json.pictures).map(readPicture), blocks: blocks() };
    default:
      return null;
  }
}

function readPicture(value: unknown): Picture {
  const json = object(value);
  const frames = list(json.frames).filter((frame): frame is number => typeof frame === "number" && frame >= 1);
  return { series: numberOrNull(json.series), instance: numberOrNull(json.instance), frames };
}

function readRecording(json: Json): Recording {
  return {
    kind: "recording",
    name: text(json.name),
    sound: json.sound === true,
    ecg: json.ecg === true,
    at: text(json.at),
    patient: readWhose(json.patient),
    groups: list(json.groups).flatMap((one) => readGroup(object(one)) ?? []),
    annotations: list(json.annotations).map((one) => {
      const said = object(one);
      return { name: text(said.name), text: text(said.text), unit: text(said.unit), at: numberOrNull(said.at) };
    }),
  };
}

/** A group's place in the list is its number on the server, so one that cannot be drawn keeps its place, empty. */
function readGroup(json: Json): Group {
  const rate = number(json.rate, 0);
  return {
    label: text(json.label),
    rate,
    samples: rate > 0 ? number(json.samples, 0) : 0,
    start: number(json.start, 0),
    sound: json.sound === true,
    block: Math.max(1, number(json.block, 1)),
    channels: list(json.channels).map((one) => {
      const channel = object(one);
      return {
        label: text(channel.label),
        unit: text(channel.unit),
        millivolts: numberOrNull(channel.millivolts),
        skew: number(channel.skew, 0),
        filters: list(channel.filters).map(numberOrNull),
      };
    }),
  };
}
