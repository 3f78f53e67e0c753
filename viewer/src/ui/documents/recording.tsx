/** An ECG or another recording: its curves, or its sound where it is sound, and what was measured. */

import { useState } from "preact/hooks";
import { decimal, dicomDate } from "../../messages/format";
import { words } from "../../messages/index";
import type { DocumentSource } from "../../source/frame-source";
import { useAddress } from "../use-address";
import { Curves } from "./curves";
import type { Annotation, Recording } from "./model";
import { PageTools, PaperHead, usePrintable } from "./report";

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
  const media = useAddress(() => documents.mediaAddress(instance, at), [documents, instance, at]);
  return failed || media.failed ? (
    <p role="alert">{media.failed ? words.disc.document : words.documents.soundFailed}</p>
  ) : (
    // biome-ignore lint/a11y/useMediaCaption: what was recorded at an examination has no captions
    <audio
      class="sound"
      data-testid="sound"
      src={media.address}
      controls
      preload="metadata"
      controlsList="nodownload"
      onError={() => setFailed(true)}
    />
  );
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
