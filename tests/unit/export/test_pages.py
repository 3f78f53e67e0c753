"""What people read on a medium: well-formed, true, and only ever text, whatever instances call themselves."""

import re
from datetime import UTC, datetime
from html import unescape
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.export.contents import Contents, Document, ToldSeries, ToldStudy, readable_date, readable_name
from undisc.export.fileset import Unchanged
from undisc.export.pages import index_page, listing_page, readme_text

_XHTML = "{http://www.w3.org/1999/xhtml}"
_TAGS = set(re.findall(r"\w+", "html head meta title style body h1 h2 p table tr th td ul li a bdi"))


def _contents(text: str = "Doe, Jane", *, viewer: bool = False) -> Contents:
    series = ToldSeries("3", text, "MRI", 2, "DICOM/ST000001/SE000001")
    study = ToldStudy(text, text, "1970-01-01", "female", text, "2026-11-24", text, text, (series,))
    return Contents(
        place=text,
        contact=text,
        made_at=datetime(2026, 11, 24, 15, tzinfo=UTC),
        product="Undisc",
        for_whom=text,
        studies=(study,),
        documents=(Document("REPORT/RE000001.PDF", text),),
        unchanged=(Unchanged("DICOM/ST000001/SE000001/IM000002", 2, "1.2.3", text),),
        general=True,
        viewer=viewer,
    )


def _elements(page: bytes) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(page.decode().removeprefix("<!DOCTYPE html>")).iter())


@pytest.mark.parametrize("make", [index_page, listing_page])
def test_pages_are_well_formed_and_lead_on(make: object) -> None:
    page = make(_contents())  # type: ignore[operator]
    links = [element.get("href") for element in _elements(page) if element.tag == f"{_XHTML}a"]
    root = "" if make is index_page else "../"
    assert f"{root}README.TXT" in links
    assert f"{root}REPORT/RE000001.PDF" in links
    assert ("IHE_PDI/INDEX.HTM" if make is index_page else "../INDEX.HTM") in links


def test_listing_tells_exactly_what_is_there() -> None:
    text = " ".join("".join(element.itertext()) for element in _elements(listing_page(_contents()))[:1])
    assert "1 patient, 1 examination, 1 series, 2 DICOM files." in text
    for expected in ("DICOM/ST000001/SE000001", "Doe, Jane", "2026-11-24", "DICOM/ST000001/SE000001/IM000002"):
        assert expected in text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        '" onmouseover="alert(1)',
        "</title><script>x</script>",
        "]]><!--",
        "&lt;b&gt; &amp; &#60;",
        "a\r\nMade by:     somebody else",
        "\x00\x1b[31m\x85\u2028",
        "\ud800 \ufffe",
        "x" * 1_000_000,
        "\u202egnp.exe",
    ],
)
def test_markup_in_names_stays_text(text: str) -> None:
    contents = _contents(text)
    for page in (index_page(contents), listing_page(contents)):
        tags = {element.tag.removeprefix(_XHTML) for element in _elements(page)}
        assert tags <= _TAGS
        for element in _elements(page):
            assert not [name for name in element.attrib if name.startswith("on") or name == "src"]
            assert not element.get("href", "").startswith(("javascript:", "data:", "http"))
        assert len(page) < 40_000
    readme = readme_text(contents).decode()
    assert len(readme) < 20_000
    assert sum(line.startswith("Made by:") for line in readme.split("\r\n")) == 1


@given(st.text())
def test_any_text_at_all_leaves_pages_well_formed(text: str) -> None:
    contents = _contents(text)
    for page in (index_page(contents), listing_page(contents)):
        assert _elements(page)
    readme = readme_text(contents).decode()
    assert "\n" not in readme.replace("\r\n", "")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", readme)


def test_texts_are_shown_as_they_are() -> None:
    text = "Ж < 3 & 山田^太郎 'x'"
    assert text in unescape(listing_page(_contents(text)).decode())


def test_readme_says_who_what_and_how() -> None:
    readme = readme_text(_contents("Riverside Imaging", viewer=True)).decode()
    for expected in ("Made by:     Riverside Imaging", "Undisc", "INDEX.HTM", "DICOMDIR", "VIEWER/", "REPORT/"):
        assert expected in readme
    assert "sha256sum -c MANIFEST.TXT" in readme
    assert "Explicit VR Little Endian" in readme
    assert "IM000002   transfer syntax 1.2.3" in readme
    assert "Jane" not in readme
    assert "VIEWER/" not in readme_text(_contents()).decode()


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("DOE^JANE", "DOE, JANE"),
        ("DOE^JANE^Q^^MD", "DOE, JANE Q MD"),
        ("Yamada^Tarou=山田^太郎", "Yamada, Tarou / 山田, 太郎"),
        ("Люкceмбypг", "Люкceмбypг"),
        ("^JANE", "JANE"),
        ("", "no name"),
        ("^^=^", "no name"),
    ],
)
def test_names_are_readable(name: str, readable: str) -> None:
    assert readable_name(name) == readable


def test_dates_are_readable_and_what_is_none_stays() -> None:
    assert readable_date("20261124") == "2026-11-24"
    assert readable_date("2026") == "2026"
    assert readable_date("") == ""
