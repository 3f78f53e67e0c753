"""Proves that notes come in by links that say so, and by no others; that they become DICOM that others read, tied to
the pictures that they are on; and that nothing hostile in them gets any further."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from pydicom.uid import SecondaryCaptureImageStorage
from tests.door.storing import StoringDoor, as_bytes, storing_door
from tests.factories.instances import ADA, BERT, Place, image

from undisc.annotations.model import Kept, Refusal, Refused
from undisc.annotations.reading import MOST_BYTES
from undisc.annotations.service import Annotating
from undisc.sharing.model import NewLink, Permit, Subject, Use

GRAYSCALE = "1.2.840.10008.5.1.4.1.1.11.1"
COLOUR = "1.2.840.10008.5.1.4.1.1.11.2"
KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
REPORT = "1.2.840.10008.5.1.4.1.1.88.22"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[StoringDoor]:
    """Two CT slices of Ada, and one of Bert."""
    with storing_door(tmp_path / "data") as running:
        files = [image(ADA, Place(1, 1, number, 3), modality="CT", rows=32, columns=48) for number in (1, 2)]
        files.append(photograph())
        files.append(image(BERT, Place(1, 1, 1, 1), modality="CT", rows=32, columns=48))
        with running.reception.delivery("stow", "test") as delivery:
            for file in files:
                delivery.receive(as_bytes(file))
            delivery.finish(last=True)
        running.app.archive.derive_pending()
        yield running


def photograph() -> pydicom.FileDataset:
    """A picture in colour, of Ada's study too."""
    made = image(ADA, Place(1, 2, 1, 1), rows=32, columns=48)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    made.Modality, made.ConversionType = "XC", "DI"
    made.SamplesPerPixel, made.PlanarConfiguration, made.PhotometricInterpretation = 3, 0, "RGB"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.PixelData = bytes(32 * 48 * 3)
    return made


def open_link(door: StoringDoor, *, may_annotate: bool = True, **terms: Any) -> tuple[NewLink, httpx.Client]:
    """A link to Ada's study, open in a browser of its own."""
    study = next(row.id for row in door.app.archive.studies() if row.patient_id == ADA.id)
    link = door.app.sharing.create_link([study], may_annotate=may_annotate, **terms)
    browser = httpx.Client(base_url=door.base, timeout=60)
    assert browser.post(f"/s/{link.link.id}/open", json={"secret": link.secret}).status_code == 200
    return link, browser


def instances(door: StoringDoor, patient: str = ADA.id, modality: str = "CT") -> list[int]:
    study = next(row.id for row in door.app.archive.studies() if row.patient_id == patient)
    series = [one for one in door.app.archive.series_of(study) if one.modality == modality]
    return [row.id for one in series for row in door.app.archive.instances_of(one.id)]


def note(kind: str, instance: int, *points: tuple[float, float], words: str = "", frame: int = 0) -> dict[str, Any]:
    return {
        "kind": kind,
        "on": {"series": 1, "instance": instance, "frame": frame},
        "points": [{"column": column, "row": row} for column, row in points],
        "words": words,
    }


def every_kind(instance: int) -> list[dict[str, Any]]:
    return [
        note("length", instance, (1, 2), (30.5, 20.25), words="31.4 mm"),
        note("angle", instance, (1, 1), (10, 10), (20, 1), words="90°"),
        note("cobb", instance, (1, 1), (10, 2), (1, 20), (10, 25), words="12.5°"),
        note("ellipse", instance, (30, 20), (10, 4), words="Mean 40.1 HU\nSD 6.9\nFrom -2 to 90\n120.5 mm²")
        | {"values": {"mean": -1020.5, "deviation": 2.5, "least": -1024, "most": -1000}},
        note("ellipse", instance, (30, 4), (34, 20)),
        note("rectangle", instance, (5, 5), (8, 9), words="Mean 3 HU"),
        note("point", instance, (12.5, 7.5), words="27 HU"),
        note("arrow", instance, (20, 20), (40, 30), words="<script>alert(1)</script> 肺?"),
    ]


def keep(browser: httpx.Client, link: NewLink, measurements: list[Any], stars: list[Any] | None = None) -> Any:
    return browser.post(f"/s/{link.link.id}/annotations", json={"measurements": measurements, "stars": stars or []})


def made(door: StoringDoor) -> list[Path]:
    """The files of what was made of notes."""
    return [path for path in door.originals() if pydicom.dcmread(path).Modality in ("PR", "KO", "SR")]


def test_notes_are_kept_as_presentation_states_and_key_objects(door: StoringDoor) -> None:
    link, browser = open_link(door)
    first, second = instances(door)
    stars = [{"series": 1, "instance": second, "frame": 0}]
    answer = keep(browser, link, [*every_kind(first), note("length", second, (1, 1), (2, 2))], stars)
    assert (answer.status_code, answer.json()) == (201, {"instances": 4})
    found = [pydicom.dcmread(path) for path in made(door)]
    states = [each for each in found if each.SOPClassUID == GRAYSCALE]
    (key,) = [each for each in found if each.SOPClassUID == KEY_OBJECTS]
    assert len(states) == 2
    assert len({each.SeriesInstanceUID for each in states}) == 1
    picture = door.app.archive.instance(first)
    assert picture is not None
    (state,) = [each for each in states if len(each.GraphicAnnotationSequence[0].GraphicObjectSequence) > 1]
    assert (state.PatientName, state.PatientID, state.StudyInstanceUID) == (ADA.name, ADA.id, picture.names.study)
    (series,) = state.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == picture.names.series
    assert series.ReferencedImageSequence[0].ReferencedSOPInstanceUID == picture.names.instance
    assert (state.RescaleIntercept, state.SoftcopyVOILUTSequence[0].WindowWidth) == (-1024, 400)
    graphics = state.GraphicAnnotationSequence[0].GraphicObjectSequence
    assert list(graphics[0].GraphicData) == [1, 2, 30.5, 20.25]
    ellipses = [list(each.GraphicData) for each in graphics if each.GraphicType == "ELLIPSE"]
    # The major axis first, whichever way it lies.
    assert ellipses == [[10, 12, 30, 12, 20, 4, 20, 20], [32, 4, 32, 20, 30, 12, 34, 12]]
    words = [each.UnformattedTextValue for each in state.GraphicAnnotationSequence[0].TextObjectSequence]
    assert "31.4 mm" in words
    assert "<script>alert(1)</script> 肺?" in words
    starred = door.app.archive.instance(second)
    assert starred is not None
    assert key.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == starred.names.instance
    evidence = key.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == starred.names.instance


def test_what_was_measured_becomes_a_report_that_other_software_computes_with(door: StoringDoor) -> None:
    link, browser = open_link(door)
    first, second = instances(door)
    assert keep(browser, link, [*every_kind(first), note("length", second, (1, 1), (2, 2))]).status_code == 201
    (made_of,) = [each for path in made(door) if (each := pydicom.dcmread(path)).SOPClassUID == REPORT]
    assert (made_of.CompletionFlag, made_of.VerificationFlag) == ("PARTIAL", "UNVERIFIED")
    *_, measurements = made_of.ContentSequence
    groups = [list(group.ContentSequence) for group in measurements.ContentSequence]
    assert len(groups) == 9
    assert len({items[1].UID for items in groups}) == 9, "each measurement can be tracked by itself"
    length = groups[0][2]
    (value,) = length.MeasuredValueSequence
    spacing = pydicom.dcmread(door.originals()[0]).PixelSpacing
    worked_out = ((29.5 * spacing[1]) ** 2 + (18.25 * spacing[0]) ** 2) ** 0.5
    assert float(value.NumericValue) == pytest.approx(worked_out, abs=0.01), "not the 31.4 mm that were sent"
    assert value.MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    (mark,) = length.ContentSequence
    assert (mark.GraphicType, list(mark.GraphicData)) == ("POLYLINE", [1, 2, 30.5, 20.25])
    picture = door.app.archive.instance(first)
    assert picture is not None
    referenced = mark.ContentSequence[0].ReferencedSOPSequence[0]
    assert referenced.ReferencedSOPInstanceUID == picture.names.instance
    oval = groups[3]
    assert oval[2].GraphicType == "ELLIPSE"
    numbers = [each.MeasuredValueSequence[0] for each in oval[3:]]
    assert [each.MeasurementUnitsCodeSequence[0].CodeValue for each in numbers] == ["mm2", *["[hnsf'U]"] * 4]
    assert [float(each.NumericValue) for each in numbers[1:]] == [-1020.5, 2.5, -1024, -1000]


def test_the_report_of_notes_is_read_and_drawn_by_links(door: StoringDoor) -> None:
    link, browser = open_link(door)
    first, _ = instances(door)
    assert keep(browser, link, every_kind(first)).status_code == 201
    door.app.archive.derive_pending()
    (report,) = instances(door, modality="SR")
    told = browser.get(f"/s/{link.link.id}/reports/{report}").json()
    assert told["title"] == "Imaging Measurement Report"
    assert {mark["instance"] for mark in told["marks"]} == {first}
    by_words = {mark["words"]: mark["shapes"] for mark in told["marks"]}
    assert [shape["points"] for shape in by_words["Length: 201.22 mm"]] == [[1, 2, 30.5, 20.25]]
    assert len(by_words["Cobb angle: 30.34°"]) == 2, "two lines, said once"
    assert "Mean: -1020.5 HU" in next(words for words in by_words if words.startswith("Area: 9424.78 mm²"))
    assert [shape["kind"] for shape in by_words["<script>alert(1)</script> 肺?"]] == ["point"]
    (measurements,) = [block for block in told["blocks"] if block["name"] == "Imaging Measurements"]
    assert [block["name"] for block in measurements["blocks"]][:3] == ["Length 1", "Angle 1", "Two lines 1"]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_dciodvfy_finds_no_error_in_what_is_made(door: StoringDoor) -> None:
    link, browser = open_link(door)
    first, second = instances(door)
    stars = [{"series": 1, "instance": each, "frame": 0} for each in (first, second)]
    (colour,) = instances(door, modality="XC")
    assert keep(browser, link, [*every_kind(first), *every_kind(colour)], stars).status_code == 201
    assert {pydicom.dcmread(path).SOPClassUID for path in made(door)} == {GRAYSCALE, COLOUR, KEY_OBJECTS, REPORT}
    for path in made(door):
        done = subprocess.run(["dciodvfy", str(path)], capture_output=True, timeout=60, check=False)
        told = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert re.findall(r"^Error - .*$", told, re.MULTILINE) == []


def test_the_trail_names_the_link_and_nothing_of_the_notes(door: StoringDoor) -> None:
    link, browser = open_link(door)
    keep(browser, link, [note("arrow", instances(door)[0], (1, 1), (9, 9), words="a secret thought")])
    action, actor, subject = door.acts()[-1]
    assert (action, actor, subject["stored"]) == ("imported", f"link:{link.link.id}", 2)
    assert "secret thought" not in json.dumps(door.acts())


def test_a_link_that_does_not_say_so_keeps_no_notes(door: StoringDoor) -> None:
    link, browser = open_link(door, may_annotate=False)
    manifest = browser.get(f"/s/{link.link.id}/study").json()
    assert manifest["may_annotate"] is False
    answer = keep(browser, link, every_kind(instances(door)[0]))
    assert (answer.status_code, answer.json()["type"]) == (403, "not-for-notes")
    assert made(door) == []


def test_a_link_that_says_so_adds_nothing_else(door: StoringDoor) -> None:
    link, browser = open_link(door)
    headers = {"Authorization": f"Bearer {link.secret}", "Content-Type": "application/dicom"}
    answer = browser.post(f"/s/{link.link.id}/dicom-web/studies", content=b"", headers=headers)
    assert answer.status_code in (401, 403, 404)
    assert made(door) == []


def test_a_secret_without_a_session_keeps_no_notes(door: StoringDoor) -> None:
    link, _ = open_link(door)
    with httpx.Client(base_url=door.base) as stranger:
        assert keep(stranger, link, every_kind(instances(door)[0])).status_code == 404
    assert made(door) == []


def test_another_site_keeps_no_notes(door: StoringDoor) -> None:
    link, browser = open_link(door)
    told = {"measurements": every_kind(instances(door)[0]), "stars": []}
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = browser.post(f"/s/{link.link.id}/annotations", json=told, headers=elsewhere)
    assert answer.status_code == 403
    assert made(door) == []


@pytest.mark.parametrize("fate", ["revoked", "expired"])
def test_a_closed_link_keeps_no_notes(door: StoringDoor, fate: str) -> None:
    link, browser = open_link(door)
    if fate == "revoked":
        door.app.sharing.revoke(link.link.id)
    else:
        door.clock.advance(days=31)
    assert keep(browser, link, every_kind(instances(door)[0])).status_code == 404
    assert made(door) == []


def test_notes_on_another_patients_picture_are_refused_with_all_that_came_along(door: StoringDoor) -> None:
    link, browser = open_link(door)
    (berts,) = instances(door, BERT.id)
    mine = every_kind(instances(door)[0])
    for theirs in ([*mine, note("point", berts, (1, 1))], [*mine, note("point", 2**30, (1, 1))]):
        answer = keep(browser, link, theirs)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    stars = [{"series": 1, "instance": berts, "frame": 0}]
    assert keep(browser, link, mine, stars).status_code == 404
    assert made(door) == []


def test_notes_beyond_the_picture_or_on_frames_it_lacks_are_refused(door: StoringDoor) -> None:
    link, browser = open_link(door)
    first = instances(door)[0]
    for wrong in (
        note("point", first, (49, 1)),
        note("point", first, (1, -1)),
        note("point", first, (1, 1), frame=1),
    ):
        assert keep(browser, link, [wrong]).status_code in (404, 422)
    assert made(door) == []


def test_what_is_no_note_is_refused_before_it_is_read_whole(door: StoringDoor) -> None:
    link, browser = open_link(door)
    address = f"/s/{link.link.id}/annotations"
    json_type = {"Content-Type": "application/json"}
    assert browser.post(address, content=b"x" * (MOST_BYTES + 1), headers=json_type).status_code == 413
    assert browser.post(address, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    for hostile in (b"", b"[" * 100_000, b"\xff", b'{"measurements": 1, "stars": 2}'):
        assert browser.post(address, content=hostile, headers=json_type).status_code == 422
    assert keep(browser, link, []).status_code == 422
    assert made(door) == []


def test_somebody_who_never_stops_is_stopped(door: StoringDoor) -> None:
    link, browser = open_link(door)
    permit = door.app.sharing.permit(link.link.id, browser.cookies["undisc"], Use.ANNOTATE, Subject.LINK)
    assert isinstance(permit, Permit)
    few = Annotating(door.app.archive, door.reception, door.clock, most_series=3)
    body = json.dumps({"measurements": [note("point", instances(door)[0], (1, 1), words="1")], "stars": []}).encode()
    enough = Refused(Refusal.TOO_MANY)
    assert [few.keep(permit, body) for _ in range(5)] == [Kept(2), Kept(2), Kept(2), enough, enough]
    assert len(made(door)) == 6
