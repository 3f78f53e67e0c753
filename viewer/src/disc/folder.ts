/** The script that reads other discs, fetched when somebody wants to: what it can do is handed to whoever loaded it. */

import { openFolder } from "../source/folder/index";

(globalThis as unknown as { undiscFolder?(open: typeof openFolder): void }).undiscFolder?.(openFolder);
