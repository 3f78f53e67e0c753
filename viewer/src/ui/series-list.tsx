import { useEffect, useRef, useState } from "preact/hooks";
import { dicomDate, personName } from "../messages/format";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import type { SeriesEntry, StudyEntry } from "../source/model";
import { differentPatients, isSamePatient } from "../viewer/patients";
import { isSame } from "../viewer/viewing";
import type { Workspace } from "../viewer/workspace";
import { dragged } from "./dragging";
import { Icon, type IconName } from "./icons";
import { useAddress } from "./use-address";

/** "Scan of 1 November 2026" for the newest, "Earlier scan, 3 March 2024" for those before it. */
export function heading(study: StudyEntry, newest: StudyEntry | undefined): string {
  const date = dicomDate(study.date);
  if (study === newest || (newest !== undefined && study.date === newest.date)) {
    return date === "" ? words.scan : words.scanOf(date);
  }
  return date === "" ? words.earlierScanUndated : words.earlierScan(date);
}

export function titleOf(entry: SeriesEntry): string {
  return entry.title !== ""
    ? entry.title
    : entry.kind === "document"
      ? words.untitledReport
      : words.untitled(entry.modality);
}

/** The second line under a title; empty where it would only say the first one again. */
function whatIsInIt(entry: SeriesEntry): string {
  if (entry.kind === "images") {
    return words.pictures(entry.count);
  }
  const what = entry.name || (entry.kind === "document" ? words.report : words.cannotShow);
  return titleOf(entry) === what ? "" : what;
}

function iconOf({ kind, form }: SeriesEntry): IconName {
  if (form === "recording") {
    return "wave";
  }
  return form === "video" ? "film" : form === "file" ? "unknown" : kind === "document" ? "document" : "unknown";
}

function Thumbnail({ entry, source }: { entry: SeriesEntry; source: FrameSource }) {
  const [failed, setFailed] = useState(false);
  const shown = entry.kind === "images" && entry.thumbnail;
  const thumbnail = useAddress(() => (shown ? source.thumbnailAddress(entry.id) : null), [source, shown, entry.id]);
  if (failed || thumbnail.failed) {
    return (
      <span class="thumbnail">
        <Icon name={iconOf(entry)} />
      </span>
    );
  }
  return (
    <span class="thumbnail">
      <img
        src={thumbnail.address}
        alt=""
        width={72}
        height={72}
        loading="lazy"
        decoding="async"
        draggable={false}
        onError={() => setFailed(true)}
      />
    </span>
  );
}

/** In which cells a series is shown. */
function Places({ workspace, entry }: { workspace: Workspace; entry: SeriesEntry }) {
  const numbers = workspace.cells.flatMap((cell, at) => (isSame(cell.entry, entry) ? [at + 1] : []));
  return numbers.length === 0 ? null : (
    <span class="series-places">
      {numbers.map((number) => (
        <span key={number} class="cell-number">
          {number}
        </span>
      ))}
    </span>
  );
}

/** Puts what is on the screen beside the same pictures of this scan. */
function CompareButton({ workspace, study, upright }: { workspace: Workspace; study: StudyEntry; upright: boolean }) {
  const comparison = workspace.comparison(upright, study);
  return comparison === null || workspace.hung === "compared" ? null : (
    <button
      type="button"
      class="study-compare"
      data-testid={`compare-${study.id}`}
      onClick={() => workspace.hangUp(comparison)}
    >
      <Icon name="compare" />
      <span>{words.compare}</span>
    </button>
  );
}

interface ListProps {
  workspace: Workspace;
  source: FrameSource;
  /** Two pictures lie one above the other here. */
  upright: boolean;
}

export function SeriesList({ workspace, source, upright }: ListProps) {
  const { studies } = workspace.study;
  // Of several people, each scan says whose it is, and only those of one person are earlier and later than others.
  const patients = studies.map((study) => study.patient ?? workspace.study.patient);
  const several = differentPatients(patients).length > 1;
  const newest = (at: number) => studies[patients.findIndex((one) => isSamePatient(one, patients[at] ?? one))];
  const list = useRef<HTMLDivElement>(null);
  const chosen = workspace.active.entry;
  // A series reached by keys may lie below the list's edge, and the list must tell which one is shown.
  useEffect(() => {
    list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);
  return (
    <div class="studies" ref={list}>
      {studies.map((study, at) => (
        <section key={study.id} class="study">
          <div class="study-head">
            {several && (
              <p class="study-whose" dir="auto" data-testid={`whose-${study.id}`}>
                {personName(patients[at]?.name ?? "") || words.nameMissing}
              </p>
            )}
            <h2 dir="auto">{heading(study, newest(at))}</h2>
            {study.title !== "" && <p dir="auto">{study.title}</p>}
            <CompareButton workspace={workspace} study={study} upright={upright} />
          </div>
          <ul>
            {study.series.map((entry) => (
              <li key={`${entry.id} ${entry.kind} ${entry.instance ?? ""}`}>
                <button
                  type="button"
                  class="series"
                  data-testid={`series-${entry.id}`}
                  aria-current={isSame(entry, chosen)}
                  title={titleOf(entry)}
                  draggable
                  onDragStart={(event) => {
                    dragged.entry = entry;
                    event.dataTransfer?.setData("text/plain", titleOf(entry));
                  }}
                  onDragEnd={() => {
                    dragged.entry = null;
                  }}
                  onClick={() => workspace.choose(entry)}
                >
                  <Thumbnail entry={entry} source={source} />
                  <span class="series-words">
                    <span class="series-title" dir="auto">
                      {titleOf(entry)}
                    </span>
                    <span class="series-count" dir="auto">
                      {whatIsInIt(entry)}
                    </span>
                    {workspace.cells.length > 1 && <Places workspace={workspace} entry={entry} />}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
