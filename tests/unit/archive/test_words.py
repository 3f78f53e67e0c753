"""Proves that everything that a disc may hold has a plain name, and is shown the way it can be."""

import pytest
from pydicom._uid_dict import UID_dictionary

from undisc.archive.words import form_of, note_for, thing

_EXPLICIT = "1.2.840.10008.1.2.1"
_STORED = [
    (uid, entry[0])
    for uid, entry in UID_dictionary.items()
    if entry[1] == "SOP Class" and "Storage" in entry[0] and "Commitment" not in entry[0]
]
_DRAWN = (
    "Image Storage",
    "Multi-frame Image",
    "Volume Storage",
    "AIT Storage",
    "(QR) Storage",
    "VL Image",
    "RT Dose",
)
_JARGON = ("SOP", "IOD", "Storage", "instance", "DICOM", "UID", "Softcopy", "modality")


@pytest.mark.parametrize(("uid", "name"), _STORED, ids=[uid for uid, _ in _STORED])
def test_every_class_of_the_standard_has_a_plain_name(uid: str, name: str) -> None:
    told = thing(uid)
    assert "not known" not in told.name, name
    assert told.purpose.endswith(".")
    assert not told.name[0].islower()
    assert not any(word in told.name + told.purpose for word in _JARGON)
    pictured = any(word in name for word in _DRAWN)
    if pictured and "Coordinates" not in name:
        assert form_of(uid, _EXPLICIT) == "", name


@pytest.mark.parametrize(
    ("part", "form"),
    [
        ("88.11", "report"),
        ("88.59", "report"),
        ("88.67", "report"),
        ("88.999", "report"),
        ("104.1", "pdf"),
        ("104.2", "report"),
        ("104.3", "file"),
        ("9.1.1", "recording"),
        ("9.4.2", "recording"),
        ("9.99.1", "recording"),
        ("481.3", "file"),
        ("481.5", "file"),
        ("481.2", ""),
        ("66", "file"),
        ("66.1", "file"),
        ("66.4", ""),
        ("11.1", "file"),
        ("4", ""),
        ("2", ""),
        ("77.1.1.1", ""),
    ],
)
def test_each_is_shown_the_way_it_can_be(part: str, form: str) -> None:
    assert form_of(f"1.2.840.10008.5.1.4.1.1.{part}", _EXPLICIT) == form


def test_what_is_coded_as_video_is_a_video_whatever_it_is_of() -> None:
    assert form_of("1.2.840.10008.5.1.4.1.1.77.1.1.1", "1.2.840.10008.1.2.4.102") == "video"


def test_a_maker_s_own_class_is_looked_at_as_pictures_and_said_to_be_unknown() -> None:
    assert form_of("1.3.12.2.1107.5.9.1", _EXPLICIT) == ""
    assert thing("1.3.12.2.1107.5.9.1").name == "Data of a kind that is not known here"


def test_pictures_that_failed_say_why() -> None:
    said = note_for("1.2.840.10008.5.1.4.1.1.4", "Its pixel data are empty.")
    assert said == "These pictures cannot be shown here. Its pixel data are empty."
