"""Encapsulated CDA documents (HL7 CDA R2): the narrative that the standard wants people to read, as blocks.

Nothing of the file is carried out: no style sheet, no entity, no address is followed. A document type declaration is
refused, since honest documents have none and others put bombs into it.
"""

from xml.parsers import expat

from undisc.reports.elements import clean
from undisc.reports.model import Block, Report, Unreadable

MOST_BYTES = 8 << 20
_MOST_DEPTH = 100
_MOST_NODES = 200_000
_MOST_CHARACTERS = 2_000_000
_HL7 = "urn:hl7-org:v3"


class _Node:
    __slots__ = ("attributes", "children", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[_Node | str] = []

    def all(self, *path: str) -> "list[_Node]":
        found: list[_Node] = [self]
        for name in path:
            found = [
                child for node in found for child in node.children if isinstance(child, _Node) and child.name == name
            ]
        return found

    def first(self, *path: str) -> "_Node | None":
        return next(iter(self.all(*path)), None)

    def words(self) -> str:
        """All text within, as one line would say it."""
        parts = [child if isinstance(child, str) else child.words() for child in self.children]
        return " ".join("".join(parts).split())


class _Refused(Exception):
    """The document is not read any further."""


def read_clinical(data: bytes) -> Report | Unreadable:
    """The narrative of one CDA document."""
    if len(data) > MOST_BYTES:
        return Unreadable("This document is too large to be shown as a page.")
    try:
        root = _parse(data.rstrip(b"\0"))
    except (_Refused, expat.ExpatError, ValueError, LookupError):
        return Unreadable("This document could not be read safely, so it is not shown as a page.")
    if root.name != "ClinicalDocument":
        return Unreadable("This document is not a clinical document, so it is not shown as a page.")
    body = root.first("component", "structuredBody")
    if body is None:
        return Unreadable("This document holds a file of another kind, which is not shown as a page.")
    title, person = root.first("title"), root.first("recordTarget", "patientRole", "patient")
    report = Report(
        title=title.words() if title else "",
        patient={"name": _names(person), "id": "", "birth_date": _value(person, "birthTime")} if person else {},
        date=_value(root, "effectiveTime")[:14],
        authors=[name for author in root.all("author", "assignedAuthor", "assignedPerson") if (name := _names(author))],
    )
    custodian = root.first("custodian", "assignedCustodian", "representedCustodianOrganization", "name")
    report.institution = custodian.words() if custodian else ""
    for section in body.all("component", "section"):
        report.blocks.extend(_section(section))
    return report


def _parse(data: bytes) -> _Node:
    """The tree, within bounds; raises _Refused beyond them."""
    parser = expat.ParserCreate(namespace_separator=" ")
    top = _Node("", {})
    open_nodes = [top]
    left = {"nodes": _MOST_NODES, "characters": _MOST_CHARACTERS}

    def refuse(*_: object) -> int:
        raise _Refused

    def begin(name: str, attributes: dict[str, str]) -> None:
        left["nodes"] -= 1
        if left["nodes"] < 0 or len(open_nodes) > _MOST_DEPTH:
            raise _Refused
        namespace, _, local = name.rpartition(" ")
        node = _Node(local if namespace in (_HL7, "") else "", attributes)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_name: str) -> None:
        open_nodes.pop()

    def said(text: str) -> None:
        left["characters"] -= len(text)
        if left["characters"] < 0:
            raise _Refused
        open_nodes[-1].children.append(text)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, said
    parser.Parse(data, True)
    root = next((child for child in top.children if isinstance(child, _Node)), None)
    if root is None:
        raise _Refused
    return root


def _names(node: _Node | None) -> str:
    name = node.first("name") if node else None
    return name.words() if name else ""


def _value(node: _Node | None, name: str) -> str:
    found = node.first(name) if node else None
    value = found.attributes.get("value", "") if found else ""
    return value if value[:14].isdecimal() else value.split("+")[0].split("-")[0]


def _section(section: _Node) -> list[Block]:
    title, told = section.first("title"), section.first("text")
    blocks = _narrative(told) if told else []
    for inner in section.all("component", "section"):
        blocks.extend(_section(inner))
    if not blocks:
        return []
    return [{"kind": "section", "name": title.words() if title else "", "code": "", "blocks": blocks}]


def _narrative(node: _Node) -> list[Block]:
    """A narrative block (CDA R2 4.3.5) in its parts: running text, paragraphs, lists and tables."""
    blocks: list[Block] = []
    running: list[str] = []

    def flush() -> None:
        said = "\n".join(" ".join(line.split()) for line in "".join(running).split("\x1e"))
        running.clear()
        if clean(said):
            blocks.append({"kind": "text", "name": "", "code": "", "text": clean(said)})

    def walk(inner: _Node) -> None:
        for child in inner.children:
            if isinstance(child, str):
                running.append(child.replace("\x1e", ""))
            elif child.name == "br":
                running.append("\x1e")
            elif child.name == "paragraph":
                flush()
                walk(child)
                flush()
            elif child.name == "list":
                flush()
                said = [words for item in child.all("item") if (words := item.words())]
                blocks.append({"kind": "list", "name": _caption(child), "code": "", "items": said})
            elif child.name == "table":
                flush()
                blocks.extend(_table(child))
            elif child.name == "caption":
                flush()
                walk(child)
                flush()
            else:
                walk(child)

    walk(node)
    flush()
    return blocks


def _caption(node: _Node) -> str:
    caption = node.first("caption")
    return caption.words() if caption else ""


def _table(table: _Node) -> list[Block]:
    head = [cell.words() for row in table.all("thead", "tr")[:1] for cell in row.all("th") or row.all("td")]
    rows = [
        [cell.words() for cell in row.children if isinstance(cell, _Node) and cell.name in ("td", "th")]
        for row in (*table.all("tbody", "tr"), *table.all("tfoot", "tr"), *table.all("tr"))
    ]
    rows = [row for row in rows if any(row)]
    width = max((len(row) for row in (head, *rows)), default=0)
    if not width or not rows:
        return []
    padded = [row + [""] * (width - len(row)) for row in rows]
    columns = head + [""] * (width - len(head))
    return [{"kind": "table", "name": _caption(table), "code": "", "columns": columns, "rows": padded}]
