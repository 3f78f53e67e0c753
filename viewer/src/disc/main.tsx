/** The viewer on a disc: the same page over what lies beside it. */

import { render } from "preact";
import { Door } from "../link/door";
import { languageChoice } from "../messages/index";
import { DiscFrameSource } from "../source/disc";
import "../style/all.css";
import "../style/disc.css";
import "../style/folder.css";
import { Package } from "./package";
import { DiscRoot } from "./root";
import { PackageSaving } from "./saving";
import { scriptsOfPage } from "./scripts";
import { codec } from "./workers";

/** Bytes of the package that stay in memory, opened: pictures have a budget of their own. */
const MEMORY = matchMedia("(pointer: coarse)").matches ? 16 << 20 : 48 << 20;

const root = document.getElementById("undisc");
if (root !== null) {
  const isFile = location.protocol === "file:";
  languageChoice.adapt = (found) => ({ ...found, ...found.disc.instead, ...(isFile ? found.disc.offDisc : {}) });
  const spoken = languageChoice.begin();
  const held = new Package({ load: scriptsOfPage(), fragment: location.hash, isFile, memory: MEMORY });
  let openOther: () => void = () => undefined;
  const source = new DiscFrameSource(held, new PackageSaving(held), () => openOther());
  const door = new Door(source);
  void door.knock();
  // Every picture needs it, and it is read while the page is still being laid out.
  codec().catch(() => undefined);
  void spoken.then(() => {
    root.replaceChildren();
    const ask = (open: () => void) => {
      openOther = open;
    };
    render(<DiscRoot own={{ door, source }} ask={ask} />, root);
  });
  // Another key pasted into the same tab opens another package.
  addEventListener("hashchange", () => location.reload());
}
