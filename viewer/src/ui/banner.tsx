import { dicomDate, personName } from "../messages/format";
import { words } from "../messages/index";
import type { StudyManifest } from "../source/model";
import { Icon } from "./icons";

/** Whose pictures these are: on the screen all the time, so that two patients cannot be mixed up. */
export function Banner({ study, leave }: { study: StudyManifest; leave: () => void }) {
  const { patient } = study;
  const name = personName(patient.name);
  const birth = dicomDate(patient.birthDate);
  const facts = [
    birth === "" ? "" : words.born(birth),
    words.sexes[patient.sex] ?? "",
    patient.id === "" ? "" : words.idNumber(patient.id),
  ].filter((fact) => fact !== "");
  return (
    <header class="banner">
      <div class="banner-who" data-testid="patient">
        <h1 dir="auto">{name === "" ? words.nameMissing : name}</h1>
        <p dir="auto">{facts.join(" · ")}</p>
      </div>
      <button type="button" class="banner-close" onClick={leave} aria-label={words.closePictures}>
        <Icon name="close" />
        <span>{words.close}</span>
      </button>
    </header>
  );
}
