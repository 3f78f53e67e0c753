/** The curves of a recording, a sheet at a time, and how they are drawn: layout, speed, gain and size. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { decimal } from "../../messages/format";
import { words } from "../../messages/index";
import type { DocumentSource } from "../../source/frame-source";
import { Icon } from "../icons";
import { intervalWords, type Points, startingPoints } from "./caliper";
import type { Group, Recording } from "./model";
import { isTwelve, type Layout, layOut } from "./paper";
import { Samples, type Stretch } from "./samples";
import { MillimetrePaper } from "./sheet";

/** Seconds that lie on one sheet. */
const SHEET_SECONDS = 10;
const SPEEDS = [12.5, 25, 50] as const;
const GAINS = [5, 10, 20] as const;
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const;

interface CurvesProps {
  recording: Recording;
  documents: DocumentSource;
  instance: number;
  at: number;
  group: Group;
}

export function Curves({ recording, documents, instance, at, group }: CurvesProps) {
  const twelve = recording.ecg && isTwelve(group);
  const narrow = matchMedia("(max-width: 47.99rem)").matches;
  const [layout, setLayout] = useState<Layout>(twelve && !narrow ? "twelve" : "rows");
  const [speed, setSpeed] = useState(25);
  const [gain, setGain] = useState(10);
  const [zoom, setZoom] = useState(1);
  const [from, setFrom] = useState(0);
  const [points, setPoints] = useState<Points | null>(null);
  const [stretch, setStretch] = useState<Stretch | null>(null);
  const [failed, setFailed] = useState(false);
  const [tries, setTries] = useState(0);
  const samples = useMemo(() => new Samples(documents, instance, at, group), [documents, instance, at, group]);
  const seconds = group.samples / group.rate;
  const shown = Math.min(seconds, SHEET_SECONDS);
  useEffect(() => {
    const stop = new AbortController();
    setFailed(false);
    samples.stretch(Math.round(from * group.rate), Math.round(shown * group.rate), stop.signal).then(
      (found) => {
        if (!stop.signal.aborted) {
          setStretch(found);
        }
      },
      () => {
        if (!stop.signal.aborted) {
          setFailed(true);
        }
      },
    );
    return () => stop.abort();
  }, [samples, from, shown, group, tries]);
  const sheet = useMemo(
    () => (stretch === null ? null : layOut(group, stretch.channels, layout, { speed, gain })),
    [group, stretch, layout, speed, gain],
  );
  const voltage = group.channels.some((channel) => channel.millivolts !== null);
  const zoomAt = ZOOMS.indexOf(zoom as (typeof ZOOMS)[number]);
  return (
    <>
      <div class="paper-tools">
        {twelve && (
          <Choice
            name={words.documents.layout}
            value={layout}
            values={[
              ["twelve", words.documents.layouts.twelve],
              ["rows", words.documents.layouts.rows],
            ]}
            choose={(value) => setLayout(value as Layout)}
          />
        )}
        <Choice
          name={words.documents.speed}
          value={String(speed)}
          values={SPEEDS.map((one) => [String(one), words.documents.millimetresPerSecond(decimal(one, 1))])}
          choose={(value) => setSpeed(Number(value))}
        />
        {voltage && (
          <Choice
            name={words.documents.gain}
            value={String(gain)}
            values={GAINS.map((one) => [String(one), words.documents.millimetresPerMillivolt(decimal(one, 0))])}
            choose={(value) => setGain(Number(value))}
          />
        )}
        <div class="zooms">
          <button
            type="button"
            class="document-button"
            aria-label={words.documents.smaller}
            disabled={zoomAt <= 0}
            onClick={() => setZoom(ZOOMS[zoomAt - 1] ?? zoom)}
          >
            −
          </button>
          <output>{words.zoomed(new Intl.NumberFormat(words.locale, { style: "percent" }).format(zoom))}</output>
          <button
            type="button"
            class="document-button"
            aria-label={words.documents.larger}
            disabled={zoomAt >= ZOOMS.length - 1}
            onClick={() => setZoom(ZOOMS[zoomAt + 1] ?? zoom)}
          >
            +
          </button>
        </div>
        <button
          type="button"
          class="document-button"
          aria-pressed={points !== null}
          disabled={sheet === null}
          data-testid="use-caliper"
          onClick={() => setPoints(points === null && sheet !== null ? startingPoints(sheet) : null)}
        >
          <Icon name="measure" />
          <span>{words.documents.caliper}</span>
        </button>
      </div>
      {seconds > shown && <Time from={from} shown={shown} seconds={seconds} go={setFrom} />}
      {points !== null && (
        <output class="interval" data-testid="interval">
          {intervalWords(points, speed, gain, voltage)}
        </output>
      )}
      {failed && (
        <p role="alert">
          {words.documents.unreachable}{" "}
          <button type="button" class="document-button" onClick={() => setTries(tries + 1)}>
            {words.tryAgain}
          </button>
        </p>
      )}
      {sheet === null && !failed && <p role="status">{words.documents.fetching}</p>}
      {sheet !== null && stretch !== null && (
        <MillimetrePaper
          name={recording.name}
          sheet={sheet}
          stretch={stretch}
          group={group}
          speed={speed}
          gain={gain}
          zoom={zoom}
          points={points}
          move={(change) => setPoints((before) => (before === null ? null : change(before)))}
        />
      )}
      <p class="quiet">
        {words.documents.scale(decimal(speed, 1), voltage ? decimal(gain, 0) : "", filterWords(group))}{" "}
        <span class="screen-only">{words.documents.approximate}</span>
      </p>
    </>
  );
}

function filterWords(group: Group): string {
  const [low, high, notch] = group.channels[group.channels.length - 1]?.filters ?? [];
  const parts = [
    low != null && high != null && high > 0 ? words.documents.filtered(decimal(low, 2), decimal(high, 0)) : "",
    notch != null && notch > 0 ? words.documents.notch(decimal(notch, 0)) : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

interface ChoiceProps {
  name: string;
  value: string;
  values: readonly (readonly [value: string, label: string])[];
  choose: (value: string) => void;
}

function Choice({ name, value, values, choose }: ChoiceProps) {
  return (
    <label class="paper-choice">
      <span>{name}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {values.map(([one, label]) => (
          <option key={one} value={one}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Where in a long recording the sheet lies. */
function Time({ from, shown, seconds, go }: { from: number; shown: number; seconds: number; go(to: number): void }) {
  const last = Math.max(0, seconds - shown);
  const to = (wanted: number) => go(Math.max(0, Math.min(wanted, last)));
  return (
    <div class="paper-tools">
      <button type="button" class="document-button" disabled={from <= 0} onClick={() => to(from - shown)}>
        {words.documents.earlier}
      </button>
      <input
        type="range"
        min={0}
        max={last}
        step={Math.max(0.1, Math.min(1, shown / 2))}
        value={from}
        aria-label={words.documents.time}
        aria-valuetext={words.documents.seconds(decimal(from, 1))}
        onChange={(event) => to(Number(event.currentTarget.value))}
      />
      <button type="button" class="document-button" disabled={from >= last} onClick={() => to(from + shown)}>
        {words.documents.later}
      </button>
      <output>{words.documents.stretch(clock(from), clock(from + shown), clock(seconds))}</output>
    </div>
  );
}

/** 75 as "1:15". */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hours = 0, minutes = 0, rest = 0] = parts;
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
