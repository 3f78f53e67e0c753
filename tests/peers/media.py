"""All the real files on media of ours, in both forms, and what other software makes of their index."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from tests.factories.packages import write
from tests.peers.everything import Everything

from undisc.app import build_exporting
from undisc.dicom.model import Scanned
from undisc.dicom.pixels.decode import decode
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.model import PixelDescription
from undisc.dicom.scan import scan
from undisc.export.model import Kind
from undisc.export.service import Choices, Form, Package

# What says how pixels are coded, and what is left out of uncompressed files: offsets of frames, compressed icons.
_CODING = re.compile("0028(0004|0006|0008|0102|2110)|7FE0.*|00880200|....0000")


@dataclass(frozen=True)
class Medium:
    folder: Path
    package: Package

    def instances(self) -> Iterator[bytes]:
        for file in self.package.files:
            if file.kind is Kind.DICOM:
                yield (self.folder / file.path).read_bytes()

    def records(self, index: Path | None = None) -> dict[str, tuple[str, str]]:
        """By SOP Instance UID, the type of each record that refers to a file, and the file."""
        return {
            str(each.ReferencedSOPInstanceUIDInFile): (each.DirectoryRecordType, "/".join(each.ReferencedFileID))
            for each in pydicom.dcmread(index or self.folder / "DICOMDIR").DirectoryRecordSequence
            if "ReferencedFileID" in each
        }


@contextmanager
def medium(kept: Everything, folder: Path, form: Form) -> Iterator[Medium]:
    app = kept.door.app
    study_ids = [study.id for study in app.archive.studies()]
    with build_exporting(app).package(study_ids, Choices(form=form, viewer=False)) as package:
        write(package.files, folder)
        yield Medium(folder, package)


def elements(data: bytes) -> Mapping[str, Any]:
    """All that a file says but how its pixels are coded; bulk values by their length alone."""
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    model = re.sub(rb"\?offset=[0-9]+", b"", scanned.json)
    return {tag: value for tag, value in json.loads(model).items() if not _CODING.fullmatch(tag)}


def first_and_last_frame(data: bytes) -> tuple[np.ndarray, np.ndarray] | None:
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    description = describe(scanned)
    if not isinstance(description, PixelDescription) or scanned.inflated:
        return None
    return tuple(decode(data, scanned, description, at).values for at in (0, description.frames - 1))  # type: ignore[return-value]


def syntax_of(data: bytes) -> str:
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    return scanned.transfer_syntax
