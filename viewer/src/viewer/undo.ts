/** What people did to the screen, so that it can be taken back and done again. */

export interface UndoStep {
  undo(): void;
  redo(): void;
  /** Steps of one name that follow each other at once (a drag) are one step; steps without a name stay apart. */
  name?: string;
}

/** Steps closer together than this, in milliseconds, are one movement. */
const ONE_MOVEMENT = 700;
const MOST_STEPS = 200;

export class UndoStack {
  private done: UndoStep[] = [];
  private undone: UndoStep[] = [];
  private lastAt = Number.NEGATIVE_INFINITY;
  private busy = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Notes what has just been done. What undoing and redoing themselves do is not noted. */
  push(step: UndoStep): void {
    if (this.busy) {
      return;
    }
    const last = this.done.at(-1);
    const goesOn = step.name !== undefined && last?.name === step.name && this.now() - this.lastAt < ONE_MOVEMENT;
    if (goesOn && last !== undefined) {
      this.done[this.done.length - 1] = { name: step.name ?? "", undo: last.undo, redo: step.redo };
    } else {
      this.done.push(step);
      this.done.splice(0, Math.max(0, this.done.length - MOST_STEPS));
    }
    this.undone = [];
    this.lastAt = this.now();
    this.changed();
  }

  undo(): void {
    const step = this.done.pop();
    if (step !== undefined) {
      this.undone.push(step);
      this.carryOut(() => step.undo());
    }
  }

  redo(): void {
    const step = this.undone.pop();
    if (step !== undefined) {
      this.done.push(step);
      this.carryOut(() => step.redo());
    }
  }

  /** Does something that is not to be taken back. */
  without(act: () => void): void {
    const before = this.busy;
    this.busy = true;
    try {
      act();
    } finally {
      this.busy = before;
    }
  }

  private carryOut(act: () => void): void {
    this.without(act);
    // The next movement is one of its own.
    this.lastAt = Number.NEGATIVE_INFINITY;
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}
