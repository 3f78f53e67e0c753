/** The viewer as a whole: who, which series, the picture, and what can be done with it. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import { belongsToField, press } from "../viewer/keys";
import type { Workspace } from "../viewer/workspace";
import { pressOnScreen } from "../viewer/workspace-keys";
import { About } from "./about";
import { Banner, PatientsWarning } from "./banner";
import { Cells } from "./cells";
import { HelpDialog, MoreDialog } from "./dialogs";
import { LayoutChoices, LayoutMenu } from "./layout";
import { MeasuringTools } from "./measurements";
import { ScreenTools, toggleComparison, toggleFullScreen, useRoom } from "./screen-tools";
import { SeriesList } from "./series-list";
import { Toolbar } from "./toolbar";
import { useFrequentChanges } from "./use-changes";

export interface ScreenProps {
  workspace: Workspace;
  source: FrameSource;
  leave: () => void;
}

export function ViewerScreen({ workspace, source, leave }: ScreenProps) {
  useFrequentChanges(workspace);
  const [dialog, setDialog] = useState<"help" | "more" | null>(null);
  const [layouts, setLayouts] = useState(false);
  const shown = useRef(dialog);
  shown.current = dialog;
  const room = useRoom(workspace);
  const { most, upright } = room;
  useEffect(() => {
    const actions = {
      openLayouts: () => (most < 3 ? setDialog("more") : setLayouts(true)),
      fullScreen: toggleFullScreen,
      arrange: () => {
        const hanging = workspace.hanging(most);
        if (hanging !== null) {
          workspace.hangUp(hanging);
        }
      },
      compare: () => toggleComparison(workspace, upright),
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || shown.current !== null || belongsToField(event)) {
        return;
      }
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const command = event.ctrlKey || event.metaKey;
      const shift = event.shiftKey;
      const onButton = event.target instanceof Element && event.target.closest("button, a, summary") !== null;
      if (
        // Space presses the button that it is on.
        (!(key === " " && onButton) && pressOnScreen({ key, shift, command }, workspace, actions)) ||
        (!command && press(key, workspace.active, { toggleHelp: () => setDialog("help") }, shift))
      ) {
        event.preventDefault();
      }
    };
    document.addEventListener("keydown", onKey);
    document.documentElement.classList.add("viewing");
    return () => {
      document.removeEventListener("keydown", onKey);
      document.documentElement.classList.remove("viewing");
    };
  }, [workspace, most, upright]);
  const viewing = workspace.active;
  const { entry } = viewing;
  const many = workspace.cells.length > 1;
  const about = useMemo(() => <About study={workspace.study} source={source} />, [workspace, source]);
  // The list shows which series are on the screen, so it hangs on those too.
  const onScreen = workspace.cells.map((cell) => `${cell.entry?.id} ${cell.entry?.kind} ${cell.entry?.instance}`);
  const list = useMemo(
    () => <SeriesList workspace={workspace} source={source} upright={upright} />,
    [workspace, source, entry, onScreen.join(), upright, workspace.hung],
  );
  const phone = most < 3;
  return (
    <div class="viewer" data-tool={viewing.tool} data-kind={entry?.kind ?? "none"}>
      <Banner patient={workspace.patient} leave={leave}>
        {!phone && (
          <>
            <ScreenTools workspace={workspace} upright={upright} />
            <LayoutMenu workspace={workspace} most={most} open={layouts} setOpen={setLayouts} />
          </>
        )}
      </Banner>
      <nav class="side" aria-label={words.seriesList}>
        {list}
        <div class="side-foot">{about}</div>
      </nav>
      <main class="middle">
        <PatientsWarning patients={workspace.patients} />
        <Cells workspace={workspace} source={source} />
        <MeasuringTools viewing={viewing} />
      </main>
      <Toolbar viewing={viewing} many={many} more={() => setDialog("more")} help={() => setDialog("help")} />
      {dialog === "help" && <HelpDialog close={() => setDialog(null)} />}
      {dialog === "more" && (
        <MoreDialog close={() => setDialog(null)} help={() => setDialog("help")} leave={leave}>
          {phone && <LayoutChoices workspace={workspace} most={most} done={() => setDialog(null)} />}
          {phone && <ScreenTools workspace={workspace} upright={upright} done={() => setDialog(null)} />}
          {about}
        </MoreDialog>
      )}
    </div>
  );
}
