"""A report in DICOM's own structure leaves on a disc as a PDF, too, with all that it says, and nothing of it is run."""

import gzip
import io
import json

from pypdf import PdfReader

from undisc.export.told_reports import as_pdf

REPORT = {
    "kind": "report",
    "title": "Mammography CAD Report",
    "code": "",
    "patient": {"name": "TESTPERSON^ADA^^Dr", "id": "TEST-1", "birth_date": "19700131"},
    "date": "20261124",
    "institution": "Invented Hospital",
    "authors": ["TESTDOCTOR^DORA"],
    "verification": "verified",
    "completion": "complete",
    "completion_words": "",
    "preliminary": False,
    "verifiers": [{"name": "TESTDOCTOR^DORA", "organization": "Invented Hospital", "at": "20261124120000"}],
    "blocks": [
        {
            "kind": "section",
            "name": "Findings",
            "blocks": [
                {"kind": "text", "name": "", "text": "No mass.\nNo calcification."},
                {"kind": "value", "name": "Length", "text": "12.5", "unit": "mm", "blocks": []},
                {"kind": "list", "name": "Seen", "items": ["left", "right"]},
                {"kind": "table", "name": "", "columns": ["Side", "Size"], "rows": [["left", "3"], ["right", "4"]]},
                {"kind": "pictures", "name": "Source", "pictures": [{}, {}]},
            ],
        },
        {"kind": "text", "name": '#eval("1+1")', "text": '*bold* $x$ #read("/etc/passwd") Müller 山田 محمد'},
    ],
    "marks": [],
    "cut": "",
}


def _printed(told: dict[str, object]) -> str:
    pdf = as_pdf(gzip.compress(json.dumps(told).encode()))
    assert pdf is not None
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_all_that_it_says_is_on_paper() -> None:
    text = _printed(REPORT)
    for wanted in (
        "Mammography CAD Report",
        "ADA TESTPERSON",
        "31 January 1970",
        "Invented Hospital",
        "DORA TESTDOCTOR",
        "This report was verified.",
        "Findings",
        "No calcification.",
        "12.5 mm",
        "right",
        "refers to 2 pictures",
    ):
        assert wanted in text


def test_markup_in_it_stays_text() -> None:
    text = _printed(REPORT)
    assert '#eval("1+1")' in text.replace("“", '"').replace("”", '"')
    assert "*bold*" in text
    assert "root:" not in text


def test_what_is_not_verified_or_not_whole_says_so() -> None:
    text = _printed(REPORT | {"verification": "unverified", "preliminary": True, "cut": "long"})
    assert "was not verified" in text
    assert "preliminary" in text
    assert "longer than what is shown" in text


def test_what_is_no_report_makes_no_page() -> None:
    assert as_pdf(gzip.compress(b'{"kind":"file","reason":"?"}')) is None
