/** What a link asks beside its passcode: the date of birth, a code that is sent, or signing in. */

import type { ComponentChildren, TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { dateOf, order, type Part } from "../link/dates";
import { cleanPasscode, type Door, type DoorState } from "../link/door";
import { languageChoice, words } from "../messages/index";
import type { CodeWay } from "../source/frame-source";
import { LanguageField } from "./language";
import { Page } from "./page";
import { whatItIs } from "./pages";

type AskedState = Extract<DoorState, { phase: "asked" }>;

interface Asked {
  door: Door;
  state: AskedState;
}

/** How many digits a code has. */
const DIGITS = 6;

export function QuestionPage({ door, state }: Asked) {
  switch (state.question.asks) {
    case "birth-date":
      return <BirthDatePage door={door} state={state} />;
    case "code-sent":
      return <CodePage door={door} state={state} />;
    case "sign-in":
      return <SignInPage state={state} />;
    default:
      return <WaysPage door={door} state={state} />;
  }
}

function Frame({ state, children }: { state: AskedState; children: ComponentChildren }) {
  return (
    <Page>
      <h1>{whatItIs(state.question)}</h1>
      {children}
      <footer class="page-foot">
        <LanguageField />
        <p class="quiet">{words.notForDiagnosis}</p>
      </footer>
    </Page>
  );
}

function Problem({ children }: { children: string }) {
  return (
    <p class="problem" id="problem" data-testid="problem" role="alert">
      {children}
    </p>
  );
}

/** What keeps an answer from being given, whatever was answered; "" where nothing does. */
function hindrance(state: AskedState): string {
  return state.unreachable ? (state.crowded ? words.door.crowded : words.unreachable) : "";
}

function SubmitButton({ state, label }: { state: AskedState; label: string }) {
  return (
    <button type="submit" class="primary" aria-disabled={state.busy}>
      {state.busy ? words.door.checking : state.unreachable ? words.tryAgain : label}
    </button>
  );
}

/** Digits of each part. */
const LENGTHS: Readonly<Record<Part, number>> = { day: 2, month: 2, year: 4 };

function BirthDatePage({ door, state }: Asked) {
  const { question, busy } = state;
  const [typed, setTyped] = useState<Record<Part, string>>({ day: "", month: "", year: "" });
  const [unfit, setUnfit] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!busy) {
      first.current?.focus();
      first.current?.select();
    }
  }, [busy]);
  const submit = (event: Event) => {
    event.preventDefault();
    const date = dateOf(typed);
    setUnfit(date === null);
    if (date !== null) {
      void door.answer({ birth_date: date });
    }
  };
  const wrong = question.wrong && !busy;
  const left = question.triesLeft === null ? "" : ` ${words.triesLeft(question.triesLeft)}`;
  const problem = unfit ? words.door.bornUnfit : hindrance(state) || (wrong ? `${words.door.bornWrong}${left}` : "");
  return (
    <Frame state={state}>
      <form onSubmit={submit} noValidate>
        <fieldset class="born" aria-describedby="problem born-hint">
          <legend>{words.door.born}</legend>
          <p class="hint" id="born-hint">
            {words.door.bornHint}
          </p>
          <div class="born-parts">
            {order(words.locale).map((part, at) => (
              <label key={part} data-part={part}>
                <span>{words.door[part]}</span>
                <input
                  ref={at === 0 ? first : undefined}
                  type="text"
                  inputMode="numeric"
                  autocomplete={`bday-${part}`}
                  data-testid={`born-${part}`}
                  maxLength={LENGTHS[part]}
                  enterkeyhint="go"
                  value={typed[part]}
                  readOnly={busy}
                  aria-invalid={problem !== "" && !state.unreachable}
                  onInput={(event: TargetedEvent<HTMLInputElement>) => {
                    setTyped({ ...typed, [part]: event.currentTarget.value });
                    setUnfit(false);
                  }}
                />
              </label>
            ))}
          </div>
        </fieldset>
        <Problem>{problem}</Problem>
        <SubmitButton state={state} label={words.door.goOn} />
      </form>
      <p class="quiet">
        <a href={signIn()}>{words.door.withPasskey}</a>
      </p>
    </Frame>
  );
}

function WaysPage({ door, state }: Asked) {
  const { question, choices, busy } = state;
  const late = question.asks === "code-late";
  const heading = useRef<HTMLParagraphElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const problem = hindrance(state) || (late ? words.door.late : state.stale ? words.door.codeOver : "");
  const send = (way: CodeWay["way"]) => void door.answer({ send_code: way, language: languageChoice.current });
  return (
    <Frame state={state}>
      <div class="ways">
        <p ref={heading} tabIndex={-1}>
          {choices.length === 0 ? words.door.noWay : words.door.sendHint}
        </p>
        {choices.map(({ way, to }) => (
          <button
            key={way}
            type="button"
            class="primary"
            data-testid={`send-${way}`}
            aria-disabled={busy}
            onClick={() => send(way)}
          >
            <span>{way === "text" ? words.door.sendText : words.door.sendEmail}</span> <bdi>{to}</bdi>
          </button>
        ))}
        <Problem>{problem}</Problem>
      </div>
    </Frame>
  );
}

function CodePage({ door, state }: Asked) {
  const { question, busy } = state;
  const [typed, setTyped] = useState("");
  const [empty, setEmpty] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!busy) {
      field.current?.focus();
      field.current?.select();
    }
  }, [busy]);
  const submit = (event: Event) => {
    event.preventDefault();
    const code = cleanPasscode(typed, true);
    setEmpty(code.length !== DIGITS);
    if (code.length === DIGITS) {
      void door.answer({ code });
    }
  };
  const over = question.triesLeft === 0;
  const wrong = question.wrong && !busy ? (over ? words.door.codeOver : words.door.codeWrong) : "";
  const problem = empty ? words.door.codeEmpty : hindrance(state) || wrong;
  return (
    <Frame state={state}>
      <form onSubmit={submit} noValidate>
        <label for="code">{words.door.code}</label>
        <p class="hint" id="code-hint">
          {words.door.codeHint(question.ways[0]?.to ?? "")}
        </p>
        <input
          ref={field}
          id="code"
          data-testid="code"
          type="text"
          inputMode="numeric"
          autocomplete="one-time-code"
          spellcheck={false}
          enterkeyhint="go"
          maxLength={20}
          value={typed}
          readOnly={busy}
          aria-invalid={problem !== "" && !state.unreachable}
          aria-describedby="problem code-hint"
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setEmpty(false);
          }}
        />
        <Problem>{problem}</Problem>
        <SubmitButton state={state} label={words.open} />
      </form>
      <p class="quiet">
        <button type="button" class="plainly" data-testid="another-code" onClick={() => door.chooseWay()}>
          {words.door.sendAgain}
        </button>
      </p>
    </Frame>
  );
}

/** Where people sign in, and come back from to here. */
function signIn(): string {
  return `/sign-in?next=${encodeURIComponent(location.pathname)}`;
}

function SignInPage({ state }: { state: AskedState }) {
  return (
    <Frame state={state}>
      <p>{words.door.forClinicians}</p>
      <a class="primary" data-testid="sign-in" href={signIn()}>
        {words.door.signIn}
      </a>
    </Frame>
  );
}
