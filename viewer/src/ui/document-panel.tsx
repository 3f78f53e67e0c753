import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import type { SeriesEntry } from "../source/model";
import { Icon } from "./icons";

/** Phones show the first page of a PDF in a frame at best; there it gets a tab of its own. */
function showsDocumentsInFrames(): boolean {
  return navigator.pdfViewerEnabled === true && !matchMedia("(pointer: coarse)").matches;
}

export function DocumentPanel({ entry, source }: { entry: SeriesEntry; source: FrameSource }) {
  const address = source.documentAddress(entry.instance ?? 0);
  const title = entry.title === "" ? words.untitledReport : entry.title;
  const inFrame = showsDocumentsInFrames();
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
      {inFrame && <iframe class="document" src={address} title={title} referrerpolicy="no-referrer" />}
    </section>
  );
}

/** What has no picture says what it is. */
export function NotShownPanel({ entry }: { entry: SeriesEntry }) {
  return (
    <section class="panel" data-testid="not-shown">
      <div class="panel-card">
        <Icon name="unknown" />
        <h2 dir="auto">{entry.title === "" ? words.cannotShow : entry.title}</h2>
        <p>{entry.note === "" ? words.seriesFailed : entry.note}</p>
      </div>
    </section>
  );
}
