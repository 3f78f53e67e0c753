"""Names off a disc: hostile until shown otherwise, and rarely spelt as the index spells them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from undisc.discs.model import Missing, Outside

_DIGITS = re.compile(r"([0-9]+)")
_SEPARATORS = re.compile(r"[/\\]")
_DRIVE = re.compile(r"[A-Za-z]:")
_VERSION = re.compile(r";[0-9]*$")
# Controls, and the marks that turn the direction of writing, can make a name read as another one.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
# What burners put behind a File ID, which has no extension of its own (PS3.10 8.5).
_EXTENSIONS = (".DCM", ".DICOM", ".DIC", ".IMA", ".IMG")

NaturalKey = tuple[tuple[str | tuple[int, str], ...], str]


def natural_key(name: str) -> NaturalKey:
    """A sort key under which IM2 comes before IM10; names that differ at all never compare equal."""
    parts = _DIGITS.split(name)
    key = tuple(
        (len(part.lstrip("0")), part.lstrip("0")) if position % 2 else part for position, part in enumerate(parts)
    )
    return key, name


def path_key(path: str) -> tuple[NaturalKey, ...]:
    """`natural_key` folder by folder: the order of a walk that goes down into each folder where it stands."""
    return tuple(natural_key(part) for part in path.split("/"))


def shown(name: str) -> str:
    r"""The name with everything that cannot be shown safely spelt out (a newline as \x0a, a stray byte as \xff)."""
    if not _UNSHOWABLE.search(name):
        return name
    return _UNSHOWABLE.sub(_spell, name)


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # one undecodable byte, as surrogateescape carries it
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def refusal(name: str, *, deepest: int, longest: int = 4096) -> str | None:
    """Why a name in an archive or image cannot be a path on it, as a plain sentence; None where it can."""
    if "\x00" in name:
        return "Its name holds a character that no file name may hold."
    if len(name) > longest:
        return "Its name is too long."
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return "Its name points outside the disc."
    parts = _SEPARATORS.split(name)
    if any(part in ("..", ".") for part in parts):
        return "Its name points outside the disc."
    if not all(parts):
        return "It has no name."
    if len(parts) > deepest:
        return "It lies in too many folders, one inside the other."
    return None


class DiscNames:
    """The paths that a source holds, findable as an index may spell them.

    aliases: other spellings of a path (the short name beside the long one on an ISO image) -> the path.
    """

    def __init__(self, paths: Iterable[str], aliases: Mapping[str, str] | None = None) -> None:
        self._exact = dict.fromkeys(paths, "")
        self._folded: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        for path in self._exact:
            self._learn(path, path)
        for alias, path in (aliases or {}).items():
            if path in self._exact:
                self._learn(alias, path)

    def _learn(self, spelling: str, path: str) -> None:
        folded = "/".join(_folded(part) for part in spelling.split("/"))
        self._folded.setdefault(folded, path)
        for extension in _EXTENSIONS:
            if folded.endswith(extension):
                self._stems.setdefault(folded.removesuffix(extension), path)
                break

    def find(self, parts: Sequence[str]) -> str | None:
        """The path that these components mean: as spelt, else whatever its case, version or extension."""
        spelt = "/".join(parts)
        if spelt in self._exact:
            return spelt
        folded = "/".join(_folded(part) for part in parts)
        found = self._folded.get(folded) or self._stems.get(folded)
        if found is not None:
            return found
        for extension in _EXTENSIONS:
            if folded.endswith(extension):
                return self._folded.get(folded.removesuffix(extension))
        return None


def _folded(part: str) -> str:
    return _VERSION.sub("", part.strip()).rstrip(". ").upper()


def resolve_file_id(components: Sequence[str], names: DiscNames, folder: str = "") -> str | Outside | Missing:
    """The path on the disc that a Referenced File ID (PS3.3 F.3.2.2) means, or that it leaves the disc, or is missing.

    components: the values of (0004,1500); whole paths inside one component, with either slash, are taken apart.
    folder: where the DICOMDIR lies. The answer is always one of the names given: nothing is looked up elsewhere.
    """
    written = [piece for part in components for piece in _SEPARATORS.split(str(part))]
    if any("\x00" in piece for piece in written):
        return Outside()
    absolute = bool(written) and (not written[0].strip() or bool(_DRIVE.match(written[0])))
    start = [] if absolute or not folder else folder.split("/")
    parts = list(start)
    for piece in written:
        if piece.strip() in ("", ".") or (piece is written[0] and _DRIVE.fullmatch(piece)):
            continue
        if piece.strip() == "..":
            if not parts:
                return Outside()
            parts.pop()
        else:
            parts.append(piece)
    if len(parts) == 0:
        return Missing()
    found = names.find(parts)
    if found is None and start:
        found = names.find(parts[len(start) :]) if parts[: len(start)] == start else None
    if found is not None:
        return found
    return Outside() if absolute else Missing()
