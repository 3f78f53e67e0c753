"""Proves that the hand-written PDF is one that readers accept, with its text in reach."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from undisc.demo import DemoDisc
from undisc.demo.pdf import Paragraph, one_page


def objects_of(pdf: bytes) -> dict[int, bytes]:
    """Each object as the cross-reference table finds it."""
    start = int(pdf[pdf.rindex(b"startxref") :].split()[1])
    assert pdf[start : start + 4] == b"xref"
    count = int(pdf[start:].split()[2])
    entries = pdf[start:].split(b"\n", 2)[2][: 20 * count]
    assert len(entries) == 20 * count
    found = {}
    for number in range(1, count):
        offset = int(entries[20 * number : 20 * number + 10])
        head = b"%d 0 obj\n" % number
        assert pdf[offset : offset + len(head)] == head
        found[number] = pdf[offset + len(head) : pdf.index(b"\nendobj", offset)]
    return found


def test_header_table_and_trailer_agree(demo: DemoDisc) -> None:
    pdf = demo.report.read_bytes()
    assert pdf.startswith(b"%PDF-1.4\n")
    assert pdf.endswith(b"%%EOF\n")
    objects = objects_of(pdf)
    assert b"/Type /Catalog" in objects[1]
    stream = objects[4]
    claimed = re.match(rb"<< /Length (\d+) >>\nstream\n", stream)
    assert claimed
    assert stream[claimed.end() + int(claimed[1]) :] == b"\nendstream"


def test_brackets_and_backslashes_stay_text() -> None:
    content = objects_of(one_page("A (title) \\", [Paragraph("1) a \\ b (c")]))[4]
    assert rb"(1\) a \\ b \(c) Tj" in content


def test_long_text_is_broken_within_the_margins() -> None:
    content = objects_of(one_page("t", [Paragraph("word " * 60, size=10)]))[4]
    lines = re.findall(rb"\(([^)]*)\) Tj", content)
    assert len(lines) > 2
    assert b" ".join(lines).split() == [b"word"] * 60
    assert max(len(line) for line in lines) < 110


def test_text_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="fit"):
        one_page("t", [Paragraph("word " * 6000)])


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler (pdftotext) is not installed")
def test_report_reads_as_a_report_and_says_that_it_is_a_demonstration(demo: DemoDisc, tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    said = subprocess.run(["pdftotext", "-layout", str(demo.report), str(target)], capture_output=True, check=True)
    text = target.read_text("utf-8")
    assert said.stderr == b""
    assert "emonstration, not a real patient" in text
    for word in ("Riverside Imaging", "Elena Rivera", "Comparison", "Findings", "Impression", "February 26, 2026"):
        assert word in text
    assert len(text.strip().split("\f")) == 1
