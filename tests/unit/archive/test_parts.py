"""Proves that what was scanned, and how, is told in words that people use, whatever devices and places write."""

import pytest

from undisc.archive.parts import KINDS, PARTS, kind_word, part_word


@pytest.mark.parametrize(
    ("body_part", "description", "told"),
    [
        ("HEAD", "", "Head"),
        ("", "MR Schädel nativ", "Head"),
        ("KNEE", "MRI RT KNEE W/O CONTRAST", "Right knee"),
        ("", "Knie links", "Left knee"),
        ("", "Genou droit", "Right knee"),
        ("KNEE", "Knie bds.", "Both knees"),
        ("KNEE", "", "Knee"),
        ("LSPINE", "", "Lower back"),
        ("", "MRI L-spine", "Lower back"),
        ("", "CERVICAL SPINE", "Neck (spine)"),
        ("CHEST", "CT Thorax", "Chest"),
        ("", "CT ABDOMEN/PELVIS", "Abdomen"),
        ("HAND", "XR HAND L", "Left hand"),
        ("", "Whole body PET", "Whole body"),
        ("EXTREMITY", "", ""),
        ("", "", ""),
        ("<b>", "'; drop", ""),
    ],
)
def test_part_is_told_with_its_side(body_part: str, description: str, told: str) -> None:
    assert part_word([body_part], description) == told


@pytest.mark.parametrize(
    ("modalities", "told"),
    [
        ({"MR"}, "MRI scan"),
        ({"CT", "SR", "KO"}, "CT scan"),
        ({"PT", "CT"}, "PET-CT scan"),
        ({"DX", "SR"}, "X-ray"),
        ({"US"}, "Ultrasound"),
        ({"SR"}, "Report"),
        ({"OT"}, "Pictures"),
        ({"??"}, "Pictures"),
        (set(), "Pictures"),
    ],
)
def test_kind_is_told_by_what_took_the_pictures(modalities: set[str], told: str) -> None:
    assert kind_word(modalities) == told


def test_all_that_is_told_is_listed_for_the_catalogues() -> None:
    assert {"Right knee", "Head", "Toes of both feet"} <= set(PARTS)
    assert {"MRI scan", "PET-CT scan", "Pictures", "Report"} <= set(KINDS)
    assert len(set(PARTS)) == len(PARTS)
