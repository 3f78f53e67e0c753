/** Where looking from three sides meets the rest: its button, and why it may not be possible. */

import { useEffect } from "preact/hooks";
import { decimal } from "../messages/format";
import { words } from "../messages/index";
import { type Reason, threeSides, type VolumePart } from "../viewer/three-sides";
import type { Workspace } from "../viewer/workspace";
import type { ThreePlanes } from "../volume/three-planes";
import { Dialog } from "./dialogs";
import { Icon } from "./icons";
import { useChanges } from "./use-changes";

/** What is shown in the place of the workspace's own cells, if anything. */
export function useThreeSides(workspace: Workspace): { part: VolumePart; planes: ThreePlanes } | null {
  useChanges(threeSides);
  useEffect(() => () => threeSides.end(), [workspace]);
  return threeSides.over(workspace);
}

/** In a phone's list of more there is room for what it means. */
export function ThreeSidesButton({ workspace, done }: { workspace: Workspace; done?: () => void }) {
  useChanges(threeSides);
  const shown = threeSides.over(workspace) !== null;
  const { entry, manifest, count } = workspace.active;
  if (entry?.kind !== "images" || manifest === null || (count < 2 && !shown)) {
    return null;
  }
  return (
    <button
      type="button"
      class="screen-tool"
      data-testid="three-sides"
      title={words.sides.openLong}
      aria-pressed={shown}
      onClick={() => {
        threeSides.toggle(workspace);
        done?.();
      }}
    >
      <Icon name="sides" />
      <span>
        {threeSides.fetching ? words.sides.fetching : done === undefined ? words.sides.open : words.sides.title}
      </span>
    </button>
  );
}

function sentence(refused: Reason): string {
  if (refused.reason === "uneven") {
    return words.sides.uneven(decimal(refused.least, 3), decimal(refused.most, 3));
  }
  return refused.reason === "absent" ? words.sides.partFailed : words.sides.refusals[refused.reason];
}

/** Says why these pictures cannot be seen from three sides. */
export function ThreeSidesRefused() {
  useChanges(threeSides);
  const { refused } = threeSides;
  return refused === null ? null : (
    <Dialog title={words.sides.title} close={() => threeSides.refuse(null)}>
      <p data-testid="three-sides-refused">{sentence(refused)}</p>
    </Dialog>
  );
}
