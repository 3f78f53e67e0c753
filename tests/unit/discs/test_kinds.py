"""A file that is no image is called what a person would call it, and a report is told from a manual."""

import pytest
from tests.factories.discs import pdf
from tests.shared_data import SHARED, needs_shared

from undisc.discs import looks_like_report, what_is


@pytest.mark.parametrize(
    ("head", "path", "words"),
    [
        (b"", "EMPTY.DCM", "an empty file"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "THUMBS/T1.JPG", "a picture (JPEG)"),
        (b"\x89PNG\r\n\x1a\n", "a", "a picture (PNG)"),
        (pdf("x")[:512], "REPORT.PDF", "a PDF document"),
        (b"MZ\x90\0\x03" + bytes(200), "VIEWER.EXE", "a viewer program (Windows)"),
        (b"\xcf\xfa\xed\xfe" + bytes(20), "Viewer.app/Contents/MacOS/Viewer", "a viewer program (Mac)"),
        (b"\x7fELF\x02", "viewer", "a viewer program (Linux)"),
        (b"<!DOCTYPE html><title>", "INDEX.HTM", "a web page"),
        (b"[autorun]\r\nopen=", "AUTORUN.INF", "a file that starts a viewer program"),
        (b"Hello, this is a text.\r\n", "README.TXT", "a text file"),
        ("画像の説明".encode("shift-jis") * 3, "README.TXT", "a text file"),
        ("\ufeffRead me".encode("utf-16-le"), "README.TXT", "a text file"),
        (b"\0" * 128 + b"DICM", "DICOMDIR", "the disc's index (DICOMDIR)"),
        (b"\0" * 128 + b"DICM", "cd/dicomdir;1", "the disc's index (DICOMDIR)"),
        (b"\0\x05\x16\x07\0\x02", "__MACOSX/._IM1", "a file that a computer left behind"),
        (b"\0\0\0\1Bud1", ".DS_Store", "a file that a computer left behind"),
        (b"PK\x03\x04", "images.zip", "an archive (ZIP)"),
        (b"PK\x03\x04", "lib/viewer.jar", "part of a viewer program"),
        (b"{\\rtf1\\ansi", "befund.rtf", "a text document (RTF)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "report.doc", "an office document"),
        (
            b"<?xml version='1.0'?><ClinicalDocument xmlns='urn:hl7-org:v3'>",
            "IHE/DOC1.XML",
            "a clinical document (CDA)",
        ),
        (b"<?xml version='1.0'?><a/>", "a.xml", "an XML file"),
        (b"\x13\x37\0\0\x99" * 40, "DATA.BIN", "another kind of file"),
    ],
)
def test_file_is_called_what_it_is(head: bytes, path: str, words: str) -> None:
    assert what_is(head, path) == words


@pytest.mark.parametrize(
    "path", ["REPORT.PDF", "Befund/Müller.pdf", "LANGER_ROBIN/R.PDF", "DOCS/R1.PDF", "report.txt", "A/REPORT.HTM"]
)
def test_document_beside_the_images_may_be_a_report(path: str) -> None:
    head = pdf("x")[:512] if path.lower().endswith("pdf") else b"The liver is normal. <html>"
    assert looks_like_report(head, path)


@pytest.mark.parametrize(
    "path",
    ["VIEWER/MANUAL.PDF", "Viewer.app/Contents/doc.pdf", "README.TXT", "LICENSE.txt", "INDEX.HTM", "Help/en/page.html",
     "autorun.inf", "manual.pdf", "IHE_PDI/PAGE1.HTM"],
)  # fmt: skip
def test_what_a_viewer_brings_along_is_no_report(path: str) -> None:
    head = pdf("x")[:512] if path.lower().endswith("pdf") else b"some text in English"
    assert not looks_like_report(head, path)


def test_picture_is_no_report() -> None:
    assert not looks_like_report(b"\xff\xd8\xff\xe0", "REPORT.JPG")
    assert not looks_like_report(b"", "REPORT.PDF")


@needs_shared
def test_no_file_of_a_real_disc_without_a_report_is_taken_for_one() -> None:
    assert SHARED is not None
    disc = next(SHARED.glob("mapconcierge__*"))
    taken = [
        path.name
        for path in disc.rglob("*")
        if path.is_file()
        and path.name not in ("SOURCE.md", "LICENSE.upstream.txt", "JUNK_NAMES.txt")
        and looks_like_report(path.read_bytes()[:512], path.relative_to(disc).as_posix())
    ]
    assert taken == []
