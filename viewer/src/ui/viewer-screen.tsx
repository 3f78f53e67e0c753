/** The viewer as a whole: who, which series, the picture, and what can be done with it. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import { belongsToField, press } from "../viewer/keys";
import { threeSides } from "../viewer/three-sides";
import { isPlainKey, viewChoice } from "../viewer/view-choice";
import type { Workspace } from "../viewer/workspace";
import { pressOnScreen } from "../viewer/workspace-keys";
import { About } from "./about";
import { Banner, PatientsWarning } from "./banner";
import { Cells } from "./cells";
import { HelpDialog, MoreDialog } from "./dialogs";
import { LayoutChoices, LayoutMenu } from "./layout";
import { MeasuringTools } from "./measurements";
import { PlainTools, ViewSwitch } from "./plain";
import { ScreenTools, toggleComparison, toggleFullScreen, useHanging, useRoom } from "./screen-tools";
import { SeriesList } from "./series-list";
import { Toolbar } from "./toolbar";
import { useChanges, useFrequentChanges } from "./use-changes";
import { ThreeSidesButton, ThreeSidesRefused, useThreeSides } from "./volume";

export interface ScreenProps {
  workspace: Workspace;
  source: FrameSource;
  leave: () => void;
}

export function ViewerScreen({ workspace, source, leave }: ScreenProps) {
  useFrequentChanges(workspace);
  useChanges(viewChoice);
  const { plain } = viewChoice;
  const sides = useThreeSides(workspace);
  // What tools and keys act on: the cells, or the three sides in their place.
  const screen = sides?.planes.workspace ?? workspace;
  useFrequentChanges(screen);
  const [dialog, setDialog] = useState<"help" | "more" | null>(null);
  const [layouts, setLayouts] = useState(false);
  const shown = useRef(dialog);
  shown.current = dialog;
  const room = useRoom(workspace);
  const { most, upright } = room;
  useHanging(workspace, most, viewChoice.clinicalByChoice);
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
    const pressForSides = (key: string) => {
      if (sides === null && key === "7") {
        threeSides.toggle(workspace);
        return true;
      }
      return sides?.planes.press(key) ?? false;
    };
    const onKey = (event: KeyboardEvent) => {
      // Whatever dialog is open, keys are its own.
      const inDialog = shown.current !== null || document.querySelector("dialog[open]") !== null;
      if (event.defaultPrevented || event.altKey || inDialog || belongsToField(event)) {
        return;
      }
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const command = event.ctrlKey || event.metaKey;
      const shift = event.shiftKey;
      const onButton = event.target instanceof Element && event.target.closest("button, a, summary") !== null;
      if (plain && (command || !(isPlainKey(key) || key === " "))) {
        return;
      }
      if (
        (!command && !plain && pressForSides(key)) ||
        // Space presses the button that it is on.
        (!(key === " " && onButton) && pressOnScreen({ key, shift, command }, screen, actions)) ||
        (!command && press(key, screen.active, { toggleHelp: () => setDialog("help") }, shift))
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
  }, [workspace, screen, sides, most, upright, plain]);
  const viewing = screen.active;
  const { entry } = viewing;
  const many = screen.cells.length > 1;
  const about = useMemo(() => <About study={workspace.study} source={source} />, [workspace, source]);
  // The list shows which series are on the screen, so it hangs on those too.
  const onScreen = workspace.cells.map((cell) => `${cell.entry?.id} ${cell.entry?.kind} ${cell.entry?.instance}`);
  const list = useMemo(
    () => <SeriesList workspace={workspace} source={source} upright={upright} />,
    [workspace, source, workspace.active.entry, onScreen.join(), upright, workspace.hung],
  );
  const phone = most < 3;
  return (
    <div
      class="viewer"
      data-tool={viewing.tool}
      data-kind={entry?.kind ?? "none"}
      data-sides={sides !== null}
      data-plain={plain}
    >
      <Banner patient={workspace.patient} leave={leave}>
        <ViewSwitch workspace={workspace} plain={plain} />
        {!phone && !plain && (
          <>
            <ThreeSidesButton workspace={workspace} />
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
        {sides === null ? (
          <Cells workspace={workspace} source={source} />
        ) : (
          <sides.part.PlanesView planes={sides.planes} close={() => threeSides.close()} />
        )}
        {!plain && <MeasuringTools viewing={viewing} />}
      </main>
      {plain ? (
        <PlainTools workspace={workspace} source={source} more={() => setDialog("more")} />
      ) : (
        <Toolbar viewing={viewing} many={many} more={() => setDialog("more")} help={() => setDialog("help")} />
      )}
      <ThreeSidesRefused />
      {dialog === "help" && <HelpDialog close={() => setDialog(null)} />}
      {dialog === "more" && (
        <MoreDialog close={() => setDialog(null)} help={() => setDialog("help")} leave={leave}>
          {(phone || plain) && <ThreeSidesButton workspace={workspace} done={() => setDialog(null)} />}
          {phone && !plain && <LayoutChoices workspace={workspace} most={most} done={() => setDialog(null)} />}
          {phone && !plain && <ScreenTools workspace={workspace} upright={upright} done={() => setDialog(null)} />}
          {about}
        </MoreDialog>
      )}
    </div>
  );
}
