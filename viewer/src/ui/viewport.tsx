import { useEffect, useRef, useState } from "preact/hooks";
import { edgeLabels } from "../geometry/orientation";
import { scaleBar } from "../geometry/view";
import { count, decimal, dicomDate, measured, percent } from "../messages/format";
import { words } from "../messages/index";
import { digitsFor, shownWindow } from "../render/window";
import { Gestures } from "../viewer/gestures";
import type { Probe } from "../viewer/probe";
import { Stage } from "../viewer/stage";
import type { Viewing } from "../viewer/viewing";
import { Measurements } from "./measurements";
import { titleOf } from "./series-list";

function valueText(probe: Probe, unit: string): string {
  const [first = 0, second, third] = probe.values;
  const value =
    second === undefined || third === undefined
      ? `${measured(first)}${unit === "" ? "" : ` ${unit}`}`
      : words.colourValue(first, second, third);
  return words.probe(probe.column, probe.row, value);
}

/** Which way is which, at the four edges. */
function Edges({ viewing }: { viewing: Viewing }) {
  const labels = edgeLabels(viewing.frame?.orientation ?? null, viewing.look.view.turn, viewing.frame?.toward ?? null);
  if (labels === null) {
    return null;
  }
  return (
    <>
      {(["left", "right", "top", "bottom"] as const).map((edge) => (
        <span key={edge} class={`edge edge-${edge}`} data-testid={`edge-${edge}`}>
          {labels[edge]}
        </span>
      ))}
    </>
  );
}

function ScaleBar({ viewing }: { viewing: Viewing }) {
  const { frame, placement, screen } = viewing;
  const spacing = frame?.spacing?.[1];
  const bar =
    spacing === undefined || placement === null ? null : scaleBar(spacing, placement, Math.min(160, screen.width / 3));
  if (bar === null) {
    return null;
  }
  const whole = bar.millimetres >= 10;
  const length = decimal(whole ? bar.millimetres / 10 : bar.millimetres, 3);
  return (
    <span class="scale">
      <span>{whole ? words.centimetres(length) : words.millimetres(length)}</span>
      <span class="scale-bar" style={{ inlineSize: `${Math.round(bar.pixels)}px` }} />
    </span>
  );
}

function trouble(viewing: Viewing): string {
  if (viewing.failure === "unreachable") {
    return words.unreachable;
  }
  if (viewing.failure === "unavailable") {
    return words.seriesFailed;
  }
  if (viewing.arriving.stalled) {
    return words.stalled;
  }
  if (viewing.arriving.previewsOnly) {
    return words.previewsOnly;
  }
  const damage = viewing.frame?.damage ?? "";
  if (damage !== "") {
    return damage;
  }
  if (viewing.hopeless) {
    return viewing.fidelity === "none" ? words.noPicture : words.previewOnlyHere;
  }
  return "";
}

function Progress({ viewing }: { viewing: Viewing }) {
  const { progress } = viewing;
  const done = progress === null || progress.total < 2 || progress.ready >= progress.total;
  return (
    <span class="progress">
      {viewing.manifest === null && viewing.failure === null
        ? words.loadingSeries
        : done
          ? ""
          : words.progress(count(progress.ready), count(progress.total))}
    </span>
  );
}

/** Tells a screen reader the picture's number once scrolling has come to rest. */
function Spoken({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span class="spoken" aria-live="polite">
      {said}
    </span>
  );
}

export function Viewport({ viewing, takesFocus = true }: { viewing: Viewing; takesFocus?: boolean }) {
  const host = useRef<HTMLElement>(null);
  const takesFocusAtFirst = useRef(takesFocus);
  useEffect(() => {
    if (host.current === null) {
      return;
    }
    const stage = new Stage(host.current, viewing);
    const gestures = new Gestures(host.current, viewing);
    if (takesFocusAtFirst.current) {
      host.current.focus({ preventScroll: true });
    }
    return () => {
      gestures.dispose();
      stage.dispose();
    };
  }, [viewing]);
  const { entry, studyEntry, manifest, probe } = viewing;
  const { range } = viewing.look;
  const title = entry === null ? "" : titleOf(entry);
  const shown = shownWindow(range, viewing.frame);
  const digits = digitsFor(range);
  const at = decimal(viewing.index + 1, 0);
  const of = decimal(viewing.count, 0);
  const problem = trouble(viewing);
  const place = [dicomDate(studyEntry?.date ?? ""), studyEntry?.title ?? ""].filter((part) => part !== "").join(" · ");
  return (
    <section
      ref={host}
      class="viewport"
      data-testid="viewport"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys work on the picture, so it takes the focus
      tabIndex={0}
      aria-label={words.viewport(title)}
    >
      <div class="overlay overlay-start">
        <span class="overlay-title" dir="auto">
          {title}
        </span>
        <span dir="auto">{place}</span>
        <Progress viewing={viewing} />
      </div>
      <span class="overlay overlay-end">{words.notForDiagnosis}</span>
      <div class="overlay overlay-bottom-start">
        <span class="probe" data-testid="probe">
          {probe === null ? "" : valueText(probe, manifest?.unit ?? "")}
        </span>
        {viewing.count > 0 && (
          <span class="slice" data-testid="slice">
            {words.slice(at, of)}
          </span>
        )}
        <span data-testid="window">{words.window(decimal(shown.center, digits), decimal(shown.width, digits))}</span>
      </div>
      <div class="overlay overlay-bottom-end">
        <ScaleBar viewing={viewing} />
        <span data-testid="zoom">{words.zoomed(percent(viewing.look.view.zoom))}</span>
      </div>
      <Edges viewing={viewing} />
      <Measurements viewing={viewing} />
      <div class={`trouble ${problem === "" ? "" : "trouble-shown"}`} role="status">
        {problem !== "" && <p data-testid="trouble">{problem}</p>}
        {(viewing.failure === "unreachable" || viewing.arriving.stalled) && (
          <button type="button" onClick={() => viewing.retry()}>
            {words.tryAgain}
          </button>
        )}
      </div>
      <Spoken text={viewing.count > 0 ? words.sliceSpoken(at, of) : ""} />
    </section>
  );
}
