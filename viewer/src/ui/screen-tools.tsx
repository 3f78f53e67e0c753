/** What is done to the screen as a whole: taken back, compared, laid out, made as large as the display. */

import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../messages/index";
import { sizeOf } from "../viewer/layouts";
import type { Workspace } from "../viewer/workspace";
import { Icon } from "./icons";

const PHONE = "(max-width: 47.99rem), (max-height: 30rem)";
const UPRIGHT = "(orientation: portrait)";

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = () => setMatches(media.matches);
    look();
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, [query]);
  return matches;
}

/** How many pictures the screen has room for, and whether two lie one above the other. */
export function useRoom(workspace: Workspace): { most: number; upright: boolean } {
  const phone = useMedia(PHONE);
  const upright = useMedia(UPRIGHT);
  const most = phone ? 2 : 6;
  useEffect(() => {
    if (sizeOf(workspace.layout).cells > most) {
      workspace.setLayout(upright ? "2x1" : "1x2");
    }
  }, [workspace, most, upright]);
  return { most, upright: phone && upright };
}

const DESK = "(pointer: fine) and (min-width: 70rem)";

/**
 * Lays out by kind of scan for whoever came with the clinical view chosen before (`wanted`), at a desk, once the first
 * picture is there in full: it is never later for it.
 */
export function useHanging(workspace: Workspace, most: number, wanted: boolean): void {
  const atFirst = useRef(wanted);
  useEffect(() => {
    if (!atFirst.current || most < 6 || !matchMedia(DESK).matches) {
      return;
    }
    const look = () => {
      if (atFirst.current && workspace.active.fidelity === "full") {
        atFirst.current = false;
        workspace.hangByItself(most);
      }
    };
    const unlisten = workspace.listen(look);
    look();
    return unlisten;
  }, [workspace, most]);
}

export const canFillScreen = () => document.fullscreenEnabled === true;

export function toggleFullScreen(): void {
  if (!canFillScreen()) {
    return;
  }
  // A browser may refuse, and then nothing changes.
  const done =
    document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
  done.catch(() => undefined);
}

function useFullScreen(): boolean {
  const [full, setFull] = useState(() => document.fullscreenElement !== null);
  useEffect(() => {
    const look = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  return full;
}

/** Beside an earlier scan, or back to one picture. */
export function toggleComparison(workspace: Workspace, upright: boolean): void {
  if (workspace.hung === "compared") {
    workspace.setLayout("1x1");
    return;
  }
  const comparison = workspace.comparison(upright);
  if (comparison !== null) {
    workspace.hangUp(comparison);
  }
}

interface ToolsProps {
  workspace: Workspace;
  upright: boolean;
  done?: () => void;
}

/** The same buttons at the top of a large screen and in a phone's list of more. */
export function ScreenTools({ workspace, upright, done = () => undefined }: ToolsProps) {
  const full = useFullScreen();
  const { undo } = workspace;
  const compared = workspace.hung === "compared";
  const comparable = compared || workspace.comparison(upright) !== null;
  return (
    <>
      <div class="more-pair">
        <button
          type="button"
          class="screen-tool"
          data-testid="undo"
          disabled={!undo.canUndo}
          onClick={() => undo.undo()}
        >
          <Icon name="undo" />
          <span>{words.undo}</span>
        </button>
        <button
          type="button"
          class="screen-tool"
          data-testid="redo"
          disabled={!undo.canRedo}
          onClick={() => undo.redo()}
        >
          <Icon name="redo" />
          <span>{words.redo}</span>
        </button>
      </div>
      {comparable && (
        <button
          type="button"
          class="screen-tool"
          data-testid="compare"
          aria-pressed={compared}
          onClick={() => {
            toggleComparison(workspace, upright);
            done();
          }}
        >
          <Icon name="compare" />
          <span>{words.compare}</span>
        </button>
      )}
      {canFillScreen() && (
        <button
          type="button"
          class="screen-tool"
          data-testid="full-screen"
          aria-pressed={full}
          onClick={() => {
            toggleFullScreen();
            done();
          }}
        >
          <Icon name="full" />
          <span>{words.fullScreen}</span>
        </button>
      )}
    </>
  );
}
