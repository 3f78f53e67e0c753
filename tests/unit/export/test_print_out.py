"""The print-out is one page in the patient's language whose code a phone reads, whose address can be typed, and that
can be read aloud; the passcode is on it only where it was asked for."""

import io
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import segno
from PIL import Image
from pypdf import PdfReader

from undisc.export.print_out import Sheet, render_print_out, render_print_outs
from undisc.export.print_out_words import WORDS

_URL = "https://pictures.riverside.example/s/Xh3kQ9aZbc7#q8Jw1mNvT0sRzYxKpLd2Wg"
_UNTIL = datetime(2026, 12, 24, tzinfo=UTC)
_POINTS = 72 / 25.4
_EVERYWHERE = pytest.mark.parametrize("language", WORDS)


def _made(language: str = "en", **more: str) -> bytes:
    return render_print_out("Riverside Imaging", "Call 555 0100", _URL, _UNTIL, language, **more)  # type: ignore[arg-type]


def _text(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def _squeezed(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def test_every_language_says_the_same() -> None:
    assert {language: set(said) for language, said in WORDS.items()} == {
        language: set(WORDS["en"]) for language in WORDS
    }


@_EVERYWHERE
@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_it_is_one_tagged_page_in_its_language_with_nothing_of_a_passcode(language: str, paper: str) -> None:
    reader = PdfReader(io.BytesIO(_made(language, paper=paper)))
    (page,) = reader.pages
    size = (round(float(page.mediabox.width)), round(float(page.mediabox.height)))
    assert size == ((595, 842) if paper == "a4" else (612, 792))
    assert reader.root_object["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert reader.root_object["/Lang"] == language
    assert reader.metadata is not None
    assert reader.metadata.title == WORDS[language]["title"]
    text = page.extract_text()
    assert "Riverside Imaging" in text
    assert WORDS[language]["passcode"] not in text.replace("\n", " ")
    if language != "ar":  # whose letters are told in the order and in the shapes in which they are drawn
        for key in ("step1", "step4", "stop", "questions"):
            assert _squeezed(WORDS[language][key]) in _squeezed(text), key


@_EVERYWHERE
def test_the_strip_with_the_passcode_fits_onto_the_same_page(language: str) -> None:
    made = PdfReader(io.BytesIO(_made(language, passcode="482913", paper="us-letter")))
    (page,) = made.pages
    assert "482913" in page.extract_text()


def test_the_address_stands_there_to_be_typed_and_leads_there_on_a_screen() -> None:
    reader = PdfReader(io.BytesIO(_made()))
    assert _squeezed(_URL.removeprefix("https://")) in _squeezed(reader.pages[0].extract_text())
    links = [note.get_object()["/A"]["/URI"] for note in reader.pages[0]["/Annots"]]  # type: ignore[index]
    assert set(links) == {_URL}


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")
@pytest.mark.parametrize("language", ["en", "ar", "ja"])
def test_the_code_is_35_mm_wide_and_holds_the_address_in_black_and_white(language: str, tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(_made(language))
    command = ["pdftoppm", "-r", "200", "-gray", "-singlefile", tmp_path / "page.pdf", tmp_path / "page"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    page = np.asarray(Image.open(tmp_path / "page.pgm"))
    code = segno.make(_URL, error="m")
    wanted = np.array([[bool(cell) for cell in row] for row in code.matrix])
    width = 35 / 25.4 * 200
    left = 20 / 25.4 * 200 if language != "ar" else page.shape[1] - 20 / 25.4 * 200 - width
    centres = (np.arange(len(wanted)) + 0.5) * width / len(wanted)
    columns = np.rint(left + centres).astype(int)
    # Its rows are looked for: where it begins depends on the lines above it.
    found = any(
        np.array_equal(page[np.rint(top + centres).astype(int)][:, columns] < 128, wanted) for top in range(150, 600)
    )
    assert found


def test_several_patients_get_a_page_each_in_their_own_language() -> None:
    sheets = [Sheet(_URL, _UNTIL, "de"), Sheet(f"{_URL}2", _UNTIL, "fr", "112233"), Sheet(_URL, _UNTIL, "tlh")]
    pages = PdfReader(io.BytesIO(render_print_outs("Riverside", None, sheets))).pages
    titles = [WORDS[language]["title"] for language in ("de", "fr", "en")]
    assert [title in page.extract_text() for title, page in zip(titles, pages, strict=True)] == [True] * 3
    assert "Ask Riverside." in pages[2].extract_text()
    assert [("112233" in page.extract_text()) for page in pages] == [False, True, False]


def test_without_the_languages_letters_it_is_english_and_without_the_places_it_is_still_a_page() -> None:
    english = render_print_out("Riverside", None, _URL, _UNTIL, "zh", machine_fonts=False)
    assert _squeezed(WORDS["en"]["step4"]) in _squeezed(_text(english))
    boxes = render_print_out("川辺画像", None, _URL, _UNTIL, "ja", machine_fonts=False)
    assert _squeezed(_URL.removeprefix("https://")) in _squeezed(_text(boxes))


def test_words_of_a_place_are_never_run() -> None:
    made = render_print_out('#panic("x") *b* $x$', '#read("/etc/passwd")', _URL, _UNTIL, "en")
    assert '#panic("x") *b* $x$' in _text(made)
