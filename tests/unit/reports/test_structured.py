"""Proves that structured reports read as people write: every word, number, unit and picture of them, and no more."""

from typing import Any

import pytest
from pydicom import Dataset
from tests.factories.documents import (
    BASIC_TEXT,
    HOSTILE,
    coded,
    findings,
    item,
    measured,
    picture,
    report,
    section,
    words,
)
from tests.factories.instances import ADA, stable_uid
from tests.shared_data import SHARED, needs_shared
from tests.unit.reports.reading import model_of, model_of_file

from undisc.reports.model import Placed, Report
from undisc.reports.structured import read_report
from undisc.reports.units import unit_word


def read(dataset: Dataset, places: dict[str, Placed] | None = None) -> Report:
    return read_report(
        model_of(dataset), lambda uids: {uid: (places or {})[uid] for uid in uids if uid in (places or {})}
    )


def everything(blocks: list[dict[str, Any]]) -> list[str]:
    """Every text that a reader sees, in its order."""
    seen: list[str] = []
    for block in blocks:
        seen += [block["name"], f"{block.get('text', '')} {block.get('unit', '')}".strip(), *block.get("items", [])]
        seen += block.get("columns", []) + [cell for row in block.get("rows", []) for cell in row]
        seen += everything(block.get("blocks") or [])
    return [text for text in seen if text]


def test_a_report_says_all_that_its_tree_says() -> None:
    told = read(findings())
    assert told.title == "MRI of the head"
    assert everything(told.blocks) == [
        *("Observer", "Dr GRETE TESTER", "Findings"),
        *("Finding", "The brain looks as it should for the age.\n\nNo fresh bleeding, no swelling."),
        *("Finding", f"Text is text: {HOSTILE}"),
        *("Volume", "1350.5 cm³", "Method", "Counted", "Place", "A circle marked on the picture", "See"),
        *("Lesions", "Lesion", "Name", "Diameter", "Side"),
        *("A", "12.5 mm", "Left", "B", "8 mm", "Right", "C", "21 mm", "Left"),
        *("Impression", "Nothing that needs to be treated."),
    ]


def test_like_groups_of_values_become_a_table() -> None:
    (lesions,) = [block for block in read(findings()).blocks if block["name"] == "Lesions"]
    (table,) = lesions["blocks"]
    assert table["kind"] == "table"
    assert table["columns"] == ["Name", "Diameter", "Side"]
    assert table["rows"][1] == ["B", "8 mm", "Right"]


def test_unlike_groups_stay_apart() -> None:
    told = read(report(1, "R", section("G", words("a", "1")), section("G", measured("b", "2", "mm"), coded("c", "d"))))
    assert [block["kind"] for block in told.blocks] == ["section", "section"]


def test_pictures_of_the_study_have_their_places_and_others_none() -> None:
    here = stable_uid(ADA.id, 1, 1, 4)
    told = read(findings(), {here: Placed(series=7, instance=70)})
    (findings_block,) = [block for block in told.blocks if block["name"] == "Findings"]
    (seen,) = [block for block in findings_block["blocks"] if block["kind"] == "pictures"]
    assert [(one["series"], one["instance"]) for one in seen["pictures"]] == [(7, 70), (None, None), (None, None)]
    assert "uid" not in str(told.blocks)


def test_a_picture_s_frames_are_named() -> None:
    told = read(report(1, "R", picture("1.2.3", "See", frames=[2, 5])), {"1.2.3": Placed(1, 2)})
    assert told.blocks[0]["pictures"] == [{"frames": [2, 5], "series": 1, "instance": 2}]


def test_an_unverified_report_says_so_and_a_verified_one_by_whom() -> None:
    assert read(report(1, "R")).verification == "unverified"
    told = read(report(1, "R", verified_by="TESTER^GRETE^^Dr"))
    assert told.verification == "verified"
    assert [(one.name, one.organization) for one in told.verifiers] == [("Dr GRETE TESTER", "Riverside Imaging")]


def test_a_preliminary_and_incomplete_report_says_so() -> None:
    made = report(1, "R", sop_class=BASIC_TEXT)
    made.CompletionFlag, made.PreliminaryFlag = "PARTIAL", "PRELIMINARY"
    told = read(made)
    assert (told.completion, told.preliminary) == ("partial", True)


def test_an_item_by_reference_says_what_it_points_at_and_is_not_followed() -> None:
    back = Dataset()
    back.RelationshipType, back.ReferencedContentItemIdentifier = "INFERRED FROM", [1, 1]
    first = measured("Diameter", "3", "cm")
    second = words("Conclusion", "Large")
    second.ContentSequence = [back]
    told = read(report(1, "R", first, second))
    assert told.blocks[1]["blocks"][0]["text"] == "Diameter: 3 cm"


@pytest.mark.parametrize("path", [[1], [1, 1], [1, 9], [], [2, 0], [1, 1, 1, 1]])
def test_a_reference_to_itself_or_nowhere_does_no_harm(path: list[int]) -> None:
    back = Dataset()
    back.RelationshipType, back.ReferencedContentItemIdentifier = "INFERRED FROM", path or [0]
    told = read(report(1, "R", section("S", back)))
    assert told.title == "R"


def test_continuous_text_runs_on_and_measurements_keep_their_names() -> None:
    prose = section(
        "P", words("T", "A mass of"), measured("D", "3", "cm"), words("T", "was seen."), continuity="CONTINUOUS"
    )
    values = section("V", words("Id", "x"), words("Name", "y"), measured("D", "3", "cm"), continuity="CONTINUOUS")
    told = read(report(1, "R", prose, values))
    assert told.blocks[0]["blocks"][0]["text"] == "A mass of 3 cm was seen."
    assert [block["name"] for block in told.blocks[1]["blocks"]] == ["Id", "Name", "D"]


def test_dates_times_and_people_are_written_out() -> None:
    told = read(
        report(
            1,
            "R",
            item("DATE", "D", Date="20261101"),
            item("TIME", "T", Time="101530.5"),
            item("DATETIME", "M", DateTime="20261101101500.000000+0100"),
            item("PNAME", "P", PersonName="DOE^JANE^M^Dr^MD=山田^太郎"),
            item("UIDREF", "U", UID="1.2.3"),
        )
    )
    assert [block["text"] for block in told.blocks] == [
        "2026-11-01",
        "10:15:30",
        "2026-11-01 10:15",
        "Dr JANE M DOE MD",
        "",
    ]
    assert told.blocks[4]["value_code"] == "1.2.3"


@pytest.mark.parametrize(
    ("code", "meaning", "word"),
    [
        ("mm", "millimeter", "mm"),
        ("cm2", "square centimeter", "cm²"),
        ("mm3", "cubic millimeter", "mm³"),
        ("ml", "milliliter", "ml"),
        ("1", "no units", ""),
        ("%", "percent", "%"),
        ("[hnsf'U]", "Hounsfield unit", "HU"),
        ("mm[Hg]", "mmHg", "mmHg"),
        ("uV", "microvolt", "µV"),
        ("um", "micrometer", "µm"),
        ("dGy.cm2", "dGy.cm2", "dGy·cm²"),
        ("mGy.cm", "mGy.cm", "mGy·cm"),
        ("Gy.m2", "Gy.m2", "Gy·m²"),
        ("kg/m2", "kg/m2", "kg/m²"),
        ("mm2/s", "mm2/s", "mm²/s"),
        ("{beats}/min", "bpm", "beats per minute"),
        ("{ratio}", "ratio", "ratio"),
        ("Cel", "degree Celsius", "°C"),
        ("deg", "degree", "°"),
        ("10*-6.mm2/s", "um2/s", "10*-6·mm²/s"),
        ("[foo'U]", "foo unit", "foo unit"),
    ],
)
def test_units_are_written_as_people_write_them(code: str, meaning: str, word: str) -> None:
    assert unit_word(code, meaning) == word


@pytest.mark.parametrize(
    ("said", "written"), [("12.50", "12.50"), ("+12.5", "12.5"), ("1.0E+02", "100"), ("1e-30", "1e-30"), ("3", "3")]
)
def test_numbers_keep_their_digits(said: str, written: str) -> None:
    assert read(report(1, "R", measured("N", said, "mm"))).blocks[0]["text"] == written


@needs_shared
@pytest.mark.parametrize(
    ("path", "title", "said"),
    [
        ("pydicom__pydicom/test_files/test-SR.dcm", "Diagnosis", "A mass of 3 Length Unit was detected."),
        ("dcm4che__dcm4che/report_dfl", "Consultation Report", "Redlands Clinic"),
        (
            "ImagingDataCommons__highdicom/sr_document.dcm",
            "Imaging Measurement Report",
            "Imaging Measurements",
        ),
        ("IHE__RAD.MADO/MADO_KOS_A.dcm", "Manifest with Description", "Series A1"),
    ],
)
def test_real_reports_are_read(path: str, title: str, said: str) -> None:
    assert SHARED is not None
    told = read_report(model_of_file(SHARED / path), lambda uids: {})
    assert told.title == title
    assert any(said in text for text in everything(told.blocks))
    assert told.cut == ""
