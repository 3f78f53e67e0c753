/** Measuring is a part of its own, fetched when somebody first measures, stars, or left notes in this tab before. */

export type MeasuringPart = typeof import("../measure/index");

type State = "absent" | "fetching" | "here" | "failed";

class Measuring {
  part: MeasuringPart | null = null;
  state: State = "absent";
  private asked: Promise<MeasuringPart> | null = null;
  private readonly listeners = new Set<() => void>();

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Does something with the part once it is here; nothing where it cannot be had. */
  async use(act?: (part: MeasuringPart) => void): Promise<void> {
    if (this.asked === null) {
      this.become("fetching");
      this.asked = import("../measure/index");
    }
    try {
      this.part = await this.asked;
      this.become("here");
      act?.(this.part);
    } catch {
      // Another wish is another try.
      this.asked = null;
      this.become("failed");
    }
  }

  private become(state: State): void {
    if (state !== this.state) {
      this.state = state;
      for (const listener of this.listeners) {
        listener();
      }
    }
  }
}

export const measuring = new Measuring();
