/** Measurements drawn over a cell's picture: lines, handles and words, light with a dark rim, so that they are read on any grey. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Placement, toScreen } from "../geometry/view";
import { words } from "../messages/index";
import type { Frame } from "../source/model";
import { useChanges, useFrequentChanges } from "../ui/use-changes";
import { isKind } from "../viewer/hand";
import type { Viewing } from "../viewer/viewing";
import { DrawingHand, pictureOn } from "./drawing";
import { LONGEST_TEXT } from "./keeping";
import { type Box, layLabels } from "./labels";
import { Loupe } from "./loupe";
import { handles, type Measurement, POINTS } from "./model";
import type { Notebook } from "./notebook";
import { notebookOf } from "./notebooks";
import { resultOf, type Said } from "./results";
import { type Stroke, strokesOf } from "./strokes";
import { LINE_HEIGHT, sizeOfWords } from "./type";

interface Drawn {
  measurement: Measurement;
  strokes: Stroke[];
  said: Said;
  words: readonly string[];
}

const results = new WeakMap<Measurement, { frame: Frame; pixels: unknown; said: Said }>();

/** Worked out once for a measurement and a picture: thousands of pixels need not be summed on every redrawing. */
function remembered(measurement: Measurement, viewing: Viewing, frame: Frame): Said {
  const pixels = viewing.picture?.pixels ?? null;
  const known = results.get(measurement);
  if (known?.frame === frame && known.pixels === pixels) {
    return known.said;
  }
  const said = resultOf(measurement, frame, viewing.manifest?.unit ?? "", pixels);
  results.set(measurement, { frame, pixels, said });
  return said;
}

export function drawnOn(viewing: Viewing, all: readonly Measurement[], placement: Placement): Drawn[] {
  const { frame } = viewing;
  return frame === null
    ? []
    : all.map((measurement) => {
        const said = remembered(measurement, viewing, frame);
        const more = said.waiting ? [words.measuring.waiting] : [];
        return { measurement, strokes: strokesOf(measurement, placement), said, words: [...said.lines, ...more] };
      });
}

const path = ({ points, closed }: Stroke) =>
  points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") + (closed ? "Z" : "");

function Lines({ strokes }: { strokes: readonly Stroke[] }) {
  return (
    <>
      {(["rim", "line"] as const).map((part) =>
        strokes.map((stroke, at) => (
          <path key={`${part}${at}`} class={`mark-${part} ${stroke.faint ? "mark-faint" : ""}`} d={path(stroke)} />
        )),
      )}
    </>
  );
}

function Label({ box, lines }: { box: Box; lines: readonly string[] }) {
  return (
    <g class="mark-label" data-testid="mark-label">
      <rect x={box.x} y={box.y} width={box.width} height={box.height} rx="4" />
      {lines.map((line, at) => (
        <text key={line} x={box.x + 6} y={box.y + 3 + LINE_HEIGHT * (at + 0.75)}>
          {line}
        </text>
      ))}
    </g>
  );
}

/** The words of an arrow are written where they will stand. */
function Writing({ notebook, at }: { notebook: Notebook; at: { x: number; y: number } }) {
  const field = useRef<HTMLInputElement>(null);
  const id = notebook.writing;
  const before = notebook.find(id)?.text ?? "";
  // At once: whoever goes on typing means the words, not the viewer's keys.
  useLayoutEffect(() => {
    if (field.current !== null) {
      // Set once: pictures that arrive meanwhile draw this anew, and must not take the words back.
      field.current.value = before;
      field.current.focus();
    }
  }, []);
  const done = (keep: boolean) => {
    const text = (field.current?.value ?? "").trim().slice(0, LONGEST_TEXT);
    if (keep && id !== null && text !== before) {
      notebook.change(id, { text });
    }
    if (notebook.writing === id) {
      notebook.write(null);
    }
  };
  return (
    <input
      ref={field}
      class="mark-writing"
      data-testid="mark-writing"
      dir="auto"
      type="text"
      maxLength={LONGEST_TEXT}
      aria-label={words.measuring.arrowWords}
      placeholder={words.measuring.arrowWords}
      style={{ left: `${at.x}px`, top: `${at.y}px` }}
      onBlur={() => done(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter" || event.key === "Escape") {
          done(event.key === "Enter");
          event.currentTarget.closest<HTMLElement>(".viewport")?.focus({ preventScroll: true });
        }
      }}
    />
  );
}

/** Says a result aloud once it has come to rest. */
function Spoken({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span class="spoken" aria-live="polite" data-testid="mark-spoken">
      {said}
    </span>
  );
}

export function MeasureLayer({ viewing }: { viewing: Viewing }) {
  const notebook = notebookOf(viewing);
  const hand = useMemo(() => new DrawingHand(viewing, notebook), [viewing, notebook]);
  useLayoutEffect(() => {
    viewing.hand = hand;
    return () => {
      // A cell that was laid out anew has another hand already.
      if (viewing.hand === hand) {
        viewing.hand = null;
      }
      hand.dispose();
    };
  }, [viewing, hand]);
  useFrequentChanges(viewing);
  useChanges(hand);
  useChanges(notebook);
  const { placement, frame, screen, tool } = viewing;
  const drawing = isKind(tool);
  const { draft } = hand;
  const picture = pictureOn(viewing);
  const shown = hand.shown;
  const unfinished: Measurement | null =
    draft === null ? null : { id: "draft", kind: draft.kind, on: draft.on, points: draft.points, text: "" };
  const drawn = placement === null ? [] : drawnOn(viewing, unfinished ? [...shown, unfinished] : shown, placement);
  const waiting = drawn.some(({ said }) => said.waiting);
  useEffect(() => {
    for (const { measurement, said } of drawn) {
      if (!said.waiting && measurement !== unfinished && hand.grip === null) {
        notebook.note(measurement.id, said.lines, said.values);
      }
    }
  });
  if (placement === null || frame === null || picture === null) {
    return null;
  }
  const worded = drawn.filter((one) => one.words.length > 0 && one.measurement.id !== notebook.writing);
  const boxes = layLabels(
    worded.map((one) => ({ strokes: one.strokes, ...sizeOfWords(one.words) })),
    screen,
  );
  const chosen = drawn.find(({ measurement }) => measurement.id === notebook.selected);
  const written = notebook.on(picture).find((one) => one.id === notebook.writing);
  const tail = written?.points[1];
  const cross = drawing ? hand.cross : null;
  return (
    <>
      <svg class="marks" data-testid="marks" data-waiting={waiting} aria-hidden="true">
        {drawn.map(({ measurement, strokes }) => (
          <g
            key={measurement.id}
            class={measurement.id === notebook.selected ? "mark mark-chosen" : "mark"}
            data-testid={`mark-${measurement.kind}`}
          >
            <Lines strokes={strokes} />
            {drawing &&
              (measurement.id === notebook.selected || measurement === unfinished) &&
              POINTS[measurement.kind] > 1 &&
              handles(measurement).map((handle, at) => {
                const { x, y } = toScreen(handle, placement);
                return <circle key={`${at}`} class="mark-handle" cx={x} cy={y} r="6" />;
              })}
          </g>
        ))}
        {worded.map(({ measurement, words: lines }, at) => {
          const box = boxes[at];
          return box === undefined ? null : <Label key={measurement.id} box={box} lines={lines} />;
        })}
        {cross !== null && (
          <g class="mark-cross" data-testid="mark-cross">
            {(["rim", "line"] as const).map((part) => (
              <path
                key={part}
                class={`mark-${part}`}
                d={`M${cross.x - 16} ${cross.y}h12m8 0h12M${cross.x} ${cross.y - 16}v12m0 8v12`}
              />
            ))}
          </g>
        )}
      </svg>
      {notebook.isStarred(picture) && (
        <span class="star-mark" data-testid="star-mark">
          ★ {words.measuring.starred}
        </span>
      )}
      {hand.under !== null && <Loupe viewing={viewing} at={hand.under} />}
      {tail !== undefined && <Writing key={written?.id} notebook={notebook} at={toScreen(tail, placement)} />}
      <Spoken
        text={chosen === undefined ? "" : [words.measuring.kinds[chosen.measurement.kind], ...chosen.words].join(": ")}
      />
    </>
  );
}
