/** The plain pages around the pictures: before them, and where there are none. */

import { useEffect, useRef, useState } from "preact/hooks";
import { cleanPasscode, type Door, type DoorState } from "../link/door";
import { day } from "../messages/format";
import { words } from "../messages/index";
import type { Locked } from "../source/frame-source";
import { LanguageField } from "./language";
import { Page } from "./page";

export function OpeningPage() {
  return (
    <Page busy>
      <p class="quiet" role="status">
        {words.opening}
      </p>
    </Page>
  );
}

export function ClosedPage() {
  return (
    <Page>
      <p data-testid="closed">{words.closed}</p>
    </Page>
  );
}

export function LeftPage() {
  return (
    <Page>
      <h1>{words.left}</h1>
      <p>{words.leftHint}</p>
    </Page>
  );
}

export function UnreachablePage({ again }: { again: () => void }) {
  return (
    <Page>
      <p role="alert">{words.unreachable}</p>
      <button type="button" class="primary" onClick={again}>
        {words.tryAgain}
      </button>
    </Page>
  );
}

export function whatItIs(locked: Pick<Locked, "from" | "until">): string {
  const until = day(locked.until);
  if (locked.from === "") {
    return words.sharedBySomeone;
  }
  return until === "" ? `${words.sharedBy(locked.from)}.` : words.sharedByUntil(locked.from, until);
}

type LockedState = Extract<DoorState, { phase: "locked" }>;

function trouble(state: LockedState, empty: boolean): string {
  if (empty) {
    return words.passcodeEmpty;
  }
  if (state.unreachable) {
    return state.crowded ? words.door.crowded : words.unreachable;
  }
  if (!state.wrong || state.busy) {
    return "";
  }
  return state.triesLeft === null ? words.passcodeWrong : `${words.passcodeWrong} ${words.triesLeft(state.triesLeft)}`;
}

function submitByEnter(event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }): void {
  if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  }
}

export function PasscodePage({ door, state }: { door: Door; state: LockedState }) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [empty, setEmpty] = useState(false);
  const { locked, busy } = state;
  useEffect(() => {
    // After a wrong try the field is ready for the next one.
    if (!busy) {
      field.current?.focus();
      field.current?.select();
    }
  }, [busy]);
  const submit = (event: Event) => {
    event.preventDefault();
    const missing = cleanPasscode(typed, locked.digits) === "";
    setEmpty(missing);
    if (!missing) {
      void door.tryPasscode(typed);
    }
  };
  const problem = trouble(state, empty);
  // Several words are to be seen all at once; what the two elements have in common is all that is used.
  const Field = (locked.sealed ? "textarea" : "input") as "input";
  const own: object = locked.sealed ? { rows: 2, onKeyDown: submitByEnter } : { type: "text" };
  return (
    <Page>
      <h1>{whatItIs(locked)}</h1>
      <form onSubmit={submit} noValidate>
        <label for="passcode">{words.passcode}</label>
        <p class="hint" id="passcode-hint">
          {locked.digits && locked.length > 0 ? words.passcodeHintDigits(locked.length) : words.passcodeHint}
        </p>
        <Field
          ref={field}
          id="passcode"
          data-testid="passcode"
          {...own}
          inputMode={locked.digits ? "numeric" : "text"}
          autocomplete={locked.sealed ? "off" : "one-time-code"}
          autocapitalize="off"
          autocorrect="off"
          spellcheck={false}
          enterkeyhint="go"
          maxLength={128}
          value={typed}
          readOnly={busy}
          aria-invalid={problem !== "" && !state.unreachable}
          aria-describedby="passcode-problem passcode-hint"
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setEmpty(false);
          }}
        />
        <p class="problem" id="passcode-problem" data-testid="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="primary" aria-disabled={busy}>
          {busy ? words.opening : state.unreachable ? words.tryAgain : words.open}
        </button>
      </form>
      <p class="quiet">{words.whereIsPasscode}</p>
      <footer class="page-foot">
        <LanguageField />
        <p class="quiet">{words.notForDiagnosis}</p>
      </footer>
    </Page>
  );
}
