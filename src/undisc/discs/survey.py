"""A first look over a whole source: what is there, what its index promised, and whether it was seen before."""

import hashlib
from collections.abc import Iterator, Sequence

from undisc.discs.dicomdir import LARGEST, at_folder, read_dicomdir
from undisc.discs.kinds import is_index_name
from undisc.discs.model import DicomDir, Entry, IndexedFile, MissingFile, Outside, Refused, Survey
from undisc.discs.paths import DiscNames, resolve_file_id
from undisc.discs.sources import Source

_MOST_INDEXES = 16
_SAMPLES = 8
_SAMPLE_BYTES = 4096
_MOST_MISSING = 100_000


def survey(source: Source, most_files: int) -> Survey:
    """Walk the source once and compare it with its index. Never raises for what lies on the source.

    At most `most_files` things are looked at; where there are more, one Refused for "." says so.
    """
    entries, refused = _walk(source, most_files)
    indexes, digest = _indexes(source, entries)
    names = DiscNames((entry.path for entry in entries), source.aliases)
    index_paths = tuple(path for path, _ in indexes)
    listed: dict[str, IndexedFile] = {}
    missing: list[MissingFile] = []
    outside: list[str] = []
    for path, index in indexes:
        folder = path.rpartition("/")[0]
        for file in index.files:
            found = resolve_file_id(file.file_id, names, folder)
            if isinstance(found, str):
                listed.setdefault(found, file)
            elif isinstance(found, Outside):
                outside.append(file.path)
            elif len(missing) < _MOST_MISSING:
                missing.append(_missing(file))
    return Survey(
        entries=tuple(entries),
        refused=tuple(refused),
        index=_merged([index for _, index in indexes]),
        missing=tuple(dict.fromkeys(missing)),
        outside=tuple(dict.fromkeys(outside)),
        unlisted_count=_unlisted(source, entries, {*listed, *index_paths}) if indexes else 0,
        fingerprint=_fingerprint(source, entries, digest),
        index_paths=index_paths,
        listed=listed,
    )


def _walk(source: Source, most_files: int) -> tuple[list[Entry], list[Refused]]:
    entries: list[Entry] = []
    refused: list[Refused] = []
    for found in source.entries():
        if len(entries) + len(refused) >= most_files:
            refused.append(Refused(".", f"The disc holds more than {most_files} files; the rest were not looked at."))
            break
        if isinstance(found, Entry):
            entries.append(found)
        else:
            refused.append(found)
    return entries, refused


def _indexes(source: Source, entries: Sequence[Entry]) -> tuple[list[tuple[str, DicomDir]], bytes]:
    # An index given by itself, away from its disc, would call every file of that disc missing.
    candidates = [entry for entry in entries if is_index_name(entry.path) and source.kind != "file"]
    candidates.sort(key=lambda entry: entry.path.count("/"))  # the root's own index first; the order is else kept
    found: list[tuple[str, DicomDir]] = []
    digest = hashlib.sha256()
    for entry in candidates[:_MOST_INDEXES]:
        try:
            with source.open(entry) as stream:
                data = stream.read(LARGEST + 1)
        except OSError:
            found.append((entry.path, DicomDir(notes=("The disc's index cannot be read off the disc.",))))
            continue
        digest.update(hashlib.sha256(data).digest())
        found.append((entry.path, at_folder(read_dicomdir(data), entry.path.rpartition("/")[0])))
    return found, digest.digest()


def _merged(indexes: Sequence[DicomDir]) -> DicomDir | None:
    if not indexes:
        return None
    files = tuple(file for index in indexes for file in index.files)
    return DicomDir(files, tuple(dict.fromkeys(note for index in indexes for note in index.notes)))


def _missing(file: IndexedFile) -> MissingFile:
    return MissingFile(
        path=file.path,
        series_description=file.series_description,
        series_number=file.series_number,
        instance_number=file.instance_number,
        sop_instance_uid=file.sop_instance,
        series_uid=file.series_uid,
    )


def _unlisted(source: Source, entries: Sequence[Entry], known: set[str]) -> int:
    return sum(
        _head(source, entry, 132)[128:132] == b"DICM" for entry in entries if entry.path not in known and entry.size
    )


def _head(source: Source, entry: Entry, length: int) -> bytes:
    try:
        with source.open(entry) as stream:
            return stream.read(length)
    except OSError:
        return b""


def _fingerprint(source: Source, entries: Sequence[Entry], index_digest: bytes) -> str:
    """Names, sizes and times tell most discs apart; the index and some first bytes tell those of one burner apart."""
    digest = hashlib.sha256()
    for part in (source.kind.encode(), *_lines(entries), index_digest):
        digest.update(len(part).to_bytes(8, "big") + part)
    step = max(1, len(entries) // _SAMPLES)
    for entry in entries[::step][:_SAMPLES]:
        digest.update(hashlib.sha256(_head(source, entry, _SAMPLE_BYTES)).digest())
    return digest.hexdigest()


def _lines(entries: Sequence[Entry]) -> Iterator[bytes]:
    for entry in sorted(entries, key=lambda entry: entry.path):
        yield f"{entry.path}\0{entry.size}\0{entry.modified_ns}".encode("utf-8", "surrogateescape")
