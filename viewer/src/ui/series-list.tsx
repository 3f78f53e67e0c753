import { useEffect, useRef, useState } from "preact/hooks";
import { dicomDate } from "../messages/format";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import type { SeriesEntry, StudyEntry } from "../source/model";
import { isSame } from "../viewer/viewing";
import type { Workspace } from "../viewer/workspace";
import { Icon } from "./icons";

/** "Scan of 1 November 2026" for the newest, "Earlier scan, 3 March 2024" for those before it. */
function heading(study: StudyEntry, newest: StudyEntry | undefined): string {
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
  return entry.kind === "document"
    ? titleOf(entry) === words.report
      ? ""
      : words.report
    : entry.kind === "other"
      ? words.cannotShow
      : words.pictures(entry.count);
}

function Thumbnail({ entry, source }: { entry: SeriesEntry; source: FrameSource }) {
  const [failed, setFailed] = useState(false);
  if (entry.kind !== "images" || !entry.thumbnail || failed) {
    return (
      <span class="thumbnail">
        <Icon name={entry.kind === "document" ? "document" : "unknown"} />
      </span>
    );
  }
  return (
    <span class="thumbnail">
      <img
        src={source.thumbnailAddress(entry.id)}
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

export function SeriesList({ workspace, source }: { workspace: Workspace; source: FrameSource }) {
  const { studies } = workspace.study;
  const list = useRef<HTMLDivElement>(null);
  const chosen = workspace.active.entry;
  // A series reached by keys may lie below the list's edge, and the list must tell which one is shown.
  useEffect(() => {
    list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);
  return (
    <div class="studies" ref={list}>
      {studies.map((study) => (
        <section key={study.id} class="study">
          <div class="study-head">
            <h2 dir="auto">{heading(study, studies[0])}</h2>
            {study.title !== "" && <p dir="auto">{study.title}</p>}
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
