"""What else lies on a disc: the page people see first, a read-me, and a viewer for one kind of computer (IHE PDI)."""

import html
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from pydicom.dataset import Dataset

from undisc.demo.case import DISCLAIMER, INSTITUTION, PATIENT, STUDY_DESCRIPTION, Examination


def _text(content: str) -> bytes:
    """Plain ASCII with the line ends of the computers such discs are made for."""
    return content.replace("\n", "\r\n").encode("ascii")


EXTRAS_README = _text(
    "Sample images that come with the pydicom software: CT, ultrasound and colour.\n"
    "They belong to other patients than the head MR of the demonstration.\n"
)
# Begins as a Windows program does, and is none: importers must leave it alone, and nobody can run it.
_VIEWER = b"MZ" + b"\0" * 62 + _text("This file stands for the viewer that discs carry. It does nothing.\n")
_AUTORUN = _text(f"[autorun]\nopen=VIEWER.EXE\nlabel={INSTITUTION}\n")


def loose_files(
    present: Examination, prior: Examination, files: list[tuple[PurePosixPath, Dataset]]
) -> Iterator[tuple[str, bytes]]:
    """Name and content of everything in the root beside the DICOMDIR and the report."""
    counts = Counter(ds.StudyDate for _, ds in files if ds.Modality != "DOC")
    yield "INDEX.HTM", _index_page(present, prior, counts)
    yield "README.TXT", _readme(present, prior, counts)
    yield "AUTORUN.INF", _AUTORUN
    yield "VIEWER.EXE", _VIEWER


def _index_page(present: Examination, prior: Examination, counts: Counter[str]) -> bytes:
    rows = "".join(
        f"<tr><td>{one.day.isoformat()}</td><td>{html.escape(STUDY_DESCRIPTION)}</td>"
        f"<td>{counts[one.dicom_day]} images</td></tr>\n"
        for one in (present, prior)
    )
    return _text(
        "<!DOCTYPE html>\n"
        f'<html lang="en"><head><meta charset="us-ascii"><title>{INSTITUTION}</title></head><body>\n'
        f"<h1>{INSTITUTION}</h1>\n<p><strong>{DISCLAIMER}</strong></p>\n"
        f"<p>Patient: {html.escape(PATIENT.spoken_name)}, ID {html.escape(PATIENT.patient_id)}</p>\n"
        f"<table>\n{rows}</table>\n"
        "<p>All images and the report can be imported; the file DICOMDIR lists them.</p>\n"
        '<ul><li><a href="REPORT.PDF">Report (PDF)</a></li><li><a href="README.TXT">README.TXT</a></li></ul>\n'
        "</body></html>\n"
    )


def _readme(present: Examination, prior: Examination, counts: Counter[str]) -> bytes:
    lines = "\n".join(
        f"  {one.day.isoformat()}  {STUDY_DESCRIPTION}, {counts[one.dicom_day]} images" for one in (present, prior)
    )
    return _text(
        f"{INSTITUTION}\n\n{DISCLAIMER}\n\n"
        f"This disc holds DICOM images and a report:\n{lines}\n\n"
        "DICOMDIR     index of the images, for DICOM software\n"
        "DICOM        the images\n"
        "REPORT.PDF   the report\n"
        "INDEX.HTM    contents of this disc, for a web browser\n"
        "VIEWER.EXE   stands for the viewer that discs carry; it does nothing\n"
    )
