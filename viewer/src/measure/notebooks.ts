/** Which notebook belongs to which screen. */

import { notesKey, notesPlace, tabMemory } from "../source/notes";
import type { UndoStack } from "../viewer/undo";
import type { Viewing } from "../viewer/viewing";
import { Notebook } from "./notebook";

const notebooks = new WeakMap<UndoStack, Notebook>();

/** The one notebook of all cells that share what can be undone. */
export function notebookOf(viewing: Viewing): Notebook {
  const known = notebooks.get(viewing.undo);
  if (known !== undefined) {
    return known;
  }
  const made = new Notebook(viewing.undo, tabMemory(), notesKey(notesPlace()));
  notebooks.set(viewing.undo, made);
  return made;
}
