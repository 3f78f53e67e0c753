/** The measurements and stars of a study, shared by all cells of the screen, with everything undoable. */

import type { PicturePoint } from "../geometry/view";
import type { UndoStack } from "../viewer/undo";
import { readNotes, writeNotes } from "./keeping";
import { isOn, type Kind, type Measurement, type PictureName } from "./model";
import type { Values } from "./results";

export interface Notes {
  readonly measurements: readonly Measurement[];
  /** Starred pictures, in the order in which they were starred. */
  readonly stars: readonly PictureName[];
}

/** Where notes are kept between reloads; the tab's memory, or a test's. */
export interface Keeper {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class Notebook {
  private notes: Notes;
  /** The measurement taken hold of last: what Delete means. */
  selected: string | null = null;
  /** The arrow whose words are being written. */
  writing: string | null = null;
  /** The list of all this is open. */
  listed = false;
  /** What was last kept with the pictures, as it was sent. */
  sent: string | null = null;
  /** What each measurement said when its picture was last on the screen. */
  readonly lines = new Map<string, readonly string[]>();
  /** And which values it was of. */
  readonly values = new Map<string, Values>();
  private readonly listeners = new Set<() => void>();
  private nextId: number;

  constructor(
    private readonly undo: UndoStack,
    private readonly keeper: Keeper | null,
    private readonly key: string,
  ) {
    const { notes, lines, values, sent } = readNotes(keeper?.getItem(key) ?? null);
    this.notes = notes;
    this.sent = sent;
    for (const [id, said] of lines) {
      this.lines.set(id, said);
    }
    for (const [id, found] of values) {
      this.values.set(id, found);
    }
    this.nextId = 1 + Math.max(0, ...notes.measurements.map(({ id }) => Number(id) || 0));
  }

  get measurements(): readonly Measurement[] {
    return this.notes.measurements;
  }

  get stars(): readonly PictureName[] {
    return this.notes.stars;
  }

  get chosen(): Measurement | null {
    return this.find(this.selected);
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  find(id: string | null): Measurement | null {
    return this.measurements.find((one) => one.id === id) ?? null;
  }

  on(picture: PictureName | null): readonly Measurement[] {
    return picture === null ? [] : this.measurements.filter((one) => isOn(one.on, picture));
  }

  add(kind: Kind, on: PictureName, points: readonly PicturePoint[]): Measurement {
    const made: Measurement = { id: String(this.nextId++), kind, on, points, text: "" };
    this.selected = made.id;
    this.writing = kind === "arrow" ? made.id : null;
    this.become({ ...this.notes, measurements: [...this.measurements, made] });
    return made;
  }

  /** Other points, or other words, for a measurement. */
  change(id: string, changes: Partial<Pick<Measurement, "points" | "text">>): void {
    const measurements = this.measurements.map((one) => (one.id === id ? { ...one, ...changes } : one));
    this.become({ ...this.notes, measurements });
  }

  remove(id: string): void {
    this.become({ ...this.notes, measurements: this.measurements.filter((one) => one.id !== id) });
  }

  isStarred(picture: PictureName): boolean {
    return this.stars.some((one) => isOn(one, picture));
  }

  toggleStar(picture: PictureName): void {
    const others = this.stars.filter((one) => !isOn(one, picture));
    const stars = others.length < this.stars.length ? others : [...others, picture];
    this.become({ ...this.notes, stars });
  }

  select(id: string | null): void {
    if (this.selected !== id) {
      this.selected = id;
      this.changed();
    }
  }

  write(id: string | null): void {
    this.writing = id;
    this.changed();
  }

  open(listed: boolean): void {
    this.listed = listed;
    this.changed();
  }

  /** Keeps what a measurement says, for the list of those that are not on the screen. */
  note(id: string, lines: readonly string[], values?: Values): void {
    if (this.find(id) !== null && this.lines.get(id)?.join("\n") !== lines.join("\n")) {
      this.lines.set(id, lines);
      if (values === undefined) {
        this.values.delete(id);
      } else {
        this.values.set(id, values);
      }
      this.keep();
      this.changed();
    }
  }

  /** Kept with the pictures, as it was sent. */
  keptAs(sent: string): void {
    this.sent = sent;
    this.keep();
    this.changed();
  }

  private become(notes: Notes): void {
    const before = this.notes;
    this.undo.push({ undo: () => this.show(before), redo: () => this.show(notes) });
    this.show(notes);
  }

  private show(notes: Notes): void {
    this.notes = notes;
    if (this.chosen === null) {
      this.selected = null;
    }
    if (this.find(this.writing) === null) {
      this.writing = null;
    }
    this.keep();
    this.changed();
  }

  private keep(): void {
    const { keeper, key } = this;
    const text = writeNotes(this.notes, this.lines, this.values, this.sent);
    try {
      if (text === null) {
        keeper?.removeItem(key);
      } else {
        keeper?.setItem(key, text);
      }
    } catch {
      // A full or forbidden memory: the notes then last as long as the page.
    }
  }

  private changed(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}
