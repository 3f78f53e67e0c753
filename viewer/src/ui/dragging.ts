import type { SeriesEntry } from "../source/model";

/** What is being dragged from the list to a cell. Browsers tell only at the drop what it was. */
export const dragged: { entry: SeriesEntry | null } = { entry: null };
