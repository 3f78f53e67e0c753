"""Structured reports (PS3.3 C.17): a content tree as headings, paragraphs, lists, tables and measurements.

The tree comes as the DICOM JSON model of any SR storage class or key object selection. It is walked within bounds of
depth, items and characters; what lies beyond is left out and the report says so. Items by reference are named, never
followed, so that no tree has a circle.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from undisc.reports.elements import Item, first_item, items, numbers, person, text, values
from undisc.reports.model import Block, Placed, Report, Verifier
from undisc.reports.units import unit_word

MOST_DEPTH = 24
MOST_ITEMS = 20_000
MOST_CHARACTERS = 2_000_000
_MOST_COLUMNS = 8
_MOST_WIDE = 80
_MOST_PICTURES = 2_000
_CONTENT, _TYPE, _NAME = "0040A730", "0040A040", "0040A043"

_GROUP, _TRACKED, _DERIVATION = "125007 DCM", "112039 DCM", "121401 DCM"

Resolve = Callable[[Iterable[str]], Mapping[str, Placed]]

_SHAPES = {
    "POINT": "A point",
    "MULTIPOINT": "Points",
    "POLYLINE": "A line",
    "CIRCLE": "A circle",
    "ELLIPSE": "An oval",
    "POLYGON": "An outline",
    "ELLIPSOID": "An ellipsoid",
}


def read_report(model: Item, resolve: Resolve) -> Report:
    """The report as people read it. resolve: where pictures lie, by their SOP Instance UIDs; others are left out."""
    walk = _Walk(model)
    name, code = coded(first_item(model, _NAME))
    report = Report(
        title=name or text(model, "0008103E"),
        code=code,
        patient={"name": text(model, "00100010"), "id": text(model, "00100020"), "birth_date": text(model, "00100030")},
        date=text(model, "00080023") + text(model, "00080033").partition(".")[0][:6],
        institution=text(model, "00080080"),
        authors=[found for author in items(model, "0040A078") if (found := person(text(author, "0040A123")))],
        verification={"VERIFIED": "verified", "UNVERIFIED": "unverified"}.get(text(model, "0040A493").upper(), ""),
        completion={"COMPLETE": "complete", "PARTIAL": "partial"}.get(text(model, "0040A491").upper(), ""),
        completion_words=text(model, "0040A492"),
        preliminary=text(model, "0040A496").upper() == "PRELIMINARY",
        verifiers=[
            Verifier(person(text(one, "0040A075")), text(one, "0040A027"), text(one, "0040A030"))
            for one in items(model, "0040A073")
        ],
    )
    report.blocks = _tidy(walk.blocks(model, 0))
    places = resolve(walk.pictured) if walk.pictured else {}
    _place(report.blocks, places)
    report.cut = "long" if walk.cut else ""
    return report


def coded(item: Item) -> tuple[str, str]:
    """A code's meaning, and the code itself with its scheme (PS3.3 8.8)."""
    value = text(item, "00080100") or text(item, "00080119") or text(item, "00080120")
    meaning = text(item, "00080104")
    return meaning or value, f"{value} {text(item, '00080102')}".strip()


class _Walk:
    """One way through the tree, and what is left of its bounds."""

    def __init__(self, root: Item) -> None:
        self._root = root
        self._items = MOST_ITEMS
        self._characters = MOST_CHARACTERS
        self.pictured: list[str] = []
        self.cut = False

    def blocks(self, item: Item, depth: int) -> list[Block]:
        """What an item's children say, in their order."""
        if depth >= MOST_DEPTH:
            self.cut = self.cut or bool(values(item, _CONTENT))
            return []
        found: list[Block] = []
        for child in items(item, _CONTENT):
            if self._items <= 0 or self._characters <= 0:
                self.cut = True
                break
            self._items -= 1
            block = self._block(child, depth)
            if block is not None:
                found.append(block)
        return found

    def _block(self, item: Item, depth: int) -> Block | None:
        name, code = coded(first_item(item, _NAME))
        name = self._some(name)
        reference = values(item, "0040DB73")
        if reference:
            return {"kind": "value", "name": name, "code": code, "text": self._target(reference), "unit": ""}
        kind = text(item, _TYPE).upper()
        if kind == "CONTAINER":
            inner = self.blocks(item, depth + 1)
            if text(item, "0040A050").upper() == "CONTINUOUS" and _is_prose(item):
                inner = _running(inner)
            inner = [_without_echo(block, name) for block in inner]
            if code == _GROUP and (tracked := next((one for one in inner if one["code"] == _TRACKED), None)):
                # Groups are told apart by what they track (PS3.16 TID 1501).
                name, inner = tracked["text"] or name, [one for one in inner if one is not tracked]
            return {"kind": "section", "name": name, "code": code, "blocks": inner} if name or inner else None
        inner = self.blocks(item, depth + 1)
        if kind == "NUM" and len(derived := [one for one in inner if one["code"] == _DERIVATION]) == 1:
            # "Attenuation, mean" is one measurement; its derivation by itself says nothing (PS3.16 TID 300).
            name, inner = f"{name}, {derived[0]['text'].lower()}", [one for one in inner if one is not derived[0]]
        if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
            picture = self._picture(item)
            block: Block = {"kind": "pictures", "name": name, "code": code, "pictures": [picture] if picture else []}
            # Marks on a picture come as its parents or its children; what they are of is the picture.
            block["blocks"] = inner
            return block
        if kind == "TEXT":
            said = self._some(text(item, "0040A160"))
            if not said and not inner:
                return None
            if inner or (len(said) <= _MOST_WIDE and "\n" not in said and name):
                return {"kind": "value", "name": name, "code": code, "text": said, "unit": "", "blocks": inner}
            return {"kind": "text", "name": name, "code": code, "text": said}
        said, unit, value_code = self._value(item, kind)
        if not said and not inner and not name:
            return None
        block = {"kind": "value", "name": name, "code": code, "text": self._some(said), "unit": unit, "blocks": inner}
        return block | ({"value_code": value_code} if value_code else {})

    def _value(self, item: Item, kind: str) -> tuple[str, str, str]:
        """Text, unit and code of a leaf's value."""
        match kind:
            case "CODE":
                said, code = coded(first_item(item, "0040A168"))
                return said, "", code
            case "NUM":
                return measured(item)
            case "PNAME":
                return person(text(item, "0040A123")), "", ""
            case "DATETIME":
                return _moment(text(item, "0040A120")), "", ""
            case "DATE":
                return _moment(text(item, "0040A121")), "", ""
            case "TIME":
                return _clock(text(item, "0040A122")), "", ""
            case "UIDREF":
                # Nobody reads a UID; who asks for codes does.
                return "", "", text(item, "0040A124")
            case "SCOORD" | "SCOORD3D":
                shape = _SHAPES.get(text(item, "00700023").upper(), "A mark")
                return f"{shape} marked on the picture" if kind == "SCOORD" else f"{shape} marked in space", "", ""
            case "TCOORD":
                return "A time marked in the recording", "", ""
            case _:
                return text(item, "0040A160"), "", ""

    def _picture(self, item: Item) -> Block | None:
        referenced = first_item(item, "00081199")
        uid = text(referenced, "00081155")
        if not uid or len(self.pictured) >= _MOST_PICTURES:
            self.cut = self.cut or bool(uid)
            return None
        self.pictured.append(uid)
        frames = [int(value) for value in numbers(referenced, "00081160")[:100] if 1 <= value < 1e9]
        return {"uid": uid, "frames": frames}

    def _target(self, path: list[object]) -> str:
        """What an item by reference says (PS3.3 C.17.3.2.5): counted from 1, the first number being the root."""
        item = self._root
        for step in path[1 : MOST_DEPTH + 1]:
            children = list(items(item, _CONTENT))
            if not isinstance(step, int) or not 1 <= step <= len(children):
                return ""
            item = children[step - 1]
        if item is self._root:
            return ""
        name = coded(first_item(item, _NAME))[0]
        kind = text(item, _TYPE).upper()
        said, unit, _ = self._value(item, kind)
        whole = f"{said} {unit}".strip()
        return self._some(f"{name}: {whole}" if name and whole else name or whole)

    def _some(self, said: str) -> str:
        """A text, as far as there is room for it."""
        if len(said) > self._characters:
            self.cut = True
            said = said[: max(self._characters, 0)]
        self._characters -= len(said)
        return said


def measured(item: Item) -> tuple[str, str, str]:
    """A number's text, its unit in words, and the unit's code; or in words why there is none."""
    measured = first_item(item, "0040A300")
    units = first_item(measured, "004008EA")
    said = text(measured, "0040A30A") or text(measured, "0040A161")
    if not said:
        return coded(first_item(item, "0040A301"))[0], "", ""
    code = text(units, "00080100") or text(units, "00080119")
    scheme = text(units, "00080102")
    return _number(said), unit_word(code, text(units, "00080104"), scheme), f"{code} {scheme}".strip()


def _number(said: str) -> str:
    """A decimal string as people write it, every digit kept: no leading plus, no "E+01" for what is short without."""
    said = said.partition("\\")[0].strip().removeprefix("+")
    try:
        value = float(said)
    except ValueError:
        return said
    if "e" in said.lower() and 1e-4 <= abs(value) < 1e7:
        return f"{value:.10g}"
    return said


def _moment(said: str) -> str:
    """A date, with its time where there is one, as 2026-11-01 10:15."""
    digits = said.split("+")[0].split("-")[0]
    if len(digits) < 8 or not digits[:8].isdecimal():
        return said
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    clock = _clock(digits[8:])
    return f"{day} {clock}".strip()


def _clock(said: str) -> str:
    digits = said.partition(".")[0]
    if len(digits) < 4 or not digits.isdecimal():
        return said
    seconds = f":{digits[4:6]}" if len(digits) >= 6 and digits[4:6] != "00" else ""
    return f"{digits[:2]}:{digits[2:4]}{seconds}"


def _without_echo(block: Block, heading: str) -> Block:
    """What is called as the heading above it is called needs no second name."""
    if not heading or block["name"] != heading or block["kind"] not in ("text", "value"):
        return block
    if block["kind"] == "text" or not (block["unit"] or block["blocks"]):
        return {"kind": "text", "name": "", "code": "", "text": block["text"]}
    return block


def _is_prose(item: Item) -> bool:
    """Whether a container said to be continuous is: some say so of measurements, whose names must not be lost."""
    children = list(items(item, _CONTENT))
    kinds = [text(child, _TYPE).upper() for child in children]
    named = {coded(first_item(child, _NAME)) for child, kind in zip(children, kinds, strict=True) if kind == "TEXT"}
    return bool(kinds) and kinds[0] == "TEXT" and "UIDREF" not in kinds and len(named) == 1


def _running(blocks: list[Block]) -> list[Block]:
    """Continuous content (PS3.3 C.18.8) as the sentence that it is; what is said about its parts comes after it."""
    said: list[str] = []
    after: list[Block] = []
    for block in blocks:
        if block["kind"] in ("value", "text") and block["text"]:
            said.append(f"{block['text']} {block.get('unit', '')}".strip())
            after.extend(block.get("blocks", ()))
        else:
            after.append(block)
    return ([{"kind": "text", "name": "", "code": "", "text": " ".join(said)}] if said else []) + after


def _tidy(blocks: list[Block]) -> list[Block]:
    """Neighbours of one kind put together: pictures in a row, texts in a list, like sections in a table."""
    for block in blocks:
        if block.get("blocks"):
            block["blocks"] = _tidy(block["blocks"])
    tidied: list[Block] = []
    for _, run in groupby(blocks, key=_alike):
        together = list(run)
        first = together[0]
        if first["kind"] == "pictures":
            tidied.append(
                {
                    "kind": "pictures",
                    "name": first["name"],
                    "code": first["code"],
                    "pictures": [picture for block in together for picture in block["pictures"]],
                    "blocks": [inner for block in together for inner in block["blocks"]],
                }
            )
        elif len(together) > 1 and first["kind"] == "text":
            said = [block["text"] for block in together]
            tidied.append({"kind": "list", "name": first["name"], "code": first["code"], "items": said})
        elif len(together) > 1 and first["kind"] == "section" and (table := _table(together)) is not None:
            tidied.append(table)
        else:
            tidied.extend(together)
    return tidied


def _alike(block: Block) -> tuple[object, ...]:
    kind = block["kind"]
    return (kind, block["name"]) if kind in ("pictures", "text", "section") else (id(block),)


def _table(sections: list[Block]) -> Block | None:
    """Sections that each hold nothing but values, as rows; None where they are too different or too wide."""
    columns: dict[str, None] = {}
    for section in sections:
        names = [inner["name"] for inner in section["blocks"]]
        simple = all(
            inner["kind"] == "value" and not inner.get("blocks") and inner["name"] for inner in section["blocks"]
        )
        if not simple or len(set(names)) != len(names):
            return None
        columns |= dict.fromkeys(name for inner, name in zip(section["blocks"], names, strict=True) if inner["text"])
    if not 1 < len(columns) <= _MOST_COLUMNS:
        return None
    rows: list[list[str]] = []
    for section in sections:
        said = {inner["name"]: f"{inner['text']} {inner['unit']}".strip() for inner in section["blocks"]}
        if len(set(columns) & set(said)) * 2 < len(columns):
            return None
        rows.append([said.get(column, "") for column in columns])
    first = sections[0]
    return {"kind": "table", "name": first["name"], "code": first["code"], "columns": list(columns), "rows": rows}


def _place(blocks: list[Block], places: Mapping[str, Placed]) -> None:
    """Give pictures their places; a UID goes no further than this."""
    for block in blocks:
        for picture in block.get("pictures", ()):
            placed = places.get(picture.pop("uid"))
            picture["series"] = placed.series if placed else None
            picture["instance"] = placed.instance if placed else None
        _place(block.get("blocks") or [], places)
