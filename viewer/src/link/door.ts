/** What happens between the link and the pictures: nothing is shown before it is proven that it may be. */

import type { Answer, CodeWay, FrameSource, Locked, Opening, Question, Refusal } from "../source/frame-source";
import type { StudyManifest } from "../source/model";

/** How it stands with an answer. busy: on its way. crowded: too many are here at this moment. */
interface Waiting {
  busy: boolean;
  unreachable: boolean;
  crowded: boolean;
}

const NOTHING_WAITS: Waiting = { busy: false, unreachable: false, crowded: false };

export type DoorState =
  | { phase: "opening" }
  | ({ phase: "locked"; locked: Locked; wrong: boolean; triesLeft: number | null } & Waiting)
  | ({
      phase: "asked";
      question: Question;
      /** By which ways a code can be sent, as long as one is asked for. */
      choices: readonly CodeWay[];
      /** The code that was typed is no good any more. */
      stale: boolean;
    } & Waiting)
  | { phase: "closed" }
  | { phase: "unreachable" }
  | { phase: "refused"; why: Refusal }
  | { phase: "open"; study: StudyManifest }
  | { phase: "left" };

/** A pasted or typed passcode as it is sent: a code of digits often comes with spaces or dashes, in any script's digits. */
export function cleanPasscode(typed: string, digits: boolean): string {
  return digits ? typed.normalize("NFKC").replace(/[\s\p{P}\p{Cf}]/gu, "") : typed.normalize("NFKC").trim();
}

function asked(question: Question, before: DoorState): DoorState {
  const earlier = before.phase === "asked" ? before : null;
  const wasSent = earlier?.question.asks === "code-sent";
  return {
    phase: "asked",
    // Of a code that was wrong it is still known where it went.
    question:
      question.asks === "code-sent" && question.wrong && wasSent
        ? { ...question, ways: earlier.question.ways }
        : question,
    choices: question.asks === "code" || question.asks === "code-late" ? question.ways : (earlier?.choices ?? []),
    stale: question.asks === "code" && wasSent === true,
    ...NOTHING_WAITS,
  };
}

export class Door {
  state: DoorState = { phase: "opening" };
  private readonly listeners = new Set<() => void>();

  constructor(private readonly source: FrameSource) {}

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tries the link as it is: it may need no passcode, or this tab may have opened it before. */
  async knock(): Promise<void> {
    this.become({ phase: "opening" });
    await this.ask(() => this.source.open(null));
  }

  /** Tries a passcode. Does nothing while another try is on its way, so that no try is spent twice. */
  async tryPasscode(typed: string): Promise<void> {
    const { state } = this;
    if (state.phase !== "locked" || state.busy) {
      return;
    }
    const passcode = cleanPasscode(typed, state.locked.digits);
    if (passcode === "") {
      return;
    }
    this.become({ ...state, ...NOTHING_WAITS, busy: true });
    await this.ask(() => this.source.open(passcode));
  }

  /** Answers what is asked. Does nothing while another answer is on its way. */
  async answer(answer: Answer): Promise<void> {
    const { state, source } = this;
    if (state.phase !== "asked" || state.busy || source.answer === undefined) {
      return;
    }
    this.become({ ...state, ...NOTHING_WAITS, busy: true });
    await this.ask(() => source.answer?.(answer) ?? Promise.resolve({ outcome: "closed" }));
  }

  /** Back to where a code is to be sent. */
  chooseWay(): void {
    const { state } = this;
    if (state.phase === "asked" && !state.busy) {
      const question: Question = { ...state.question, asks: "code", wrong: false, triesLeft: null };
      this.become({ ...state, ...NOTHING_WAITS, question, stale: false });
    }
  }

  /** The link stopped opening while its pictures were on the screen. */
  shut(): void {
    this.source.forget();
    this.become({ phase: "closed" });
  }

  /** The reader is done; the tab no longer knows the way in. */
  leave(): void {
    this.source.forget();
    this.become({ phase: "left" });
  }

  private async ask(open: () => Promise<Opening>): Promise<void> {
    const before = this.state;
    // Whatever went wrong, a page that waits for ever would be worse than one that offers another try.
    const opening = await open().catch((): Opening => ({ outcome: "unreachable" }));
    switch (opening.outcome) {
      case "opened":
        this.become({ phase: "open", study: opening.study });
        return;
      case "passcode-needed":
      case "passcode-wrong":
        this.become({
          phase: "locked",
          locked: opening.locked,
          wrong: opening.outcome === "passcode-wrong",
          triesLeft: opening.outcome === "passcode-wrong" ? opening.triesLeft : null,
          ...NOTHING_WAITS,
        });
        return;
      case "asked":
        this.become(asked(opening.question, before));
        return;
      case "closed":
        this.become({ phase: "closed" });
        return;
      case "refused":
        this.become({ phase: "refused", why: opening.why });
        return;
      case "unreachable":
        // A passcode typed with care must survive a lost connection.
        this.become(
          before.phase === "locked" || before.phase === "asked"
            ? { ...before, busy: false, unreachable: true, crowded: opening.crowded === true }
            : { phase: "unreachable" },
        );
    }
  }

  private become(state: DoorState): void {
    this.state = state;
    for (const listener of this.listeners) {
      listener();
    }
  }
}
