"""Labels and letters say what has to be on them, and none of what must not."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from undisc.export.printing import Told, label, letter

pytestmark = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
_MADE_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
_TOLD = Told("Riverside Imaging", "DOE, Jane", "Oncology, second floor", 1234, 2, _MADE_AT, part="2 of 2", number="17")


def _text(pdf: bytes, folder: Path) -> str:
    (folder / "made.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(folder / "made.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_label_of_each_disc_is_a_page_with_the_disc_and_its_case(tmp_path: Path) -> None:
    pages = _text(label([replace(_TOLD, part="1 of 2"), _TOLD]), tmp_path).split("\f")[:-1]
    assert len(pages) == 2
    for place, page in enumerate(pages, 1):
        for words in ("Riverside Imaging", "DOE, Jane", "Oncology, second floor", "1,234 medical pictures"):
            assert page.count(words) == 2
        assert page.count(f"Disc {place} of 2") == 2
        assert "24 November 2026" in page
        assert "Sealed" not in page


def test_letter_bears_the_link_as_words_and_as_a_code(tmp_path: Path) -> None:
    link = "https://share.riverside.example/s/abcDEF123#s0Yw1b2J4bq5Zt3kLrPq9cVnM8xT7uWe6Rf"
    told = replace(_TOLD, link=link, until=_MADE_AT + timedelta(30), has_passcode=True)
    pdf = letter(told)
    text = _text(pdf, tmp_path)
    assert "The enclosed 2 discs hold 1,234 medical pictures." in text
    assert "24 December 2026" in text
    assert "passcode comes another way" in text
    assert b"/URI" in pdf
    assert "share.riverside.example" in text
    assert "on line" not in _text(letter(_TOLD), tmp_path)


def test_paper_of_a_sealed_disc_says_how_it_opens_and_not_whose_it_is(tmp_path: Path) -> None:
    sealed = replace(_TOLD, person="", sealed=True)
    for pdf in (label([sealed]), letter(sealed)):
        text = _text(pdf, tmp_path)
        assert "passphrase" in text
        assert "DOE" not in text


def test_words_that_look_like_commands_are_printed_and_not_run(tmp_path: Path) -> None:
    hostile = '#read("/etc/passwd") $x$ *a* \\ "'
    text = _text(letter(replace(_TOLD, for_whom=hostile)), tmp_path)
    assert '#read("/etc/passwd") $x$ *a*' in text
