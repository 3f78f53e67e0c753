"""A page of text as a PDF, written by hand: one Letter page, the built-in Helvetica, nothing embedded (ISO 32000-1)."""

from collections.abc import Iterable
from dataclasses import dataclass

_WIDTH, _HEIGHT, _MARGIN = 612, 792, 64
# Advance widths of Helvetica from the space to the tilde, in thousandths of the size; the measure by which lines break.
_ADVANCES = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text in one size; `before` is the space above it in points, `grey` its lightness from 0 (black) to 1."""

    text: str
    size: float = 10.5
    bold: bool = False
    before: float = 0.0
    grey: float = 0.0


def one_page(title: str, paragraphs: Iterable[Paragraph]) -> bytes:
    """The page as a PDF file. Raises ValueError where the text does not fit on one page or is not Latin-1."""
    content = bytearray()
    y = float(_HEIGHT - _MARGIN)
    for paragraph in paragraphs:
        y -= paragraph.before
        for line in _lines(paragraph):
            y -= paragraph.size * 1.38
            if y < _MARGIN:
                raise ValueError("the text does not fit on one page")
            font = "F2" if paragraph.bold else "F1"
            content += (
                f"BT /{font} {paragraph.size:g} Tf {paragraph.grey:g} g {_MARGIN} {y:.2f} Td ".encode("ascii")
                + _literal(line)
                + b" Tj ET\n"
            )
    return _file(title, bytes(content))


def _lines(paragraph: Paragraph) -> Iterable[str]:
    room = (_WIDTH - 2 * _MARGIN) * 1000 / paragraph.size
    # Bold letters run about six per cent wider than the table says.
    room /= 1.06 if paragraph.bold else 1.0
    line = ""
    for word in paragraph.text.split():
        longer = f"{line} {word}" if line else word
        if line and _measure(longer) > room:
            yield line
            line = word
        else:
            line = longer
    yield line


def _measure(text: str) -> int:
    return sum(_ADVANCES[ord(letter) - 32] if 32 <= ord(letter) < 127 else 556 for letter in text)


def _literal(text: str) -> bytes:
    r"""A literal string (7.3.4.2): parentheses and backslashes escaped."""
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return b"(" + escaped.encode("latin-1") + b")"


def _file(title: str, content: bytes) -> bytes:
    fonts = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-US) /ViewerPreferences << /DisplayDocTitle true >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>" % (_WIDTH, _HEIGHT),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        fonts % b"Helvetica",
        fonts % b"Helvetica-Bold",
        b"<< /Title %s /Producer (Undisc demonstration) >>" % _literal(title),
    ]
    # The second line tells transfer programs that the file is binary (7.5.2).
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(file)
    # Each entry is exactly 20 bytes (7.5.4).
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        file += b"%010d 00000 n \n" % offset
    file += b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(file)
