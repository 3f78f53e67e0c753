import { useEffect, useState } from "preact/hooks";
import { words } from "../../messages/index";
import { type FrameSource, SourceClosed, SourceUnreachable } from "../../source/frame-source";
import type { SeriesEntry } from "../../source/model";
import type { Workspace } from "../../viewer/workspace";
import { FileCard } from "../file-card";
import { Film } from "./film";
import { readTold, type Told } from "./model";
import { RecordingPage } from "./recording";
import { ReportPage } from "./report";

type State = { told: Told } | "fetching" | "unreachable" | "closed" | "failed";

const NO_REASON = { reason: "", stream: "" };

export interface OpenedProps {
  entry: SeriesEntry;
  source: FrameSource;
  workspace: Workspace;
}

/** One document as what it is: a page to read, a recording, a film, or a file. */
export function Opened({ entry, source, workspace }: OpenedProps) {
  const [state, setState] = useState<State>("fetching");
  const [tries, setTries] = useState(0);
  const { documents } = source;
  const instance = entry.instance ?? 0;
  useEffect(() => {
    const stop = new AbortController();
    setState("fetching");
    if (documents === undefined) {
      setState("failed");
      return;
    }
    documents
      .told(instance, stop.signal)
      .then((json) => setState({ told: readTold(json) }))
      .catch((error) => {
        if (!stop.signal.aborted) {
          setState(
            error instanceof SourceClosed ? "closed" : error instanceof SourceUnreachable ? "unreachable" : "failed",
          );
        }
      });
    return () => stop.abort();
  }, [documents, instance, tries]);
  if (state === "fetching") {
    return (
      <p class="document-wait" role="status">
        {words.documents.fetching}
      </p>
    );
  }
  if (state === "unreachable" || state === "closed") {
    return (
      <div class="panel-card" role="alert">
        <p>{state === "closed" ? words.closed : words.documents.unreachable}</p>
        {state === "unreachable" && (
          <button type="button" class="document-button" onClick={() => setTries(tries + 1)}>
            {words.tryAgain}
          </button>
        )}
      </div>
    );
  }
  if (state === "failed" || documents === undefined || state.told.kind === "file") {
    const { reason, stream } = state !== "failed" && state.told.kind === "file" ? state.told : NO_REASON;
    return <FileCard entry={entry} source={source} study={workspace.study} reason={reason} stream={stream} />;
  }
  switch (state.told.kind) {
    case "report":
      return <ReportPage report={state.told} source={source} documents={documents} workspace={workspace} />;
    case "recording":
      return <RecordingPage recording={state.told} documents={documents} instance={instance} />;
    case "video":
      return <Film entry={entry} source={source} documents={documents} workspace={workspace} />;
  }
}
