"""The invented patient, her two examinations, and what her radiologist wrote."""

from dataclasses import dataclass
from datetime import date, timedelta

from undisc.demo.pdf import Paragraph, one_page

INSTITUTION = "Riverside Imaging"
DISCLAIMER = "Demonstration, not a real patient: every name, number and finding here is invented."
STUDY_DESCRIPTION = "MR Head without contrast"


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as the modality's worklist would give her; dates are DICOM dates."""

    name: str
    spoken_name: str
    patient_id: str
    birth_date: str
    sex: str


@dataclass(frozen=True, slots=True)
class Examination:
    """One visit to the scanner; times are DICOM times."""

    name: str
    day: date
    time: str
    accession: str
    study_id: str

    @property
    def dicom_day(self) -> str:
        return self.day.strftime("%Y%m%d")


PATIENT = Patient("RIVERA^ELENA", "Elena Rivera", "DEMO-204817", "19840612", "F")


def examinations(now: date) -> tuple[Examination, Examination]:
    """The present one, three days old, and the prior, two years and a few days old."""
    present = now - timedelta(days=3)
    prior = now - timedelta(days=2 * 365 + 12)
    return (
        Examination("present", present, "101530", f"D{present:%y%m%d}01", "2"),
        Examination("prior", prior, "154210", f"D{prior:%y%m%d}01", "1"),
    )


def age(patient: Patient, day: date) -> str:
    """The patient's age as a DICOM age string, in whole years."""
    born = date.fromisoformat(patient.birth_date)
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return f"{years:03d}Y"


def report_pdf(present: Examination, prior: Examination) -> bytes:
    """The report on the present examination, one page."""
    born = date.fromisoformat(PATIENT.birth_date)
    heading = {"size": 11, "bold": True, "before": 11.0}
    return one_page(
        f"{STUDY_DESCRIPTION}: report (demonstration)",
        [
            Paragraph(INSTITUTION, size=18, bold=True),
            Paragraph("Department of Radiology", size=10, grey=0.35),
            Paragraph(DISCLAIMER, size=10.5, bold=True, before=12),
            Paragraph("Radiology report", size=14, bold=True, before=16),
            Paragraph(f"Patient: {PATIENT.spoken_name}, ID {PATIENT.patient_id}", before=6),
            Paragraph(f"Born {_spoken(born)}, female"),
            Paragraph(f"Examination: {STUDY_DESCRIPTION}, {_spoken(present.day)}"),
            Paragraph(f"Accession number: {present.accession}. Referred by Dr. Sample, family medicine"),
            Paragraph("Clinical information", **heading),
            Paragraph("Headaches for three months, worse in the morning. No focal deficit. Evaluate for a cause."),
            Paragraph("Comparison", **heading),
            Paragraph(f"{STUDY_DESCRIPTION} of {_spoken(prior.day)}."),
            Paragraph("Technique", **heading),
            Paragraph(
                "Axial T2-weighted, sagittal T1-weighted and coronal FLAIR sequences of the head at 1.5 tesla. "
                "No contrast agent was given."
            ),
            Paragraph("Findings", **heading),
            Paragraph(
                "The ventricles and sulci are of normal size for age and unchanged. There is no mass, no shift of the "
                "midline and no collection outside the brain. Gray and white matter are well differentiated; no "
                "abnormal signal is seen on FLAIR. Brain stem and cerebellum are unremarkable, and the cerebellar "
                "tonsils are in normal position. The pituitary gland is not enlarged. The orbits are symmetrical. "
                "The paranasal sinuses and mastoid air cells are clear. Marrow signal is normal."
            ),
            Paragraph("Impression", **heading),
            Paragraph("1. Normal MR examination of the head. No cause for the headaches is seen."),
            Paragraph("2. No change since the prior examination."),
            Paragraph("Electronically signed: A. Demo, MD, Radiology", before=18),
            Paragraph(DISCLAIMER, size=9, grey=0.35, before=24),
        ],
    )


def _spoken(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
