import type { ComponentChildren } from "preact";
import { dicomDate, personName } from "../messages/format";
import { words } from "../messages/index";
import type { Patient } from "../source/model";
import { Icon } from "./icons";

const nameOf = (patient: Patient) => personName(patient.name) || words.nameMissing;

function factsOf(patient: Patient): string[] {
  const birth = dicomDate(patient.birthDate);
  return [
    birth === "" ? "" : words.born(birth),
    words.sexes[patient.sex] ?? "",
    patient.id === "" ? "" : words.idNumber(patient.id),
  ].filter((fact) => fact !== "");
}

interface BannerProps {
  /** Whose pictures the active cell shows. */
  patient: Patient;
  leave: () => void;
  children?: ComponentChildren;
}

/** Whose pictures these are: on the screen all the time, so that two patients cannot be mixed up. */
export function Banner({ patient, leave, children }: BannerProps) {
  return (
    <header class="banner">
      <div class="banner-who" data-testid="patient">
        <h1 dir="auto">{nameOf(patient)}</h1>
        <p dir="auto">{factsOf(patient).join(" · ")}</p>
      </div>
      <div class="screen-tools">{children}</div>
      <button type="button" class="banner-close" onClick={leave} aria-label={words.closePictures}>
        <Icon name="close" />
        <span>{words.close}</span>
      </button>
    </header>
  );
}

/** Said across the cells for as long as pictures of more than one person are on the screen. */
export function PatientsWarning({ patients }: { patients: readonly Patient[] }) {
  if (patients.length < 2) {
    return null;
  }
  return (
    <div class="patients-warning" role="alert" data-testid="patients-warning">
      <Icon name="warning" />
      <p>
        <strong>{words.severalPatients(patients.length)}</strong>{" "}
        {patients.map((patient) => [nameOf(patient), ...factsOf(patient).slice(0, 1)].join(", ")).join(" — ")}
      </p>
    </div>
  );
}
