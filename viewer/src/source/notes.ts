/** What a tab remembers of the notes that people make on pictures: for its own life, and no longer than the way in. */

/** Under which name, for the pictures at an address. */
export function notesKey(base: string): string {
  return `notes ${base.replace(/\/+$/, "")}`;
}

/** This tab's memory; some browsers refuse even to name it when cookies are off. */
export function tabMemory(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

let place: string | null = null;

/** Where the pictures of this page come from: its address, unless said otherwise. */
export const notesPlace = (): string => place ?? location.pathname;

/** Pages on discs have one address in common, so there the name of what is on the disc is added to it. */
export function keepNotesAt(name: string): void {
  place = name;
}

export function hasNotes(): boolean {
  return tabMemory()?.getItem(notesKey(notesPlace())) != null;
}
