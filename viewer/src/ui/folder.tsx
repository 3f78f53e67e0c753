/** Choosing another disc's folder, and what was found in it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "../messages/format";
import { languageChoice, words } from "../messages/index";
import type { OpenFolder, Picked, Surroundings } from "../source/folder/opening";
import type { FolderTold, FrameSource } from "../source/frame-source";
import { droppedFiles, pickedFiles } from "./dropping";
import { Icon } from "./icons";
import { LanguageField } from "./language";
import { Page } from "./page";
import { useChanges } from "./use-changes";

export function OtherDiscButton({ open }: { open: () => void }) {
  return (
    <button type="button" class="download" data-testid="other-disc" onClick={open}>
      <Icon name="arrange" />
      <span>{words.folder.open}</span>
    </button>
  );
}

/** Where the pictures are, and what of the folder is not shown. */
export function FolderAbout({ folder }: { folder: FolderTold }) {
  const said = words.folder;
  const notes = [
    folder.people > 1 ? said.people(folder.people) : "",
    folder.missing > 0 ? said.missing(folder.missing) : "",
    folder.unreadable > 0 ? said.unreadable(folder.unreadable) : "",
    folder.repeated > 0 ? said.repeated(folder.repeated) : "",
    folder.aside > 0 ? said.aside(folder.aside) : "",
  ];
  return (
    <>
      <div data-testid="folder-about">
        <p>{said.here}</p>
        {notes.map((note) => note !== "" && <p key={note}>{note}</p>)}
      </div>
      <OtherDiscButton open={folder.openOther} />
    </>
  );
}

type State =
  | { phase: "choosing" }
  | { phase: "reading"; done: number; files: number }
  | { phase: "nothing"; files: number }
  | { phase: "failed" };

interface ChooserProps {
  /** Fetches what reads folders. Rejects where it cannot be had. */
  reader: () => Promise<OpenFolder>;
  around: Surroundings;
  opened: (source: FrameSource) => void;
  /** Null where there is nothing to go back to. */
  back: (() => void) | null;
}

export function FolderPage({ reader, around, opened, back }: ChooserProps) {
  useChanges(languageChoice);
  const [state, setState] = useState<State>({ phase: "choosing" });
  const stopping = useRef(new AbortController());
  useEffect(() => () => stopping.current.abort(), []);
  const read = async (picking: Promise<readonly Picked[]>) => {
    const control = new AbortController();
    stopping.current = control;
    setState({ phase: "reading", done: 0, files: 0 });
    try {
      const [open, picked] = await Promise.all([reader(), picking]);
      const told = (done: number) => setState({ phase: "reading", done, files: picked.length });
      const source = await open(picked, around, told, control.signal);
      control.signal.throwIfAborted();
      if (source === null) {
        setState({ phase: "nothing", files: picked.length });
      } else {
        opened(source);
      }
    } catch {
      setState({ phase: control.signal.aborted ? "choosing" : "failed" });
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    if (event.dataTransfer !== null && state.phase !== "reading") {
      void read(droppedFiles(event.dataTransfer));
    }
  };
  const said = words.folder;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the buttons are for everybody
    <div
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      data-testid="folder-page"
      data-phase={state.phase}
    >
      <Page busy={state.phase === "reading"}>
        <h1>{said.title}</h1>
        {state.phase === "reading" ? (
          <>
            <progress max={Math.max(1, state.files)} value={state.done} aria-label={said.title} />
            <p role="status">{said.reading(count(state.done), count(state.files))}</p>
            <button type="button" class="secondary" onClick={() => stopping.current.abort()}>
              {words.disc.stop}
            </button>
          </>
        ) : (
          <>
            <p>{said.hint}</p>
            {state.phase === "nothing" && (
              <p role="alert" class="problem-note">
                {said.nothing(state.files)}
              </p>
            )}
            {state.phase === "failed" && (
              <p role="alert" class="problem-note">
                {said.failed}
              </p>
            )}
            <FileButton label={said.chooseFolder} folder chosen={(picked) => void read(Promise.resolve(picked))} />
            <FileButton label={said.chooseFiles} chosen={(picked) => void read(Promise.resolve(picked))} />
            <p class="quiet for-mouse">{said.drop}</p>
            <p class="quiet">{said.nowhere}</p>
            {back !== null && (
              <button type="button" class="secondary" onClick={back}>
                {said.back}
              </button>
            )}
          </>
        )}
        <footer class="page-foot">
          <LanguageField />
          <p class="quiet">{words.notForDiagnosis}</p>
        </footer>
      </Page>
    </div>
  );
}

interface FileButtonProps {
  label: string;
  folder?: boolean;
  chosen: (picked: readonly Picked[]) => void;
}

/** The browser's own field is out of sight, and opened by a button that looks like the others. */
function FileButton({ label, folder = false, chosen }: FileButtonProps) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={folder ? "primary" : "secondary"} onClick={() => field.current?.click()}>
        {label}
      </button>
      <input
        ref={field}
        type="file"
        multiple
        hidden
        {...(folder ? { webkitdirectory: true } : {})}
        data-testid={folder ? "pick-folder" : "pick-files"}
        onChange={(event) => {
          const picked = pickedFiles(event.currentTarget.files);
          event.currentTarget.value = "";
          if (picked.length > 0) {
            chosen(picked);
          }
        }}
      />
    </>
  );
}
