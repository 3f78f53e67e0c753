"""Discs as they come over the counter: good ones, blank ones, and those that burners and attackers leave behind."""

import shutil
import warnings
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pycdlib
import pydicom
from pydicom.dataset import Dataset
from pydicom.fileset import DIRECTORY_RECORDERS, FileSet

from tests.factories.anatomy import head_mr
from tests.factories.instances import ADA, BERT, Patient, Place, image

README = "These images were made by a test. Insert the disc and wait for the viewer to start.\r\n"
_AUTORUN = "[autorun]\r\nopen=VIEWER\\VIEWER.EXE\r\nicon=VIEWER\\VIEWER.EXE,0\r\n"


@dataclass(frozen=True)
class MadeDisc:
    """What was put on a disc; `images` are the files, in the index's order, relative to the folder."""

    folder: Path
    images: tuple[str, ...]
    study_uids: tuple[str, ...]
    sop_uids: tuple[str, ...]


def make_disc(
    folder: Path,
    *,
    patient: Patient = ADA,
    others: tuple[Patient, ...] = (),
    studies: int = 1,
    series: int = 2,
    slices: int = 4,
    rows: int = 64,
    columns: int = 64,
    modality: str = "MR",
    with_dicomdir: bool = True,
    viewer_junk: bool = True,
    report_pdf: bytes | None = None,
) -> MadeDisc:
    """A disc with `series` series of `slices` slices in each of `studies` studies, for every patient."""
    folder.mkdir(parents=True, exist_ok=True)
    files = FileSet()
    DIRECTORY_RECORDERS["SERIES"] = _series_record
    for person in (patient, *others):
        for study in range(1, studies + 1):
            for number in range(1, series + 1):
                for position in range(1, slices + 1):
                    place = Place(study, number, position, slices)
                    files.add(image(person, place, modality=modality, rows=rows, columns=columns))
    files.ID = "UNDISCTEST"
    files.write(folder)
    images = tuple(Path(instance.path).relative_to(folder).as_posix() for instance in files)
    made = MadeDisc(
        folder,
        images,
        tuple(dict.fromkeys(str(instance.StudyInstanceUID) for instance in files)),
        tuple(str(instance.SOPInstanceUID) for instance in files),
    )
    if not with_dicomdir:
        (folder / "DICOMDIR").unlink()
    if viewer_junk:
        add_viewer(folder)
    if report_pdf is not None:
        (folder / "REPORT.PDF").write_bytes(report_pdf)
    return made


def _series_record(ds: Dataset) -> Dataset:
    """A series record that also describes the series, as burners write it and pydicom by itself does not."""
    record = Dataset()
    for keyword in ("Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "SpecificCharacterSet"):
        if keyword in ds:
            setattr(record, keyword, ds.get(keyword))
    return record


def add_viewer(folder: Path) -> None:
    """What burners put beside the images: a viewer that starts by itself, thumbnails, a text nobody reads."""
    (folder / "AUTORUN.INF").write_text(_AUTORUN, newline="")
    (folder / "README.TXT").write_text(README, newline="")
    (folder / "INDEX.HTM").write_text("<!DOCTYPE html><title>Images</title><p>Open VIEWER.EXE.</p>")
    viewer = folder / "VIEWER"
    viewer.mkdir(exist_ok=True)
    (viewer / "VIEWER.EXE").write_bytes(b"MZ\x90\x00\x03" + bytes(1019))
    (viewer / "MANUAL.PDF").write_bytes(pdf("How to use the viewer"))
    thumbnails = folder / "THUMBS"
    thumbnails.mkdir(exist_ok=True)
    for number in (1, 2):
        grey = (head_mr(64, 64, number / 3) // 5).astype(np.uint8)
        (thumbnails / f"T{number:07d}.JPG").write_bytes(imagecodecs.jpeg8_encode(grey))


def blank_disc(folder: Path) -> Path:
    """A disc with nothing on it."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def report_only_disc(folder: Path) -> Path:
    """A disc onto which somebody burned the report and forgot the images."""
    folder.mkdir(parents=True, exist_ok=True)
    add_viewer(folder)
    (folder / "REPORT.PDF").write_bytes(pdf("MR of the head: no abnormality seen."))
    return folder


def two_patients(folder: Path, *, slices: int = 2) -> MadeDisc:
    """One disc, two people."""
    return make_disc(folder, others=(BERT,), series=1, slices=slices)


def dicomdir_names_missing_files(folder: Path, *, missing: int = 2, slices: int = 4) -> MadeDisc:
    """A disc whose index lists `missing` files (its last ones) that are not there."""
    made = make_disc(folder, series=1, slices=slices, viewer_junk=False)
    for path in made.images[-missing:]:
        (folder / path).unlink()
    return made


def wrong_case_names(folder: Path, *, extension: str = "") -> MadeDisc:
    """A disc copied by something that made every name lower case, and perhaps added an extension to the images."""
    made = make_disc(folder, viewer_junk=False)
    renamed = tuple(f"{path.lower()}{extension}" for path in made.images)
    for path in made.images:
        (folder / path).rename(folder / f"{path}{extension}")
    for path in sorted(folder.rglob("*"), key=lambda item: len(item.parts), reverse=True):
        path.rename(path.with_name(path.name.lower()))
    return MadeDisc(folder, renamed, made.study_uids, made.sop_uids)


ESCAPES: tuple[list[str] | str, ...] = (
    ["..", "..", "etc", "passwd"],
    "../../../../etc/passwd",
    ["..\\..\\SECRET"],
    "/etc/passwd",
    ["C:", "WINDOWS", "WIN.INI"],
)


def escape_paths(folder: Path) -> MadeDisc:
    """A disc whose index points, in its first records, at places outside the disc (`ESCAPES`)."""
    made = make_disc(folder, series=1, slices=len(ESCAPES) + 2, viewer_junk=False)
    rewrite_file_ids(folder / "DICOMDIR", ESCAPES)
    return made


def rewrite_file_ids(dicomdir: Path, file_ids: tuple[list[str] | str, ...]) -> None:
    """Give the index's first image records other File IDs; the offsets in it are then wrong, as on many discs."""
    dataset = pydicom.dcmread(dicomdir)
    records = [record for record in dataset.DirectoryRecordSequence if record.get("ReferencedFileID")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom says of each of these that it is no File ID
        for record, file_id in zip(records, file_ids, strict=False):
            record.ReferencedFileID = file_id
        dataset.save_as(dicomdir)


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of text, with a correct cross-reference table."""
    shown = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    stream = f"BT /F1 12 Tf 72 720 Td ({shown}) Tj ET".encode("latin-1", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def as_zip(folder: Path, out: Path) -> Path:
    """The folder as somebody would zip it."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return out


def as_iso(
    folder: Path, out: Path, *, level: int = 1, joliet: bool = False, rock_ridge: bool = False, udf: bool = False
) -> Path:
    """The folder as a disc image. Plain names are cut to what the level allows, and numbered where they collide."""
    image_file = pycdlib.PyCdlib()
    image_file.new(
        interchange_level=level,
        vol_ident="UNDISCTEST",
        joliet=3 if joliet else None,
        rock_ridge="1.09" if rock_ridge else None,
        udf="2.60" if udf else None,
    )
    plain: dict[Path, str] = {folder: ""}
    for path in sorted(folder.rglob("*")):
        taken = set(plain.values())
        parent = plain[path.parent]
        plain[path] = name = _plain_name(path, parent, taken, level)
        long = "/" + path.relative_to(folder).as_posix()
        extra: dict[str, Any] = {}
        if joliet:
            extra["joliet_path"] = long
        if rock_ridge:
            extra["rr_name"] = path.name
        if udf:
            extra["udf_path"] = long
        if path.is_dir():
            image_file.add_directory(name, **extra)
        else:
            data = path.read_bytes()
            image_file.add_fp(BytesIO(data), len(data), f"{name};1", **extra)
    image_file.write(str(out))
    image_file.close()
    return out


def _plain_name(path: Path, parent: str, taken: set[str], level: int) -> str:
    longest = 8 if level == 1 else 26

    def allowed(text: str) -> str:
        return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text.upper())

    stem = allowed(path.name if path.is_dir() else path.stem)[:longest]
    suffix = "" if path.is_dir() else "." + allowed(path.suffix.lstrip("."))[:3]
    name, turn = f"{parent}/{stem}{suffix}", 1
    while name in taken:
        name = f"{parent}/{stem[: longest - 3]}{turn:03d}{suffix}"
        turn += 1
    return name


def copied(disc: Path, to: Path) -> Path:
    """The disc copied to a hard disk."""
    return Path(shutil.copytree(disc, to))
