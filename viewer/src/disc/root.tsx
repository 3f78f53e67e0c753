/** The pictures of this disc, or of another one that somebody opens. */

import { useState } from "preact/hooks";
import { Door } from "../link/door";
import type { DiscFrameSource } from "../source/disc";
import type { FrameSource } from "../source/frame-source";
import { App } from "../ui/app";
import { FolderPage } from "../ui/folder";
import { fetchFolderCodec, folderReader } from "./other";

interface Opened {
  source: FrameSource;
  door: Door;
}

/** `ask` is given what leads to another disc. */
export function DiscRoot({ own, ask }: { own: Opened & { source: DiscFrameSource }; ask: (open: () => void) => void }) {
  const [shown, setShown] = useState<Opened>(own);
  const [choosing, setChoosing] = useState(false);
  const openOther = () => setChoosing(true);
  ask(openOther);
  if (!choosing) {
    return <App key={shown === own ? "own" : "other"} door={shown.door} source={shown.source} />;
  }
  return (
    <FolderPage
      reader={folderReader}
      around={{ fetchCodec: fetchFolderCodec, openOther }}
      opened={(source) => {
        if (shown !== own) {
          shown.source.forget();
        }
        const door = new Door(source);
        void door.knock();
        setShown({ source, door });
        setChoosing(false);
      }}
      back={() => setChoosing(false)}
    />
  );
}
