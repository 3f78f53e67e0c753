"""Burning it: the two discs of the demonstration as folders, laid out as a department's workstation lays them out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from pydicom import dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from undisc.demo import wrapping
from undisc.demo.acquisition import AXIAL, CORONAL, SAGITTAL, Pose, Prescription, acquire
from undisc.demo.case import Examination, examinations, report_pdf
from undisc.demo.contrast import FLAIR, T1, T2, Contrast
from undisc.demo.dicomdir import make_dicomdir
from undisc.demo.head import Head, make_head
from undisc.demo.instances import Sequence, derived_uid, images, report, study_uid
from undisc.dicom.uid import StudyUID

_HEAD_SEED = 7
# CT, an ultrasound loop in JPEG, colour and palette colour: files that the pydicom wheel carries.
_EXTRAS = ("CT_small.dcm", "examples_ybr_color.dcm", "examples_rgb_color.dcm", "examples_palette.dcm")


@dataclass(frozen=True, slots=True)
class DemoDisc:
    """What was burned.

    folder: the root of the patient's disc, with a DICOMDIR; extras: the root of a second disc, of other patients.
    report: the radiologist's report as a loose PDF on the first disc. instances: DICOM instances on the first disc.
    """

    folder: Path
    extras: Path
    report: Path
    study_uid: StudyUID
    prior_uid: StudyUID
    instances: int
    extra_uids: tuple[StudyUID, ...]


@dataclass(frozen=True, slots=True)
class _Scan:
    examination: Examination
    sequence: Sequence
    contrast: Contrast
    prescription: Prescription
    pose: Pose
    noise: float
    gain: float


def make_demo_disc(folder: Path, *, now: date) -> DemoDisc:
    """Write the patient's disc to folder/disc and the second one to folder/extras; the same day gives the same bytes.

    Files of the same names there are overwritten. Raises OSError where the folder cannot be written to.
    """
    present, prior = examinations(now)
    disc = folder / "disc"
    pdf = report_pdf(present, prior)
    files = list(_patient_files(disc, present, prior, pdf))
    _write(disc / "DICOMDIR", _index(files, "RIVERSIDE", present.dicom_day))
    _write(disc / "REPORT.PDF", pdf)
    for name, content in wrapping.loose_files(present, prior, files):
        _write(disc / name, content)
    extras = folder / "extras"
    others = list(_extra_files(extras))
    _write(extras / "DICOMDIR", _index(others, "SAMPLES", "extras"))
    _write(extras / "README.TXT", wrapping.EXTRAS_README)
    return DemoDisc(
        folder=disc,
        extras=extras,
        report=disc / "REPORT.PDF",
        study_uid=StudyUID(study_uid(present)),
        prior_uid=StudyUID(study_uid(prior)),
        instances=len(files),
        extra_uids=tuple(StudyUID(uid) for uid in dict.fromkeys(str(ds.StudyInstanceUID) for _, ds in others)),
    )


def _patient_files(
    disc: Path, present: Examination, prior: Examination, pdf: bytes
) -> Iterator[tuple[PurePosixPath, Dataset]]:
    head = make_head(_HEAD_SEED)
    order = {present.name: 1, prior.name: 2}
    for scan in _scans(present, prior):
        where = PurePosixPath("DICOM", f"ST{order[scan.examination.name]:06d}", f"SE{scan.sequence.number:06d}")
        for ds in _scanned(head, scan):
            yield _save(disc, where / f"MR{ds.InstanceNumber:06d}", ds)
    document = report(present, 99, "Radiology report", pdf)
    yield _save(disc, PurePosixPath("DICOM", "ST000001", "SE000099", "PDF00001"), document)


def _scanned(head: Head, scan: _Scan) -> Iterator[Dataset]:
    seed = int(derived_uid("noise", scan.examination.name, str(scan.sequence.number))[5:]) % 2**63
    stack = acquire(head, scan.contrast, scan.prescription, scan.pose, noise=scan.noise, gain=scan.gain, seed=seed)
    yield from images(scan.examination, scan.sequence, scan.prescription, stack)


def _scans(present: Examination, prior: Examination) -> Iterator[_Scan]:
    lying = Pose(pitch=5.0, roll=1.5, yaw=-2.0, shift=(1.2, -8.4, 12.6))
    yield _Scan(
        present,
        Sequence(2, "Axial T2", "SE", "SK", 4800, 98, 15, 640, 1280),
        T2,
        Prescription(AXIAL, (0, -12, 7), 256, 0.9375, 50, 3.0, 3.0),
        lying, 0.018, 1500,
    )  # fmt: skip
    yield _Scan(
        present,
        Sequence(3, "Sagittal T1", "SE", "SK", 520, 11, 1, 620, 1240),
        T1,
        Prescription(SAGITTAL, (0, -14, -18), 256, 1.0, 50, 3.0, 3.0),
        lying, 0.016, 1500,
    )  # fmt: skip
    yield _Scan(
        present,
        Sequence(4, "Coronal FLAIR", "SE\\IR", "SK", 9000, 114, 21, 580, 1160, inversion_time=2500),
        FLAIR,
        Prescription(CORONAL, (0, -17, -5), 256, 0.9375, 50, 3.2, 3.6),
        lying, 0.018, 1500,
    )  # fmt: skip
    before = Pose(pitch=-4.0, roll=-2.5, yaw=3.0, shift=(-3.8, -2.1, 21.3))
    yield _Scan(
        prior,
        Sequence(2, "Axial T2", "SE", "SK", 4000, 102, 12, 560, 1180),
        T2,
        Prescription(AXIAL, (1, -11, 6), 256, 0.898438, 24, 5.5, 6.5),
        before, 0.028, 1350,
    )  # fmt: skip
    yield _Scan(
        prior,
        Sequence(3, "Axial T1", "SE", "SK", 480, 12, 1, 540, 1120),
        T1,
        Prescription(AXIAL, (1, -11, 6), 256, 0.898438, 24, 5.5, 6.5),
        before, 0.026, 1350,
    )  # fmt: skip


def _extra_files(disc: Path) -> Iterator[tuple[PurePosixPath, Dataset]]:
    for number, name in enumerate(_EXTRAS, start=1):
        found = get_testdata_file(name, download=False)
        content = Path(str(found)).read_bytes()
        ds = dcmread(str(found), stop_before_pixels=True)
        path = PurePosixPath("DICOM", f"PT{number:06d}", f"{ds.Modality[:2]}{number:06d}")
        _write(disc / path, content)
        yield path, ds


def _save(disc: Path, path: PurePosixPath, ds: Dataset) -> tuple[PurePosixPath, Dataset]:
    """Write the instance; what is handed back is without its pixels, so that a disc never lies in memory whole."""
    target = disc / path
    target.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(target, ds, enforce_file_format=True)
    for keyword in ("PixelData", "EncapsulatedDocument"):
        if keyword in ds:
            delattr(ds, keyword)
    return path, ds


def _index(files: list[tuple[PurePosixPath, Dataset]], file_set_id: str, name: str) -> bytes:
    return make_dicomdir(
        files,
        file_set_id=file_set_id,
        uid=derived_uid("file-set", file_set_id, name),
        implementation=derived_uid("implementation"),
    )


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
