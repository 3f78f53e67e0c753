import { useEffect, useState } from "preact/hooks";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import type { SeriesEntry } from "../source/model";
import type { Workspace } from "../viewer/workspace";
import { FileCard } from "./file-card";
import { Icon } from "./icons";
import { useAddress } from "./use-address";

interface PanelProps {
  entry: SeriesEntry;
  source: FrameSource;
  workspace: Workspace;
}

/** Phones show the first page of a PDF in a frame at best; there it gets a tab of its own. */
function showsDocumentsInFrames(): boolean {
  return navigator.pdfViewerEnabled === true && !matchMedia("(pointer: coarse)").matches;
}

/** Whatever is no series of pictures, as what it is. */
export function DocumentPanel({ entry, source, workspace }: PanelProps) {
  return entry.form === "pdf" || entry.form === undefined ? (
    <PdfPanel entry={entry} source={source} />
  ) : (
    <section class="panel" aria-label={entry.title} data-testid="document">
      <div class="document-page">
        <OpenedPart entry={entry} source={source} workspace={workspace} />
      </div>
      <p class="panel-foot">{words.notForDiagnosis}</p>
    </section>
  );
}

type Part = typeof import("./documents/index");
let fetched: Part | null = null;

/** What reads reports and draws recordings is fetched with the first of them. */
function OpenedPart(props: PanelProps) {
  const [part, setPart] = useState(fetched);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (part === null && !failed) {
      import("./documents/index").then(
        (here) => {
          fetched = here;
          setPart(here);
        },
        () => setFailed(true),
      );
    }
  }, [part, failed]);
  if (failed) {
    return (
      <div class="panel-card" role="alert">
        <p>{words.documents.unreachable}</p>
        <button type="button" onClick={() => setFailed(false)}>
          {words.tryAgain}
        </button>
      </div>
    );
  }
  return part === null ? null : <part.Opened key={`${props.entry.instance}`} {...props} />;
}

function PdfPanel({ entry, source }: Omit<PanelProps, "workspace">) {
  const instance = entry.instance ?? 0;
  const { address, failed } = useAddress(() => source.documentAddress(instance), [source, instance]);
  const title = entry.title === "" ? words.untitledReport : entry.title;
  const inFrame = showsDocumentsInFrames();
  if (failed) {
    return (
      <section class="panel" aria-label={title} data-testid="document">
        <div class="panel-card" role="alert">
          <h2 dir="auto">{title}</h2>
          <p>{words.disc.document}</p>
        </div>
      </section>
    );
  }
  return (
    <section class="panel" aria-label={title} data-testid="document">
      <div class={inFrame ? "panel-head" : "panel-card"}>
        {!inFrame && <Icon name="document" />}
        <h2 dir="auto">{title}</h2>
        {!inFrame && <p>{words.documentHint}</p>}
        <a class={inFrame ? "" : "primary"} href={address} target="_blank" rel="noopener noreferrer">
          {inFrame ? words.openDocumentNewTab : words.openDocument}
        </a>
      </div>
      {inFrame && address !== undefined && (
        <iframe class="document" src={address} title={title} referrerpolicy="no-referrer" />
      )}
      <p class="panel-foot">{words.notForDiagnosis}</p>
    </section>
  );
}

/** What has no picture says what it is. */
export function NotShownPanel({ entry, source, workspace }: PanelProps) {
  return (
    <section class="panel" data-testid="not-shown">
      <FileCard entry={entry} source={source} study={workspace.study} />
    </section>
  );
}
