/** What is different where the pictures lie beside the page: what to do when they do not, and taking them along. */

import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "../messages/format";
import { words } from "../messages/index";
import type { Disc, Refusal, Saving } from "../source/frame-source";
import { Dialog } from "./dialogs";
import { OtherDiscButton } from "./folder";
import { Icon } from "./icons";
import { LanguageField } from "./language";
import { Page } from "./page";

/** Says what is wrong, and what to do about it, the likeliest first. */
interface RefusedProps {
  why: Refusal;
  again: () => void;
  openOther: (() => void) | undefined;
}

export function RefusedPage({ why, again, openOther }: RefusedProps) {
  const { title, steps } = words.disc.refusals[why];
  return (
    <Page>
      <h1 data-testid="refused">{title}</h1>
      <ul class="steps">
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ul>
      <button type="button" class="primary" onClick={again}>
        {words.tryAgain}
      </button>
      {openOther !== undefined && <OtherDiscButton open={openOther} />}
      <footer class="page-foot">
        <LanguageField />
      </footer>
    </Page>
  );
}

/** Where the original pictures are; of what is sealed, how to get at them. */
export function Originals({ disc }: { disc: Disc }) {
  const [open, setOpen] = useState(false);
  if (!disc.isSealed) {
    return <p data-testid="originals">{words.disc.originals}</p>;
  }
  return (
    <>
      <button type="button" class="download" data-testid="save-pictures" onClick={() => setOpen(true)}>
        <Icon name="download" />
        <span>{words.disc.save}</span>
      </button>
      {open && <SaveDialog saving={disc.saving} close={() => setOpen(false)} />}
    </>
  );
}

type State =
  | { phase: "choosing" }
  | { phase: "saving"; done: number }
  | { phase: "saved"; unreadable: readonly string[] }
  | { phase: "failed" };

const MOST_NAMED = 8;

function SaveDialog({ saving, close }: { saving: Saving; close: () => void }) {
  const [state, setState] = useState<State>({ phase: "choosing" });
  const stopping = useRef(new AbortController());
  const { files } = saving.amount;
  useEffect(() => () => stopping.current.abort(), []);
  const save = async (into: "folder" | "zip") => {
    const control = new AbortController();
    stopping.current = control;
    try {
      const { unreadable } = await saving.save(into, (done) => setState({ phase: "saving", done }), control.signal);
      setState({ phase: "saved", unreadable });
    } catch (error) {
      // Called off by the button, or by closing the browser's own dialog.
      const calledOff = control.signal.aborted || (error instanceof DOMException && error.name === "AbortError");
      setState({ phase: calledOff ? "choosing" : "failed" });
    }
  };
  return (
    <Dialog title={words.disc.save} close={close}>
      <div class="saving" data-testid="saving" data-phase={state.phase}>
        {state.phase === "saving" ? (
          <>
            <progress max={files} value={state.done} aria-label={words.disc.save} />
            <p role="status">{words.disc.saving(count(state.done), count(files))}</p>
            <button type="button" onClick={() => stopping.current.abort()}>
              {words.disc.stop}
            </button>
          </>
        ) : (
          <>
            {state.phase === "choosing" && <p>{words.disc.saveHint}</p>}
            {state.phase === "failed" && <p role="alert">{words.disc.notSaved}</p>}
            {state.phase === "saved" && <Saved files={files} unreadable={state.unreadable} />}
            {state.phase !== "saved" && saving.intoFolders && (
              <button type="button" class="primary" data-testid="save-folder" onClick={() => void save("folder")}>
                {words.disc.intoFolder}
              </button>
            )}
            {state.phase !== "saved" && (
              <button type="button" data-testid="save-zip" onClick={() => void save("zip")}>
                {words.disc.asZip}
              </button>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}

function Saved({ files, unreadable }: { files: number; unreadable: readonly string[] }) {
  return (
    <>
      <p role="status">{words.disc.saved(files - unreadable.length)}</p>
      {unreadable.length > 0 && (
        <>
          <p role="alert">{words.disc.notAll(unreadable.length)}</p>
          <p class="quiet" dir="ltr">
            {unreadable.slice(0, MOST_NAMED).join(", ")}
            {unreadable.length > MOST_NAMED ? ", …" : ""}
          </p>
        </>
      )}
    </>
  );
}
