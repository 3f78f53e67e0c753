"""The index of a file-set: the Basic Directory of a medium, Explicit VR Little Endian (PS3.3 annex F, PS3.10 8.6)."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from struct import pack

from undisc.archive.model import Names
from undisc.dicom import syntaxes
from undisc.dicom.explicit import element, header
from undisc.dicom.wrapper import bare_prefix
from undisc.export.elements import Model, texts
from undisc.export.records import AT_THE_ROOT, PRIVATE, keys_of, record_type

DIRECTORY = "1.2.840.10008.1.3.10"
PRIVATE_RECORD = "2.25.77811650974121550132857158573905832982"
"""What our records of type PRIVATE are: an instance whose class has no record in the standard, below its series."""

_PATIENT_ID, _STUDY_UID, _SERIES_UID, _PATIENT_NAME, _ISSUER = (
    0x00100020,
    0x0020000D,
    0x0020000E,
    0x00100010,
    0x00100021,
)
_FIXED = 12 + 10 + 12  # next record, in use, lower level
_IN_USE = 0xFFFF


@dataclass(slots=True)
class _Record:
    kind: str
    body: bytes
    """All elements but the three that link it."""
    path: str = ""
    """Of the file that it refers to."""
    below: "list[_Record]" = field(default_factory=list)
    offset: int = 0

    @property
    def size(self) -> int:
        return 8 + _FIXED + len(self.body)


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the file-set. path: its components with "/" between. model: its data set, or as much as has keys."""

    path: str
    names: Names
    sop_class: str
    transfer_syntax: str
    model: Model


class Directory:
    """Takes files in the order in which they are to be listed. Nothing of the models is kept."""

    def __init__(self) -> None:
        self._root: list[_Record] = []
        self._patients: dict[tuple[str, str, str], _Record] = {}
        self._patient_ids: set[str] = set()
        self._studies: dict[str, _Record] = {}
        self._series: dict[tuple[str, str], _Record] = {}

    def add(self, listed: Listed) -> None:
        kind = record_type(listed.sop_class)
        parent = self._root if kind in AT_THE_ROOT else self._series_of(listed).below
        keys = keys_of(kind, listed.model, len(parent) + 1)
        reference = element(0x00041500, "CS", listed.path.replace("/", "\\").encode("ascii"))
        reference += element(0x00041510, "UI", listed.sop_class.encode("ascii", "replace"))
        reference += element(0x00041511, "UI", listed.names.instance.encode("ascii", "replace"))
        reference += element(0x00041512, "UI", listed.transfer_syntax.encode("ascii", "replace"))
        parent.append(_Record(kind, _head(kind) + reference + keys, listed.path))

    def _series_of(self, listed: Listed) -> _Record:
        names, model = listed.names, listed.model
        series = self._series.get((names.study, names.series))
        if series is None:
            study = self._studies.get(names.study)
            if study is None:
                patient = self._patient_of(model, names.study)
                number = len(self._studies) + 1
                study = _Record("STUDY", _head("STUDY") + keys_of("STUDY", model, number, {_STUDY_UID: names.study}))
                patient.below.append(study)
                self._studies[names.study] = study
            number = len(study.below) + 1
            keys = keys_of("SERIES", model, number, {_SERIES_UID: names.series})
            series = _Record("SERIES", _head("SERIES") + keys)
            study.below.append(series)
            self._series[names.study, names.series] = series
        return series

    def _patient_of(self, model: Model, study: str) -> _Record:
        """Two people are never one for the sake of an ID: the ID, its issuer and the name have to agree. Of studies
        without an ID nobody knows whose they are, so that each has a patient of its own."""
        told = ["".join(texts(model, tag, vr)) for tag, vr in ((_PATIENT_ID, "LO"), (_ISSUER, "LO"))]
        name = "".join(texts(model, _PATIENT_NAME, "PN"))
        known = (told[0], told[1], _plain(name)) if told[0] else ("", study, "")
        patient = self._patients.get(known)
        if patient is None:
            keys = keys_of("PATIENT", model, 1, {_PATIENT_ID: self._unused_id(told[0])})
            patient = self._patients[known] = _Record("PATIENT", _head("PATIENT") + keys)
            self._root.append(patient)
        return patient

    def _unused_id(self, patient_id: str) -> str:
        """No two patients of a file-set may have one ID (PS3.11 D.3.3)."""
        wanted, number = patient_id or "UNKNOWN1", 1
        while wanted in self._patient_ids:
            number += 1
            wanted = f"{patient_id[:56]}_{number}" if patient_id else f"UNKNOWN{number}"
        self._patient_ids.add(wanted)
        return wanted

    def written(
        self,
        file_set_id: str,
        instance: str,
        descriptor: str = "",
        descriptor_charset: str = "",
        only: Collection[str] | None = None,
    ) -> bytes:
        """The whole DICOMDIR. descriptor: path of a text that tells of the file-set. only: the paths of those files
        that are to be listed, where not all are."""
        root = self._root if only is None else _those(self._root, only)
        prefix = bare_prefix(DIRECTORY, instance, syntaxes.EXPLICIT)
        begin = element(0x00041130, "CS", file_set_id.encode("ascii"))
        if descriptor:
            begin += element(0x00041141, "CS", descriptor.replace("/", "\\").encode("ascii"))
            if descriptor_charset:
                begin += element(0x00041142, "CS", descriptor_charset.encode("ascii"))
        start = len(prefix) + len(begin) + 12 + 12 + 10
        end = _placed(root, start + 12)
        first, last = (root[0].offset, root[-1].offset) if root else (0, 0)
        parts = [prefix, begin]
        parts.append(element(0x00041200, "UL", pack("<I", first)) + element(0x00041202, "UL", pack("<I", last)))
        parts.append(element(0x00041212, "US", b"\0\0"))
        parts.append(header(0x00041220, "SQ", end - start - 12))
        _write(root, parts)
        return b"".join(parts)


def _head(kind: str) -> bytes:
    written = element(0x00041430, "CS", kind.encode("ascii"))
    return written + element(0x00041432, "UI", PRIVATE_RECORD.encode("ascii")) if kind == PRIVATE else written


def _those(records: Sequence[_Record], paths: Collection[str]) -> list[_Record]:
    """A tree of its own, without the files that are not wanted and the records that nothing is left below."""
    found = []
    for record in records:
        below = _those(record.below, paths)
        if below or record.path in paths:
            found.append(_Record(record.kind, record.body, record.path, below))
    return found


def _placed(records: Sequence[_Record], at: int) -> int:
    """Give each record its offset in the file, what lies below one right behind it. Returns where they end."""
    for record in records:
        record.offset = at
        at = _placed(record.below, at + record.size)
    return at


def _write(records: Sequence[_Record], parts: list[bytes]) -> None:
    for index, record in enumerate(records):
        following = records[index + 1].offset if index + 1 < len(records) else 0
        lower = record.below[0].offset if record.below else 0
        parts.append(pack("<HHI", 0xFFFE, 0xE000, record.size - 8))
        parts.append(pack("<HH2sHI", 0x0004, 0x1400, b"UL", 4, following))
        parts.append(pack("<HH2sHH", 0x0004, 0x1410, b"US", 2, _IN_USE))
        parts.append(pack("<HH2sHI", 0x0004, 0x1420, b"UL", 4, lower))
        parts.append(record.body)
        _write(record.below, parts)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.split("=")[0]).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
