"""What a series' headers have in common, kept so that a stretch of elements seen before costs one comparison.

A template is a list of runs in file order. A run that lies in the next file byte for byte stands for all its elements
at once. One that does not is split at the first element that differs, which drops out, so a template settles on what
really is common after a few files. Nothing is taken on trust: every byte that a run stands for was compared.
"""

from collections import OrderedDict
from dataclasses import dataclass

from undisc.dicom.scan.coding import Coding, Kind, Shape, Values

_MOST_USES = 256


@dataclass(slots=True)
class Known:
    """One element as it was rendered: its bytes, its shape, and the coding in force after it."""

    raw: bytes
    shape: Shape
    body: bytes
    values: object
    coding: Coding


class Run:
    """Elements that follow each other, with their attribute objects already joined."""

    __slots__ = (
        "attributes",
        "body",
        "changes_context",
        "chunk",
        "coding",
        "creators",
        "elements",
        "first_tag",
        "groups",
        "last_tag",
        "size",
    )

    def __init__(self, elements: list[Known]) -> None:
        self.elements = elements
        self.chunk = b"".join(element.raw for element in elements)
        self.size = len(self.chunk)
        self.body = b",".join(e.body for e in elements if e.shape.kind != Kind.GROUP_LENGTH)
        self.first_tag = elements[0].shape.tag
        self.last_tag = elements[-1].shape.tag
        self.coding = elements[-1].coding
        self.changes_context = any(element.shape.kind >= Kind.CHARSET for element in elements)
        self.attributes: dict[str, Values] = {}
        self.groups: dict[int, object] = {}
        self.creators: dict[int, str] = {}
        for element in elements:
            tag, values = element.shape.tag, element.values
            if element.shape.keyword is not None and isinstance(values, tuple):
                self.attributes[element.shape.keyword] = values
            elif element.shape.kind == Kind.SEQUENCE and values:
                self.groups[tag] = values
            if element.shape.kind == Kind.CREATOR:
                named = str(values[0]) if isinstance(values, tuple) and values else ""
                self.creators[(tag & 0xFFFF0000 | (tag & 0xFF) << 8) >> 8] = named


@dataclass(slots=True)
class Template:
    runs: list[Run]
    uses: int = 0

    def settle(self, index: int, buffer: bytes, at: int, tag: int) -> bool:
        """Mend run `index`, which does not lie at `at`, where an element `tag` does.

        True: the run now begins with elements that lie there, and may be taken. False: the element at `at` is to be
        read by itself.
        """
        run = self.runs[index]
        if tag < run.first_tag:
            return False
        elements = run.elements
        place, same = at, 0
        for element in elements:
            if not buffer.startswith(element.raw, place):
                break
            place += len(element.raw)
            same += 1
        if same == len(elements):
            return True
        if same:
            self.runs[index : index + 1] = [Run(elements[:same]), Run(elements[same:])]
            return True
        rest = [element for element in elements if element.shape.tag > tag]
        passed = [element for element in elements if element.shape.tag < tag]
        # Elements this file lacks may be in the next one, so they are kept apart; the one that differs is dropped.
        self.runs[index : index + 1] = [Run(part) for part in (passed, rest) if part]
        return False

    def size(self) -> int:
        return sum(run.size + len(run.body) + 400 * len(run.elements) for run in self.runs)


class Templates:
    """The templates of the series met last, bounded in number and bytes."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._kept: OrderedDict[object, tuple[Template, int]] = OrderedDict()
        self._most = most
        self._most_bytes = most_bytes
        self.held = 0

    def find(self, key: object) -> Template | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        template = found[0]
        template.uses += 1
        if template.uses > _MOST_USES:
            self.drop(key)  # learnt afresh now and then, as elements that drop out never come back
        return template

    def drop(self, key: object) -> None:
        """Forget a template that no longer fits, so that the next file teaches it anew."""
        found = self._kept.pop(key, None)
        if found is not None:
            self.held -= found[1]

    def keep(self, key: object, elements: list[list[Known]]) -> None:
        template = Template([Run(stretch) for stretch in elements if stretch])
        size = template.size()
        if size > self._most_bytes // 4:
            return
        self.drop(key)
        self._kept[key] = (template, size)
        self.held += size
        while self._kept and (len(self._kept) > self._most or self.held > self._most_bytes):
            _, (_, dropped) = self._kept.popitem(last=False)
            self.held -= dropped
