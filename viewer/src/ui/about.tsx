import { day } from "../messages/format";
import { words } from "../messages/index";
import type { FrameSource } from "../source/frame-source";
import { type StudyManifest, shareAddress } from "../source/model";
import { Originals } from "./disc";
import { FolderAbout, OtherDiscButton } from "./folder";
import { Icon } from "./icons";
import { LanguageField } from "./language";

/** Taking the originals along, who shares them and until when, and the language. */
export function About({ study, source }: { study: StudyManifest; source: FrameSource }) {
  const { from, until, mayDownload } = study;
  const whole = source.downloadAddress();
  const last = day(until);
  return (
    <div class="about">
      {study.mine && (
        <a class="download" data-testid="share" href={shareAddress(study)}>
          <Icon name="share" />
          <span>{words.door.share}</span>
        </a>
      )}
      {source.folder !== undefined ? (
        <FolderAbout folder={source.folder} />
      ) : source.disc !== undefined ? (
        <>
          <Originals disc={source.disc} />
          <OtherDiscButton open={source.disc.openOther} />
        </>
      ) : mayDownload && whole !== null ? (
        <>
          <a class="download" data-testid="download" href={whole} download>
            <Icon name="download" />
            <span>{words.download}</span>
          </a>
          {source.discAddress !== undefined && (
            <a class="download" data-testid="download-disc" href={source.discAddress()} download>
              <Icon name="download" />
              <span>{words.downloadDisc}</span>
            </a>
          )}
        </>
      ) : (
        <p data-testid="view-only">{words.viewOnly}</p>
      )}
      {from !== "" && <p>{last === "" ? words.sharedNoteForever(from) : words.sharedNote(from, last)}</p>}
      <LanguageField />
    </div>
  );
}
