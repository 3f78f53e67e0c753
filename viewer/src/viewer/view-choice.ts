/** The simple view or the clinical one: patients get the first on what they hold in the hand, and a tap changes it. */

const KEPT = "undisc view";

type Name = "plain" | "clinical";

function remembered(): Name | null {
  try {
    const name = localStorage.getItem(KEPT);
    return name === "plain" || name === "clinical" ? name : null;
  } catch {
    return null;
  }
}

/** Phones, and whatever is used by finger. */
const inTheHand = () => matchMedia("(pointer: coarse), (max-width: 47.99rem), (max-height: 30rem)").matches;

class ViewChoice {
  private chosen: Name | null = null;
  private readonly listeners = new Set<() => void>();

  get plain(): boolean {
    this.chosen ??= remembered() ?? (inTheHand() ? "plain" : "clinical");
    return this.chosen === "plain";
  }

  /** The clinical view was chosen by hand on an earlier visit. */
  get clinicalByChoice(): boolean {
    return remembered() === "clinical";
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Chosen by hand, and so remembered on this device; nothing of the link is. */
  choose(name: Name): void {
    this.chosen = name;
    try {
      localStorage.setItem(KEPT, name);
    } catch {
      // A browser that keeps nothing starts as it did.
    }
    for (const listener of this.listeners) {
      listener();
    }
  }
}

export const viewChoice = new ViewChoice();

/** Keys that the simple view knows: through the pictures, larger and smaller, as it came, play, help. */
const PLAIN_KEYS = new Set(["PageUp", "PageDown", "Home", "End", "[", "]", "+", "=", "-", "0", "o", "?"]);

export const isPlainKey = (key: string): boolean => key.startsWith("Arrow") || PLAIN_KEYS.has(key);
