/** The viewer as a whole: who, which series, the picture, and what can be done with it. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import { belongsToField, press } from "../viewer/keys";
import type { Workspace } from "../viewer/workspace";
import { About } from "./about";
import { Banner } from "./banner";
import { HelpDialog, MoreDialog } from "./dialogs";
import { DocumentPanel, NotShownPanel } from "./document-panel";
import { MeasuringTools } from "./measurements";
import { SeriesList } from "./series-list";
import { SliceSlider } from "./slice-slider";
import { Toolbar } from "./toolbar";
import { useFrequentChanges } from "./use-changes";
import { Viewport } from "./viewport";

export interface ScreenProps {
  workspace: Workspace;
  source: FrameSource;
  leave: () => void;
}

export function ViewerScreen({ workspace, source, leave }: ScreenProps) {
  useFrequentChanges(workspace);
  const [dialog, setDialog] = useState<"help" | "more" | null>(null);
  const shown = useRef(dialog);
  shown.current = dialog;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      if (event.defaultPrevented || modified || shown.current !== null || belongsToField(event)) {
        return;
      }
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (press(key, workspace.active, { toggleHelp: () => setDialog("help") }, event.shiftKey)) {
        event.preventDefault();
      }
    };
    document.addEventListener("keydown", onKey);
    document.documentElement.classList.add("viewing");
    return () => {
      document.removeEventListener("keydown", onKey);
      document.documentElement.classList.remove("viewing");
    };
  }, [workspace]);
  const viewing = workspace.active;
  const { entry } = viewing;
  const about = useMemo(() => <About study={workspace.study} source={source} />, [workspace, source]);
  // The list shows which series is open, so it hangs on that too.
  const list = useMemo(() => <SeriesList workspace={workspace} source={source} />, [workspace, source, entry]);
  return (
    <div class="viewer" data-tool={viewing.tool} data-kind={entry?.kind ?? "none"}>
      <Banner study={workspace.study} leave={leave} />
      <nav class="side" aria-label={words.seriesList}>
        {list}
        <div class="side-foot">{about}</div>
      </nav>
      <main class="middle">
        {entry?.kind === "document" ? (
          <DocumentPanel entry={entry} source={source} />
        ) : entry?.kind === "other" ? (
          <NotShownPanel entry={entry} />
        ) : (
          <>
            <Viewport viewing={viewing} />
            <SliceSlider viewing={viewing} />
          </>
        )}
        <MeasuringTools viewing={viewing} />
      </main>
      <Toolbar viewing={viewing} more={() => setDialog("more")} help={() => setDialog("help")} />
      {dialog === "help" && <HelpDialog close={() => setDialog(null)} />}
      {dialog === "more" && (
        <MoreDialog close={() => setDialog(null)} help={() => setDialog("help")} leave={leave}>
          {about}
        </MoreDialog>
      )}
    </div>
  );
}
