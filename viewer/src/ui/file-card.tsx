/** What has no picture and no page: what it is, what it is for, and the file for whoever can open it. */

import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import type { SeriesEntry, StudyManifest } from "../source/model";
import { Originals } from "./disc";
import { Icon } from "./icons";
import { useAddress } from "./use-address";

interface FileCardProps {
  entry: SeriesEntry;
  source: FrameSource;
  study: StudyManifest;
  /** Why it is not shown, where there is more to say than that it is no picture. */
  reason?: string;
  /** How a file with nothing but its video in it ends, where there is one that browsers do not play. */
  stream?: string;
}

interface FileLinkProps {
  source: FrameSource;
  file: number;
  first: boolean;
  label: string;
}

function FileLink({ source, file, first, label }: FileLinkProps) {
  const { address } = useAddress(() => source.documents?.originalAddress(file) ?? null, [source, file]);
  return address === undefined ? null : (
    <a class={first ? "primary" : ""} href={address} download data-testid="file">
      {label}
    </a>
  );
}

const MOST_LISTED = 12;

export function FileCard({ entry, source, study, reason = "", stream = "" }: FileCardProps) {
  const { documents } = words;
  const name = entry.name || entry.title || words.cannotShow;
  const files = entry.files ?? (entry.instance === null ? [] : [entry.instance]);
  const listed = files.length > MOST_LISTED || entry.count > files.length ? [] : files;
  const whole = source.downloadAddress();
  const said = [entry.note || (reason === "" ? words.seriesFailed : ""), reason].filter((part) => part !== "");
  return (
    <div class="panel-card" data-testid="file-card">
      <Icon name={entry.kind === "document" ? "document" : "unknown"} />
      <h2 dir="auto">{name}</h2>
      {entry.title !== "" && entry.title !== name && <p dir="auto">{entry.title}</p>}
      {said.map((sentence) => (
        <p key={sentence} dir="auto">
          {sentence}
        </p>
      ))}
      {!study.mayDownload || source.documents === undefined ? (
        <p data-testid="ask-for-file">{study.from === "" ? documents.askSomebody : documents.ask(study.from)}</p>
      ) : source.disc?.isSealed ? (
        <Originals disc={source.disc} />
      ) : listed.length === 0 ? (
        <>
          <p>{documents.inDownload}</p>
          {whole !== null && (
            <a class="primary" href={whole} download>
              {words.downloadShort}
            </a>
          )}
        </>
      ) : (
        <>
          {stream !== "" && source.disc === undefined ? (
            <a
              class="primary"
              href={`${source.documents.mediaAddress(files[0] ?? 0, 0)}`}
              download={`video.${stream}`}
              data-testid="stream"
            >
              {documents.stream}
            </a>
          ) : (
            <p>{documents.offered}</p>
          )}
          {listed.map((file, at) => (
            <FileLink
              key={file}
              source={source}
              file={file}
              first={at === 0 && stream === ""}
              label={listed.length === 1 ? documents.file : documents.fileNumber(at + 1)}
            />
          ))}
        </>
      )}
    </div>
  );
}
