/** Reports, recordings and videos: fetched when one is opened. */

import "./documents.css";

export { Opened } from "./opened";
