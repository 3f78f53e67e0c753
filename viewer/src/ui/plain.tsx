/** The simple view's own controls: few, large, and in words that everybody knows. */

import { useEffect, useRef, useState } from "preact/hooks";
import { type Explanations, fetchExplanations } from "../messages/explain/index";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import { type SeriesEntry, shareAddress } from "../source/model";
import { threeSides } from "../viewer/three-sides";
import { viewChoice } from "../viewer/view-choice";
import type { Viewing } from "../viewer/viewing";
import type { Workspace } from "../viewer/workspace";
import { Dialog } from "./dialogs";
import { Icon, type IconName } from "./icons";

/** How far one tap changes brightness, in the pixels of a drag. */
const BRIGHTER = 20;

/** From one view to the other. The simple one shows one picture. */
export function ViewSwitch({ workspace, plain }: { workspace: Workspace; plain: boolean }) {
  const change = () => {
    if (!plain) {
      if (threeSides.over(workspace) !== null) {
        threeSides.close();
      }
      workspace.setLayout("1x1");
      workspace.active.useTool("scroll");
    }
    viewChoice.choose(plain ? "clinical" : "plain");
  };
  return (
    <button type="button" class="screen-tool view-switch" data-testid="view-switch" onClick={change}>
      <Icon name={plain ? "clinical" : "plain"} />
      <span>{plain ? words.toClinical : words.toPlain}</span>
    </button>
  );
}

interface ToolProps {
  name: string;
  icon: IconName;
  label: string;
  act: () => void;
  wide?: boolean;
  /** Whether it is on, where it can be. */
  on?: boolean;
}

function PlainTool({ name, icon, label, act, wide = false, on }: ToolProps) {
  return (
    <button
      type="button"
      class="plain-tool"
      data-testid={`plain-${name}`}
      data-wide={wide}
      aria-pressed={on}
      onClick={act}
    >
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}

interface PlainProps {
  workspace: Workspace;
  source: FrameSource;
  more: () => void;
}

/** What somebody marked on these pictures, as states and reports have it; off until asked for. */
function MarksTool({ viewing }: { viewing: Viewing }) {
  const [state] = viewing.states;
  if (state === undefined && viewing.presented.marksOn(viewing.frame).length === 0) {
    return null;
  }
  const presented = viewing.look.contrast.kind === "presented";
  const on = presented || viewing.presented.marksWanted;
  const toggle = () => {
    viewing.presented.wantMarks(!on);
    if (on && presented) {
      viewing.look.reset();
    } else if (!on && state !== undefined) {
      viewing.look.present(state);
    }
  };
  return <PlainTool name="marks" icon="drawings" label={words.plain.marks} on={on} act={toggle} />;
}

export function PlainTools({ workspace, source, more }: PlainProps) {
  const [asked, setAsked] = useState(false);
  const viewing = workspace.active;
  const { entry } = viewing;
  // Where reading a report leads back to.
  const pictures = useRef<SeriesEntry | null>(null);
  if (entry?.kind === "images") {
    pictures.current = entry;
  }
  const report = workspace.entries.find(({ kind }) => kind === "document");
  const back = pictures.current ?? workspace.entries.find(({ kind }) => kind === "images");
  const { plain } = words;
  const download = workspace.study.mayDownload && source.disc === undefined ? source.downloadAddress() : null;
  return (
    <section class="toolbar plain-tools" aria-label={plain.tools}>
      {entry?.kind === "images" ? (
        <>
          <PlainTool
            name="darker"
            icon="darker"
            label={plain.darker}
            act={() => viewing.look.adjustContrast(0, -BRIGHTER)}
          />
          <PlainTool
            name="brighter"
            icon="brighter"
            label={plain.brighter}
            act={() => viewing.look.adjustContrast(0, BRIGHTER)}
          />
          <PlainTool name="smaller" icon="smaller" label={plain.smaller} act={() => viewing.look.zoom(0.8)} />
          <PlainTool name="bigger" icon="zoom" label={plain.bigger} act={() => viewing.look.zoom(1.25)} />
          <PlainTool name="what" icon="keys" label={plain.what} wide act={() => setAsked(true)} />
          <PlainTool name="reset" icon="reset" label={plain.asItCame} act={() => viewing.look.reset()} />
          <MarksTool viewing={viewing} />
        </>
      ) : (
        back !== undefined && (
          <PlainTool name="back" icon="sides" label={words.backToPictures} wide act={() => workspace.choose(back)} />
        )
      )}
      {report !== undefined && entry?.kind !== "document" && (
        <PlainTool name="report" icon="document" label={plain.report} act={() => workspace.choose(report)} />
      )}
      {workspace.study.mine && (
        <a class="plain-tool" data-testid="plain-share" href={shareAddress(workspace.study)}>
          <Icon name="share" />
          <span>{words.door.share}</span>
        </a>
      )}
      {download !== null && (
        <a class="plain-tool" data-testid="plain-download" href={download} download>
          <Icon name="download" />
          <span>{words.downloadShort}</span>
        </a>
      )}
      <PlainTool name="more" icon="more" label={words.more} act={more} />
      {asked && <WhatDialog entry={entry} close={() => setAsked(false)} />}
    </section>
  );
}

/** By what kind of machine a series was taken, as people call it. */
export function kindOf(modality: string): keyof Explanations["kinds"] {
  switch (modality) {
    case "CT":
    case "MR":
    case "US":
    case "MG":
    case "NM":
    case "PT":
      return modality;
    case "CR":
    case "DX":
    case "RG":
    case "IO":
    case "PX":
      return "DX";
    case "XA":
    case "RF":
      return "XA";
    default:
      return "other";
  }
}

function WhatDialog({ entry, close }: { entry: SeriesEntry | null; close: () => void }) {
  const [explained, setExplained] = useState<Explanations | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let wanted = true;
    fetchExplanations().then(
      (here) => wanted && setExplained(here),
      () => wanted && setFailed(true),
    );
    return () => {
      wanted = false;
    };
  }, []);
  return (
    <Dialog title={words.plain.what} close={close}>
      <div class="what" data-testid="what" aria-busy={explained === null && !failed}>
        {failed && <p role="alert">{words.plain.failed}</p>}
        {explained !== null && entry !== null && <Explained explained={explained} entry={entry} />}
      </div>
    </Dialog>
  );
}

function Explained({ explained, entry }: { explained: Explanations; entry: SeriesEntry }) {
  const kind = explained.kinds[kindOf(entry.modality)];
  const { plane } = entry.hanging;
  return (
    <>
      <h3>{kind.name}</h3>
      <p>{kind.text}</p>
      {plane !== "" && <p>{explained.planes[plane]}</p>}
      {entry.count > 1 && <p>{explained.many}</p>}
      <p>{explained.sides}</p>
      <p>
        <strong>{explained.judging}</strong>
      </p>
      <h3>{explained.glossaryTitle}</h3>
      <dl class="glossary">
        {explained.glossary.map(([word, meaning]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
