import { useState } from "preact/hooks";
import { words } from "../../messages/index";
import type { DocumentSource, FrameSource } from "../../source/frame-source";
import type { SeriesEntry } from "../../source/model";
import type { Workspace } from "../../viewer/workspace";
import { FileCard } from "../file-card";
import { titleOf } from "../series-list";
import { useAddress } from "../use-address";

interface FilmProps {
  entry: SeriesEntry;
  source: FrameSource;
  documents: DocumentSource;
  workspace: Workspace;
}

/** A video with the browser's own controls; where the browser cannot play it, the file. */
export function Film({ entry, source, documents, workspace }: FilmProps) {
  const [failed, setFailed] = useState(false);
  const instance = entry.instance ?? 0;
  const media = useAddress(() => documents.mediaAddress(instance, 0), [documents, instance]);
  if (media.failed) {
    return <p role="alert">{words.disc.document}</p>;
  }
  if (failed) {
    return <FileCard entry={entry} source={source} study={workspace.study} reason={words.documents.filmFailed} />;
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: what was recorded at an examination has no captions
    <video
      class="film-player"
      data-testid="film"
      src={media.address}
      aria-label={titleOf(entry)}
      controls
      playsInline
      preload="metadata"
      disablePictureInPicture
      controlsList="nodownload noremoteplayback"
      onError={() => setFailed(true)}
    />
  );
}
