/** What the viewer knows of volumes, all of it fetched together. */

import "../style/planes.css";

export { openPlanes } from "./three-planes";
export { PlanesView } from "./view";
