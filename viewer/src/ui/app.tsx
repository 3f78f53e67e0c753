import { useEffect, useState } from "preact/hooks";
import { DecodePool } from "../decode/pool";
import type { Door } from "../link/door";
import { ByteBudget, pictureBudget } from "../loading/memory";
import { type Held, release } from "../loading/series";
import { languageChoice } from "../messages/index";
import { prepareDrawing } from "../render/prepare";
import type { FrameSource } from "../source/frame-source";
import type { StudyManifest } from "../source/model";
import { Workspace } from "../viewer/workspace";
import { RefusedPage } from "./disc";
import { ClosedPage, LeftPage, OpeningPage, PasscodePage, UnreachablePage } from "./pages";
import { QuestionPage } from "./questions";
import { useChanges } from "./use-changes";
import { ViewerScreen } from "./viewer-screen";

interface Network {
  saveData?: boolean;
}

const pool = new DecodePool();

function newWorkspace(study: StudyManifest, source: FrameSource, door: Door): Workspace {
  const { deviceMemory, connection } = navigator as { deviceMemory?: number; connection?: Network };
  const smallTouch = matchMedia("(pointer: coarse)").matches && Math.min(screen.width, screen.height) < 600;
  return new Workspace(study, {
    source,
    pool,
    memory: new ByteBudget<Held>(pictureBudget({ memory: deviceMemory, smallTouch }), release),
    frugal: connection?.saveData === true,
    closed: () => door.shut(),
  });
}

export function App({ door, source }: { door: Door; source: FrameSource }) {
  useChanges(door);
  useChanges(languageChoice);
  const { state } = door;
  const study = state.phase === "open" ? state.study : null;
  const [workspace, setWorkspace] = useState<Workspace | null>(null);
  useEffect(() => {
    if (study === null) {
      return;
    }
    const made = newWorkspace(study, source, door);
    setWorkspace(made);
    return () => {
      setWorkspace(null);
      made.stop();
    };
  }, [study, source, door]);
  const { phase } = state;
  useEffect(() => {
    if (phase === "locked" || phase === "asked") {
      // While the passcode is typed the line and the machine have nothing else to do.
      const timer = setTimeout(() => {
        pool.warm();
        prepareDrawing();
      }, 100);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [phase]);
  switch (state.phase) {
    case "opening":
      return <OpeningPage />;
    case "locked":
      return <PasscodePage door={door} state={state} />;
    case "asked":
      return <QuestionPage door={door} state={state} />;
    case "closed":
      return <ClosedPage />;
    case "unreachable":
      return <UnreachablePage again={() => void door.knock()} />;
    case "refused":
      return <RefusedPage why={state.why} again={() => void door.knock()} openOther={source.disc?.openOther} />;
    case "left":
      return <LeftPage />;
    case "open":
      return workspace === null ? null : (
        <ViewerScreen
          // Another language is said everywhere at once.
          key={languageChoice.current}
          workspace={workspace}
          source={source}
          leave={() => door.leave()}
        />
      );
  }
}
