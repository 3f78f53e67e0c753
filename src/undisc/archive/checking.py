"""Checking and mending: whether every original still is what was stored, and what was lost of the index."""

import hashlib
import mmap
import re
from collections.abc import Callable, Iterator

from undisc.archive import keys, policy, store, turns
from undisc.archive.model import Checked, Damaged, InstanceRow, Staged
from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.dicom.model import Scanned
from undisc.dicom.scan import HeaderScanner
from undisc.storage.port import Storage

_PAGE = 500
_KEY = re.compile(r"studies/[0-9.]+/[0-9.]+/[0-9.]+\.dcm")

Progress = Callable[[int, int], None]
"""Called with instances and bytes that were looked at since the last call."""


def check_originals(storage: Storage, trail: Trail, progress: Progress = lambda count, size: None) -> Checked:
    """Hash every original anew, compare it with its row, and name each that differs or is gone."""
    count = total = 0
    damaged: list[Damaged] = []
    for row in _all_rows(trail):
        key = keys.original(row.names.study, row.names.series, row.names.instance)
        reason = _what_is_wrong(storage, key, row)
        if reason:
            damaged.append(Damaged(key, reason))
        count, total = count + 1, total + row.size
        progress(1, row.size)
    with trail.work() as work:
        work.audit(Act("verified", "operator", {"instances": count, "damaged": len(damaged)}))
    return Checked(count, total, tuple(damaged))


def _all_rows(trail: Trail) -> Iterator[InstanceRow]:
    last = 0
    while True:
        with trail.read() as connection:
            page = store.instances_after(connection, last, _PAGE)
        if not page:
            return
        yield from page
        last = page[-1].id


def _what_is_wrong(storage: Storage, key: str, row: InstanceRow) -> str | None:
    wrapper, dataset = hashlib.sha256(), hashlib.sha256()
    try:
        with storage.open(key) as file:
            wrapper.update(file.read(row.dataset_start))
            while chunk := file.read(1 << 20):
                dataset.update(chunk)
            size = file.tell()
    except FileNotFoundError:
        return "The file is gone."
    except OSError as error:
        return f"The file cannot be read ({error.strerror})."
    if size != row.size:
        return f"The file has {size} bytes where {row.size} were stored."
    if dataset.hexdigest() != row.dataset_sha256:
        return "The picture or its header was changed after it was stored."
    if wrapper.hexdigest() != row.wrapper_sha256:
        return "The file's wrapper was changed after it was stored."
    return None


def find_lost_rows(storage: Storage, trail: Trail) -> int:
    """Give every original that has no row its row again, as after the loss of the database. Returns how many."""
    scanner = HeaderScanner()
    found = 0
    for key in storage.keys("studies/"):
        if not _KEY.fullmatch(key):
            continue
        _, study, series, name = key.split("/")
        with trail.read() as connection:
            if store.has_original(connection, study, series, name.removesuffix(".dcm")):
                continue
        staged = _restage(scanner, storage, key)
        if staged is None or (staged.names.study, staged.names.series) != (study, series):
            continue
        with trail.work() as work:
            turns.take_study(work.connection, study)
            if store.known_instance(work.connection, staged.names.instance):
                continue
            now = work.clock.now()
            study_row = store.study_id(work.connection, staged, now)
            series_row = store.series_id(work.connection, study_row, staged)
            store.add_instances(work.connection, [(series_row, staged)], now)
        found += 1
    return found


def _restage(scanner: HeaderScanner, storage: Storage, key: str) -> Staged | None:
    lent = storage.lend(key)
    try:
        if not lent.path.stat().st_size:
            return None
        with lent.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            scanned = scanner.scan(data)
            if not isinstance(scanned, Scanned):
                return None
            names = policy.name_instance(scanned)
            if isinstance(names, str):
                return None
            start = scanned.dataset_start
            with memoryview(data) as view, view[:start] as wrapper, view[start:] as dataset:
                return Staged(
                    names=names,
                    scanned=scanned,
                    file=lent.path,
                    size=len(data),
                    dataset_start=start,
                    wrapper_sha256=hashlib.sha256(wrapper).hexdigest(),
                    dataset_sha256=hashlib.sha256(dataset).hexdigest(),
                )
    finally:
        lent.give_back()
