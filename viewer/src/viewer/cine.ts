/** Plays the pictures of a loop or a stack at the rate at which they were recorded. */

import { nextPlayed } from "../loading/order";

/** What is played. */
export interface Film {
  readonly index: number;
  /** The first and the last picture of the loop that the index lies in. */
  readonly loop: { from: number; to: number };
  /** Milliseconds for which a picture is to be shown; null where the recording does not say. */
  duration(index: number): number | null;
  /** Whether there is anything to show of a picture, or never will be. */
  ready(index: number): boolean;
  playTo(index: number, direction: 1 | -1, bounce: boolean): void;
  /** Playing began or ended, or its speed changed. */
  playingChanged(): void;
}

export interface Clock {
  now(): number;
  /** Runs something at the next refresh of the screen; returns what calls it off. */
  next(run: () => void): () => void;
}

export const screenClock: Clock = {
  now: () => performance.now(),
  next: (run) => {
    if (typeof requestAnimationFrame === "undefined") {
      const timer = setTimeout(run, 16);
      return () => clearTimeout(timer);
    }
    const frame = requestAnimationFrame(run);
    return () => cancelAnimationFrame(frame);
  },
};

/** Stacks of slices have no rate: ten a second can be followed. */
const UNTOLD = 100;
export const SPEEDS: readonly number[] = [0.25, 0.5, 1, 2, 4];
/** After a pause of the page, and where the machine is too slow, pictures are left out, but no more than these. */
const MOST_AT_ONCE = 8;

/** The pictures that are played from one of them: those of one recording, or all of a stack. */
export function loopAround(frames: readonly { i: number }[], index: number): { from: number; to: number } {
  const instance = frames[index]?.i;
  let [from, to] = [index, index];
  while (from > 0 && frames[from - 1]?.i === instance) {
    from -= 1;
  }
  while (to < frames.length - 1 && frames[to + 1]?.i === instance) {
    to += 1;
  }
  return to > from ? { from, to } : { from: 0, to: Math.max(0, frames.length - 1) };
}

export class Cine {
  playing = false;
  bounce = false;
  /** Times the recorded rate. */
  speed = 1;
  private direction: 1 | -1 = 1;
  private dueAt = 0;
  private callOff: (() => void) | null = null;

  constructor(
    private readonly film: Film,
    private readonly clock: Clock = screenClock,
  ) {}

  /** Pictures a second, as they are played now. */
  get rate(): number {
    return 1000 / this.shownFor(this.film.index);
  }

  /** Whether the rate is the recording's own. */
  get isRecorded(): boolean {
    return this.film.duration(this.film.index) !== null;
  }

  toggle(): void {
    if (this.playing) {
      this.pause();
    } else {
      this.play();
    }
  }

  play(): void {
    const { from, to } = this.film.loop;
    if (this.playing || to <= from) {
      return;
    }
    this.playing = true;
    this.direction = 1;
    this.dueAt = this.clock.now() + this.shownFor(this.film.index);
    this.film.playTo(this.film.index, this.direction, this.bounce);
    this.schedule();
    this.film.playingChanged();
  }

  pause(): void {
    if (this.playing) {
      this.playing = false;
      this.callOff?.();
      this.callOff = null;
      this.film.playingChanged();
    }
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.film.playingChanged();
  }

  setBounce(bounce: boolean): void {
    this.bounce = bounce;
    if (!bounce) {
      this.direction = 1;
    }
    this.film.playingChanged();
  }

  private shownFor(index: number): number {
    return (this.film.duration(index) ?? UNTOLD) / this.speed;
  }

  private schedule(): void {
    this.callOff = this.clock.next(() => this.tick());
  }

  private tick(): void {
    const now = this.clock.now();
    const { from, to } = this.film.loop;
    let index = this.film.index;
    let direction = this.direction;
    let due = this.dueAt;
    let shown: number | null = null;
    for (let steps = 0; due <= now && steps < MOST_AT_ONCE; steps++) {
      const next = nextPlayed(to - from + 1, index - from, direction, this.bounce);
      if (!this.film.ready(from + next.index)) {
        // The film waits for its pictures and goes on from here when they come.
        due = now;
        break;
      }
      index = from + next.index;
      direction = next.direction;
      due += this.shownFor(index);
      shown = index;
    }
    // What lies behind by more than a picture is not caught up with.
    this.dueAt = Math.max(due, now - this.shownFor(index));
    this.direction = direction;
    if (shown !== null) {
      this.film.playTo(shown, direction, this.bounce);
    }
    if (this.playing) {
      this.schedule();
    }
  }
}
