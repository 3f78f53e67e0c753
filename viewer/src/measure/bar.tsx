/** The tools for measuring, and the list of what was measured and starred. */

import { useState } from "preact/hooks";
import { words } from "../messages/index";
import { Icon, type IconName } from "../ui/icons";
import { useChanges, useFrequentChanges } from "../ui/use-changes";
import { isKind } from "../viewer/hand";
import type { Viewing } from "../viewer/viewing";
import { pictureOn } from "./drawing";
import { NotesDialog } from "./list";
import { KINDS, type Kind } from "./model";
import { notebookOf } from "./notebooks";

const ICONS: Readonly<Record<Kind, IconName>> = {
  length: "length",
  angle: "angle",
  cobb: "lines",
  ellipse: "oval",
  rectangle: "box",
  point: "point",
  arrow: "arrow",
};

interface ActProps {
  name: string;
  icon: IconName;
  label: string;
  act: () => void;
  pressed?: boolean;
  disabled?: boolean;
}

function Act({ name, icon, label, act, pressed, disabled }: ActProps) {
  return (
    <button
      type="button"
      class="tool"
      data-testid={name}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={(event) => {
        act();
        // The next key is meant for the picture.
        if (event.detail > 0) {
          event.currentTarget.blur();
        }
      }}
    >
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}

export function MeasureBar({ viewing }: { viewing: Viewing }) {
  const notebook = notebookOf(viewing);
  useFrequentChanges(viewing);
  useChanges(notebook);
  useChanges(viewing.undo);
  const [hinted, setHinted] = useState<Kind | null>(null);
  const { tool } = viewing;
  const picture = pictureOn(viewing);
  const { chosen } = notebook;
  const text = words.measuring;
  return (
    <>
      {isKind(tool) && viewing.entry?.kind === "images" && (
        <section class="measure-bar" aria-label={text.tool} data-testid="measure-bar">
          <p class="measure-hint">{text.hints[hinted ?? tool]}</p>
          <div class="measure-tools">
            {KINDS.map((kind) => (
              <span
                key={kind}
                onPointerEnter={(event) => event.pointerType === "mouse" && setHinted(kind)}
                onPointerLeave={() => setHinted(null)}
              >
                <Act
                  name={`tool-${kind}`}
                  icon={ICONS[kind]}
                  label={text.kinds[kind]}
                  pressed={tool === kind}
                  act={() => viewing.useTool(kind)}
                />
              </span>
            ))}
          </div>
          <div class="measure-tools">
            <Act
              name="measure-undo"
              icon="undo"
              label={text.undo}
              disabled={!viewing.undo.canUndo}
              act={() => viewing.undo.undo()}
            />
            {chosen?.kind === "arrow" && (
              <Act name="measure-words" icon="words" label={text.rewrite} act={() => notebook.write(chosen.id)} />
            )}
            <Act
              name="measure-remove"
              icon="remove"
              label={text.remove}
              disabled={chosen === null}
              act={() => chosen !== null && notebook.remove(chosen.id)}
            />
            <Act
              name="star"
              icon="star"
              label={text.star}
              pressed={picture !== null && notebook.isStarred(picture)}
              act={() => picture !== null && notebook.toggleStar(picture)}
            />
            <Act name="notes" icon="list" label={text.notes} act={() => notebook.open(true)} />
          </div>
        </section>
      )}
      {notebook.listed && <NotesDialog viewing={viewing} notebook={notebook} />}
    </>
  );
}
