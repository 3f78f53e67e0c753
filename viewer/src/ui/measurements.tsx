/** Where measuring meets the rest: it is fetched when somebody measures, or has measured in this tab before. */

import { useEffect } from "preact/hooks";
import { words } from "../messages/index";
import { hasNotes } from "../source/notes";
import { isKind } from "../viewer/hand";
import { measuring } from "../viewer/measuring";
import type { Viewing } from "../viewer/viewing";
import { useChanges } from "./use-changes";

/** Over one cell's picture. */
export function Measurements({ viewing }: { viewing: Viewing }) {
  useChanges(measuring);
  const { part } = measuring;
  return part === null ? null : <part.MeasureLayer viewing={viewing} />;
}

/** The tools, for the cell that is active. */
export function MeasuringTools({ viewing }: { viewing: Viewing }) {
  useChanges(measuring);
  const { part, state } = measuring;
  const chosen = isKind(viewing.tool);
  // Notes of before the reload wait for the picture that people came for.
  const wanted = chosen || (viewing.fidelity === "full" && hasNotes());
  useEffect(() => {
    if (wanted) {
      void measuring.use();
    }
  }, [wanted]);
  if (part !== null) {
    return <part.MeasureBar viewing={viewing} />;
  }
  return chosen && state === "failed" ? (
    <p class="measure-failed" role="status">
      {words.measuring.failed}{" "}
      <button type="button" onClick={() => void measuring.use()}>
        {words.tryAgain}
      </button>
    </p>
  ) : null;
}
