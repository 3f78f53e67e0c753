/** What happens between the link and the pictures: nothing is shown before it is proven that it may be. */

import type { FrameSource, Locked, Opening, Refusal } from "../source/frame-source";
import type { StudyManifest } from "../source/model";

export type DoorState =
  | { phase: "opening" }
  | { phase: "locked"; locked: Locked; wrong: boolean; triesLeft: number | null; busy: boolean; unreachable: boolean }
  | { phase: "closed" }
  | { phase: "unreachable" }
  | { phase: "refused"; why: Refusal }
  | { phase: "open"; study: StudyManifest }
  | { phase: "left" };

/** A pasted or typed passcode as it is sent: a code of digits often comes with spaces or dashes, in any script's digits. */
export function cleanPasscode(typed: string, digits: boolean): string {
  return digits ? typed.normalize("NFKC").replace(/[\s\p{P}\p{Cf}]/gu, "") : typed.normalize("NFKC").trim();
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
    await this.ask(null);
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
    this.become({ ...state, busy: true, unreachable: false });
    await this.ask(passcode);
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

  private async ask(passcode: string | null): Promise<void> {
    const before = this.state;
    // Whatever went wrong, a page that waits for ever would be worse than one that offers another try.
    const opening = await this.source.open(passcode).catch((): Opening => ({ outcome: "unreachable" }));
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
          busy: false,
          unreachable: false,
        });
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
          before.phase === "locked" ? { ...before, busy: false, unreachable: true } : { phase: "unreachable" },
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
