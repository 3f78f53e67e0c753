/** An ECG or another recording: drawn to scale, with what was measured, and sound where it is sound. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { decimal, dicomDate } from "../../messages/format";
import { words } from "../../messages/index";
import type { DocumentSource } from "../../source/frame-source";
import { Icon } from "../icons";
import { Caliper, intervalWords, type Points, startingPoints } from "./caliper";
import type { Annotation, Group, Recording } from "./model";
import { GUTTER, isTwelve, type Layout, layOut, lineOf, type Sheet } from "./paper";
import { PageTools, PaperHead, usePrintable } from "./report";
import { Samples, type Stretch } from "./samples";

/** Seconds that lie on one sheet. */
const SHEET_SECONDS = 10;
const SPEEDS = [12.5, 25, 50] as const;
const GAINS = [5, 10, 20] as const;
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const;

interface RecordingProps {
  recording: Recording;
  documents: DocumentSource;
  instance: number;
}

export function RecordingPage({ recording, documents, instance }: RecordingProps) {
  const { groups } = recording;
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      groups.findIndex((group) => group.samples > 0),
    ),
  );
  usePrintable();
  const group = groups[at];
  const date = dicomDate(recording.at);
  return (
    <article class="reading recording" data-testid="recording">
      <PageTools>
        {groups.length > 1 && (
          <label class="paper-choice">
            <span>{words.documents.part}</span>
            <select value={at} onChange={(event) => setAt(Number(event.currentTarget.value))} data-testid="part">
              {groups.map((one, place) => (
                <option key={place} value={place} disabled={one.samples === 0}>
                  {one.label || words.documents.partNumber(place + 1)}
                </option>
              ))}
            </select>
          </label>
        )}
      </PageTools>
      <PaperHead patient={recording.patient} />
      <header>
        <h2>{recording.name}</h2>
        {date !== "" && <p class="quiet">{date}</p>}
      </header>
      {group !== undefined &&
        (recording.sound ? (
          <Sound documents={documents} instance={instance} at={at} />
        ) : (
          <Curves key={at} recording={recording} documents={documents} instance={instance} at={at} group={group} />
        ))}
      <Measured annotations={recording.annotations} />
    </article>
  );
}

function Sound({ documents, instance, at }: { documents: DocumentSource; instance: number; at: number }) {
  const [failed, setFailed] = useState(false);
  return failed ? (
    <p role="alert">{words.documents.soundFailed}</p>
  ) : (
    // biome-ignore lint/a11y/useMediaCaption: what was recorded at an examination has no captions
    <audio
      class="sound"
      data-testid="sound"
      src={documents.mediaAddress(instance, at)}
      controls
      preload="metadata"
      controlsList="nodownload"
      onError={() => setFailed(true)}
    />
  );
}

interface CurvesProps extends RecordingProps {
  at: number;
  group: Group;
}

function Curves({ recording, documents, instance, at, group }: CurvesProps) {
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
        <Paper
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

interface PaperProps {
  name: string;
  sheet: Sheet;
  stretch: Stretch;
  group: Group;
  speed: number;
  gain: number;
  zoom: number;
  points: Points | null;
  move: (change: (points: Points) => Points) => void;
}

/** Millimetre paper: 1 mm is 1 mm of CSS at zoom 1, and a true one in print. */
function Paper({ name, sheet, stretch, group, speed, gain, zoom, points, move }: PaperProps) {
  const lines = useMemo(
    () =>
      sheet.strips.map((strip) =>
        lineOf(strip, stretch.channels[strip.channel] ?? new Float32Array(0), group.rate, speed),
      ),
    [sheet, stretch, group, speed],
  );
  const firsts = sheet.strips.filter((strip) => strip.from === 0);
  return (
    <div class="paper" style={{ "--wide": sheet.width, "--high": sheet.height, "--zoom": zoom }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide sheet is scrolled by keys */}
      <section class="sheet-scroller" tabIndex={0} aria-label={words.documents.paper(name)}>
        <div class="sheet">
          <svg viewBox={`0 0 ${sheet.width} ${sheet.height}`} data-testid="paper" role="img" aria-label={name}>
            <defs>
              <pattern id="fine" width="1" height="1" patternUnits="userSpaceOnUse">
                <path d="M1 0H0V1" class="fine" />
              </pattern>
              <pattern id="heavy" width="5" height="5" patternUnits="userSpaceOnUse">
                <rect width="5" height="5" fill="url(#fine)" />
                <path d="M5 0H0V5" class="heavy" />
              </pattern>
            </defs>
            <rect width={sheet.width} height={sheet.height} class="sheet-ground" />
            <rect width={sheet.width} height={sheet.height} fill="url(#heavy)" />
            {firsts.map((strip) => {
              const channel = group.channels[strip.channel];
              const one = channel?.millivolts == null ? 0 : gain;
              return one === 0 ? null : (
                <path
                  key={`step ${strip.top}`}
                  class="curve"
                  d={`M1 ${strip.top}H3V${strip.top - one}H8V${strip.top}H${GUTTER}`}
                />
              );
            })}
            {sheet.strips.map((strip, place) => (
              <path key={`${strip.channel} ${strip.left} ${strip.top}`} class="curve" d={lines[place]} />
            ))}
            {sheet.strips
              .filter((strip) => strip.from > 0)
              .map((strip) => (
                <path key={`bar ${strip.left} ${strip.top}`} class="bar" d={`M${strip.left} ${strip.top - 4}v8`} />
              ))}
            {sheet.strips.map((strip) => (
              <text
                key={`name ${strip.left} ${strip.top}`}
                class={strip.from === 0 ? "lead lead-first" : "lead"}
                x={strip.left + 1}
                y={strip.top - 6}
              >
                {strip.label}
              </text>
            ))}
          </svg>
          {points !== null && <Caliper sheet={sheet} zoom={zoom} points={points} move={move} />}
        </div>
      </section>
      {/* The names of the leads stay where they are while the sheet is scrolled. */}
      {firsts.map((strip) => (
        <span key={strip.top} class="lead-name" style={{ "--at": strip.nameAt }}>
          {strip.label}
          {unitWords(group, strip.channel, strip.scale.perUnit)}
        </span>
      ))}
    </div>
  );
}

/** For what is no voltage: how much 10 mm are. */
function unitWords(group: Group, channel: number, perUnit: number): string {
  const told = group.channels[channel];
  return told === undefined || told.millivolts !== null
    ? ""
    : ` · ${words.documents.tenMillimetres(`${decimal(10 / perUnit, 3)} ${told.unit}`.trim())}`;
}

/** What the device measured: once each what is about the whole, and what is about moments behind a summary. */
function Measured({ annotations }: { annotations: readonly Annotation[] }) {
  const whole = annotations.filter(({ at, text }) => at === null && text !== "");
  const sentences = whole.filter(({ name }) => name === "");
  const values = whole.filter(({ name }) => name !== "");
  const moments = annotations.filter(({ at }) => at !== null);
  if (whole.length + moments.length === 0) {
    return null;
  }
  return (
    <section class="part" data-testid="measured">
      <h3>{words.documents.measured}</h3>
      <p class="quiet">{words.documents.measuredBy}</p>
      {sentences.map(({ text }, at) => (
        <p key={at} dir="auto">
          {text}
        </p>
      ))}
      {values.length > 0 && (
        <dl class="values">
          {values.map(({ name, text, unit }, at) => (
            <div key={`${at} ${name}`}>
              <dt dir="auto">{name}</dt>
              <dd dir="auto">
                {text}
                {unit === "" ? "" : unit === "°" ? unit : ` ${unit}`}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {moments.length > 0 && (
        <details>
          <summary>{words.documents.moments(moments.length)}</summary>
          <ul class="moments">
            {moments.map(({ name, text, unit, at }, place) => (
              <li key={place} dir="auto">
                {words.documents.seconds(decimal(at ?? 0, 3))} {name} {text} {unit}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
