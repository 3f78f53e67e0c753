/** Everything starred and measured in this study, the way back to each, and taking the picture along. */

import { useState } from "preact/hooks";
import { decimal } from "../messages/format";
import { words } from "../messages/index";
import { Dialog } from "../ui/dialogs";
import { Icon } from "../ui/icons";
import { titleOf } from "../ui/series-list";
import { useChanges } from "../ui/use-changes";
import { threeSides } from "../viewer/three-sides";
import type { Viewing } from "../viewer/viewing";
import type { PictureName } from "./model";
import type { Notebook } from "./notebook";
import { makePng } from "./png";
import { bodyOf, send } from "./sending";

/** Opens the series of a picture and goes to it. */
async function goTo(viewing: Viewing, picture: PictureName): Promise<void> {
  const cell = threeSides.cellFor(picture.series, viewing);
  const entry = cell?.entries.find((one) => one.kind === "images" && one.id === picture.series);
  if (cell === null || entry === undefined) {
    return;
  }
  await cell.choose(entry);
  const at = placeOf(cell, picture);
  if (at !== null) {
    cell.goTo(at);
  }
}

/** The place of a picture in the series that is open; null when it lies in another. */
function placeOf(viewing: Viewing, { instance, frame }: PictureName): number | null {
  const at = viewing.manifest?.frames.findIndex((one) => one.i === instance && one.n === frame) ?? -1;
  return at < 0 ? null : at;
}

function where(viewing: Viewing, picture: PictureName): string {
  const entry = viewing.entries.find((one) => one.id === picture.series);
  const title = entry !== undefined ? titleOf(entry) : picture.series < 0 ? words.sides.title : "";
  const at = placeOf(viewing, picture);
  return at === null ? title : words.measuring.where(title, decimal(at + 1, 0));
}

function saveAs(blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = address;
  // Names of files tell nothing of anybody.
  anchor.download = "picture.png";
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function Taking({ viewing, notebook }: { viewing: Viewing; notebook: Notebook }) {
  const [withName, setWithName] = useState(false);
  const [said, setSaid] = useState("");
  const text = words.measuring;
  const ready = viewing.fidelity === "full" || viewing.hopeless;
  const save = async () => {
    const made = await makePng(viewing, notebook, withName);
    if (made !== null) {
      saveAs(made.blob);
    }
    setSaid(made === null ? text.notSaved : text.saved);
  };
  const copy = async () => {
    // Safari wants to be handed the promise while the click is fresh.
    const blob = makePng(viewing, notebook, withName).then((made) => made?.blob ?? Promise.reject(new Error("none")));
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
      setSaid(text.copied);
    } catch {
      setSaid(text.notCopied);
    }
  };
  return (
    <div class="taking">
      <label>
        <input
          type="checkbox"
          data-testid="with-name"
          checked={withName}
          onChange={(event) => setWithName(event.currentTarget.checked)}
        />
        <span>{text.withName}</span>
      </label>
      <div class="taking-ways">
        <button type="button" data-testid="save-picture" disabled={!ready} onClick={() => void save()}>
          <Icon name="download" />
          <span>{text.save}</span>
        </button>
        <button type="button" data-testid="copy-picture" disabled={!ready} onClick={() => void copy()}>
          <Icon name="copy" />
          <span>{text.copy}</span>
        </button>
      </div>
      <p role="status" data-testid="taking-said">
        {said}
      </p>
    </div>
  );
}

const bodyOfAll = ({ measurements, stars, lines, values }: Notebook) => bodyOf(measurements, stars, lines, values);

/** Where the notes are, as it is. */
function whereKept(notebook: Notebook): string {
  const { keptHere, keptBoth, keptBefore } = words.measuring;
  return notebook.sent === null ? keptHere : notebook.sent === bodyOfAll(notebook) ? keptBoth : keptBefore;
}

/** For links whose holder may: what was drawn and starred goes to where the pictures are. */
function Keeping({ notebook }: { notebook: Notebook }) {
  const [state, setState] = useState<"ready" | "keeping" | "failed">("ready");
  const text = words.measuring;
  const body = bodyOfAll(notebook);
  const kept = notebook.sent === body;
  const keep = async () => {
    setState("keeping");
    const done = await send(location.pathname, body);
    if (done) {
      notebook.keptAs(body);
    }
    setState(done ? "ready" : "failed");
  };
  return (
    <div class="taking">
      <p>{text.keepHint}</p>
      <div class="taking-ways">
        <button
          type="button"
          data-testid="keep-notes"
          disabled={kept || state === "keeping"}
          onClick={() => void keep()}
        >
          <Icon name="star" />
          <span>{state === "keeping" ? text.keeping : text.keep}</span>
        </button>
      </div>
      <p role="status" data-testid="keep-said">
        {kept ? text.kept : state === "failed" ? text.notKept : ""}
      </p>
    </div>
  );
}

export function NotesDialog({ viewing, notebook }: { viewing: Viewing; notebook: Notebook }) {
  useChanges(notebook);
  const text = words.measuring;
  const close = () => notebook.open(false);
  const go = (picture: PictureName, id: string | null) => {
    close();
    void goTo(viewing, picture).then(() => notebook.select(id));
  };
  const { stars, measurements } = notebook;
  return (
    <Dialog title={text.notesTitle} close={close}>
      <div class="notes" data-testid="notes-dialog">
        {stars.length + measurements.length === 0 && <p>{text.noNotes}</p>}
        {stars.length > 0 && (
          <section>
            <h3>{text.stars}</h3>
            <ul>
              {stars.map((picture) => (
                <li key={`${picture.instance} ${picture.frame}`}>
                  <button type="button" class="note" data-testid="note-star" onClick={() => go(picture, null)}>
                    <span class="note-what">★</span>
                    <span dir="auto">{where(viewing, picture)}</span>
                  </button>
                  <button type="button" class="note-remove" onClick={() => notebook.toggleStar(picture)}>
                    {text.remove}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {measurements.length > 0 && (
          <section>
            <h3>{text.all}</h3>
            <ul>
              {measurements.map((one) => (
                <li key={one.id}>
                  <button type="button" class="note" data-testid="note-measurement" onClick={() => go(one.on, one.id)}>
                    <span class="note-what" dir="auto">
                      {[text.kinds[one.kind], (notebook.lines.get(one.id) ?? []).join(" · ")]
                        .filter((part) => part !== "")
                        .join(": ")}
                    </span>
                    <span dir="auto">{where(viewing, one.on)}</span>
                  </button>
                  <button type="button" class="note-remove" onClick={() => notebook.remove(one.id)}>
                    {text.remove}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {viewing.study.mayAnnotate && stars.length + measurements.length > 0 && <Keeping notebook={notebook} />}
        {viewing.frame !== null && <Taking viewing={viewing} notebook={notebook} />}
        <p class="notes-kept" data-testid="notes-where">
          {whereKept(notebook)}
        </p>
      </div>
    </Dialog>
  );
}
