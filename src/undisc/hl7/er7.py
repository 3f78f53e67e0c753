"""HL7 version 2 messages as they are written with bars and hats (ER7, HL7 v2.5.1 chapter 2), within bounds.

Whoever sends them is known, yet nothing that they claim is believed: neither lengths nor counts nor character sets.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_BYTES = 1 << 20
_MOST_SEGMENTS = 2000
_MOST_FIELDS = 300
_MOST_PARTS = 400
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
# Table 0211; a system that names none of these mostly means Latin-1.
_CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "latin-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc-kr",
    "BIG-5": "big5",
}


class NoMessage(Exception):
    """These bytes are no HL7 message; the text is a plain sentence that quotes nothing of them."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters that part a message (MSH-1, MSH-2)."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One line. fields[0] is its name; of MSH, fields[1] is the field mark: numbers are those of the standard."""

    fields: tuple[str, ...]
    marks: Marks

    @property
    def name(self) -> str:
        return self.fields[0]

    def text(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """A value of the first repetition, its escapes undone; "" where it is absent or is to be deleted."""
        for parts in self.repetitions(field):
            return _part(parts, component, subcomponent, self.marks)
        return ""

    def repetitions(self, field: int) -> Iterator[Sequence[str]]:
        """A field's repetitions, each as its components, raw."""
        if field >= len(self.fields) or not self.fields[field]:
            return
        for repetition in self.fields[field].split(self.marks.repetition)[:_MOST_PARTS]:
            yield repetition.split(self.marks.component)[:_MOST_PARTS]

    def component(self, parts: Sequence[str], component: int, subcomponent: int = 1) -> str:
        """One component of a repetition, its escapes undone."""
        return _part(parts, component, subcomponent, self.marks)


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message, its segments in order; the first is MSH."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def kind(self) -> str:
        """Such as "ORU^R01" (MSH-9)."""
        return f"{self.header.text(9, 1)}^{self.header.text(9, 2)}"

    @property
    def control_id(self) -> str:
        return self.header.text(10)

    def first(self, name: str) -> Segment | None:
        return next((segment for segment in self.segments if segment.name == name), None)

    def all(self, name: str) -> list[Segment]:
        return [segment for segment in self.segments if segment.name == name]


def read_message(data: bytes) -> Message:
    """Raises NoMessage."""
    if len(data) > MOST_BYTES:
        raise NoMessage("The message is too long.")
    if not data.startswith(b"MSH") or len(data) < 9:
        raise NoMessage("The message does not begin with a header.")
    try:
        marks = _marks(data[3:8].decode("ascii"))
    except UnicodeDecodeError:
        raise NoMessage("The message's header does not say how its fields are parted.") from None
    text = _decoded(data, marks)
    segments: list[Segment] = []
    for line in re.split(r"\r\n|\r|\n", text):
        if not line:
            continue
        if len(segments) >= _MOST_SEGMENTS:
            raise NoMessage("The message has too many segments.")
        fields = line.split(marks.field)
        if len(fields) > _MOST_FIELDS or not _NAME.fullmatch(fields[0]):
            raise NoMessage("One of the message's segments cannot be read.")
        if fields[0] == "MSH":
            if segments:
                raise NoMessage("The message has a second header.")
            fields.insert(1, marks.field)
        segments.append(Segment(tuple(fields), marks))
    return Message(tuple(segments))


def acknowledge(message: Message | None, code: str, text: str, at: str, number: str) -> bytes:
    """The answer (ACK, HL7 v2.5.1 2.9.2). code: AA, AE or AR. text: a plain sentence of ours. at: a time stamp."""
    header = message.header if message else None

    def said(field: int) -> str:
        return header.fields[field] if header and field < len(header.fields) else ""

    mark = header.marks if header else Marks("|", "^", "~", "\\", "&")
    bar = mark.field
    event = header.text(9, 2) if header else ""
    kind = mark.component.join(("ACK", event, "ACK")) if event else "ACK"
    head = ["MSH", said(2) or "^~\\&", said(5), said(6), said(3), said(4), at, "", kind, number, "P", said(12) or "2.5"]
    head += ["", "", "", "", "", "UNICODE UTF-8"]
    lines = [bar.join(head), bar.join(("MSA", code, said(10), escaped(text, mark)))]
    return ("\r".join(lines) + "\r").encode()


def escaped(text: str, marks: Marks) -> str:
    """A text of ours between a message's marks (HL7 v2.5.1 2.7.1)."""
    out = text.replace(marks.escape, f"{marks.escape}E{marks.escape}")
    for mark, letter in (
        (marks.field, "F"),
        (marks.component, "S"),
        (marks.subcomponent, "T"),
        (marks.repetition, "R"),
    ):
        out = out.replace(mark, f"{marks.escape}{letter}{marks.escape}")
    return re.sub(r"[\r\n]+", " ", out)


def _marks(five: str) -> Marks:
    field, component, repetition, escape, subcomponent = (*five, "", "", "", "")[:5]
    # A header that names fewer than four ends its list with the field mark: the rest are the recommended ones.
    chosen = [component, repetition, escape, subcomponent]
    usual = ["^", "~", "\\", "&"]
    if field in chosen:
        cut = chosen.index(field)
        chosen[cut:] = usual[cut:]
    marks = Marks(field, *chosen)
    if len({field, *chosen}) != 5 or any(not mark or mark.isalnum() or mark in "\r\n" for mark in (field, *chosen)):
        raise NoMessage("The message's header does not say how its fields are parted.")
    return marks


def _decoded(data: bytes, marks: Marks) -> str:
    header = re.split(rb"[\r\n]", data, maxsplit=1)[0].decode("latin-1").split(marks.field)
    named = header[17].split(marks.repetition)[0].strip().upper() if len(header) > 17 else ""
    for charset in (_CHARSETS.get(named, "utf-8"), "latin-1"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 holds every byte")


def _part(parts: Sequence[str], component: int, subcomponent: int, marks: Marks) -> str:
    if component > len(parts):
        return ""
    pieces = parts[component - 1].split(marks.subcomponent)
    if subcomponent > len(pieces):
        return ""
    raw = pieces[subcomponent - 1]
    return "" if raw == '""' else _unescaped(raw, marks).strip()


def _unescaped(raw: str, marks: Marks) -> str:
    if marks.escape not in raw:
        return raw
    letters = {
        "F": marks.field,
        "S": marks.component,
        "T": marks.subcomponent,
        "R": marks.repetition,
        "E": marks.escape,
        ".br": " ",
    }
    out: list[str] = []
    rest = raw
    while True:
        before, mark, rest = rest.partition(marks.escape)
        out.append(before)
        if not mark:
            return "".join(out)
        code, end, after = rest.partition(marks.escape)
        if not end:
            out.append(mark + rest)
            return "".join(out)
        if code in letters:
            out.append(letters[code])
        elif code[:1] == "X" and _HEX.fullmatch(code[1:]):
            out.append(bytes.fromhex(code[1:]).decode("utf-8", "replace"))
        # Anything else is for highlighting (\H\, \N\) or local (\Z..\): it has no sign of its own.
        rest = after
