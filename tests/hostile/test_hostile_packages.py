"""Images that were made to do harm leave on a medium as the data they are: pages stay pages, and names stay names."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from tests.factories.instances import ADA, Place, image

from undisc.app import build, build_exporting
from undisc.export.model import Kind
from undisc.export.service import Choices, ReportFile
from undisc.settings import Settings

_SAID = ("PatientName", "PatientID", "StudyDescription", "SeriesDescription", "StudyID", "InstitutionName")
_NAME = r"[A-Z0-9_]{1,8}(\.[A-Z0-9]{1,3})?"
_MARKUP = "</title><script>alert(1)</script>"


def test_hostile_values_go_nowhere_but_into_text(tmp_path: Path) -> None:
    disc = tmp_path / "disc"
    disc.mkdir()
    for number, (charset, name, title) in enumerate(
        (
            ("ISO_IR 192", _MARKUP, f"a\r\nMade by: {_MARKUP}"),
            ("ISO 2022 IR 87", "\udcff\udc80^\udc9b", "../../AUTORUN.INF"),
            ("nonsense", "..\\..\\x", "x" * 60_000),
        ),
        1,
    ):
        dataset = image(ADA, Place(number), rows=8, columns=8)
        dataset.SpecificCharacterSet = charset
        for keyword in _SAID:
            text = (name if keyword.startswith("Patient") else title).encode("utf-8", "surrogateescape")
            tag, text = Tag(keyword), text + b" " * (len(text) % 2)
            dataset[tag] = RawDataElement(tag, dataset[tag].VR, len(text), text, 0, False, True)
        dataset.save_as(disc / str(number))
    app = build(Settings(data_dir=tmp_path / "data", workers=1, free_space_mb=0, place_name=_MARKUP))
    try:
        app.intake.take_in([disc])
        study_ids = [study.id for study in app.archive.studies()]
        assert len(study_ids) == 3
        report = ReportFile("../../evil.exe\r\n<b>", 1, lambda: io.BytesIO(b"x"))
        with build_exporting(app).package(
            study_ids, Choices(viewer=False, for_whom=_MARKUP, reports=(report,))
        ) as made:
            content = {file.path: file.open().read() for file in made.files}
            dicom = [file.path for file in made.files if file.kind is Kind.DICOM]
    finally:
        app.close()
    assert all(
        re.fullmatch(r"[A-Z0-9_]{1,8}(\.[A-Z0-9]{1,3})?(/[A-Z0-9_]{1,8}(\.[A-Z0-9]{1,3})?)*", each) for each in content
    )
    for path in ("INDEX.HTM", "IHE_PDI/INDEX.HTM"):
        tree = ElementTree.fromstring(content[path].decode().removeprefix("<!DOCTYPE html>"))
        assert not [element for element in tree.iter() if element.tag.endswith("script")]
        assert "alert(1)" in "".join(tree.itertext())
        assert len(content[path]) < 20_000
    readme = content["README.TXT"].decode().split("\r\n")
    assert sum(line.startswith("Made by:") for line in readme) == 1
    index = pydicom.dcmread(io.BytesIO(content["DICOMDIR"]))
    records = list(index.DirectoryRecordSequence)
    assert ["/".join(each.ReferencedFileID) for each in records if "ReferencedFileID" in each] == dicom
    assert all(len(str(element.value)) <= 200 for record in records for element in record if element.VR != "SQ")
