"""Exporting: studies as a package that goes onto any medium, every file of it known by name and size beforehand."""

import json
import shutil
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from undisc import __version__
from undisc.archive.policy import REPORTS as REPORT_CLASSES
from undisc.archive.retrieving import CannotBeMade
from undisc.archive.words import ENCAPSULATED_PDF, form_of
from undisc.clock import Clock
from undisc.dicom import syntaxes
from undisc.errors import MediumRefused, StudyUnknown
from undisc.export import pages, told_reports
from undisc.export.contents import Contents, Document, told_studies
from undisc.export.converting import Progress, Spool, Stretch, converted
from undisc.export.dicomdir import Directory
from undisc.export.fileset import Placed, Reads, Unchanged, directory_of, file_of, placed, unchanged_of
from undisc.export.manifest import manifest_file
from undisc.export.model import Kind, PackageFile
from undisc.export.naming import ending_of, new_volume_id
from undisc.export.sealing import Sealer, new_package
from undisc.export.secure import secured
from undisc.export.site import Pictures, Told, site_files, site_manifest
from undisc.export.viewer import ViewerNotBuilt, viewer_files
from undisc.sharing import pictures as sharing

REPORTS = "REPORT"
PRODUCT = f"Undisc {__version__}"
_IN_COLOUR = frozenset({"DMS", "ES", "GM", "OP", "SM", "US", "XC"})


class Form(StrEnum):
    """In which form instances leave."""

    GENERAL = "general"
    """Explicit VR Little Endian, as every reader of media must read it (PS3.11 Annex D)."""
    STORED = "stored"
    """The stored bytes."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file to go along. name: as its giver calls it; its ending says what it is."""

    name: str
    size: int
    open: Callable[[], BinaryIO]

    @staticmethod
    def at(path: Path) -> "ReportFile":
        """Raises OSError where there is no such file."""
        return ReportFile(path.name, path.stat().st_size, lambda: path.open("rb"))


@dataclass(frozen=True, slots=True)
class Choices:
    """What is wanted. viewer: whether the viewer goes along, where it is built. with_reports: whether reports that are
    kept beside the pictures go along.

    sealer: seals all of it, in which case the viewer is part of it; passphrase: what opens it, None where only the
    sealer's own key does, which a link carries. secure: a password, which makes of it DICOM's own secure media, with
    nothing but the DICOM files and their index.
    """

    form: Form = Form.GENERAL
    reports: tuple[ReportFile, ...] = ()
    for_whom: str = ""
    viewer: bool = True
    with_reports: bool = True
    sealer: Sealer | None = None
    passphrase: str | None = field(default=None, repr=False)
    secure: str | None = field(default=None, repr=False)


class Archive(Reads, Pictures, sharing.Pictures, Protocol):
    """What is asked of the archive."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a package comes to, before anything of it is made. bytes: of its DICOM files, about. room: bytes that what
    is to be converted takes in the data folder meanwhile, about."""

    instances: int
    bytes: int
    to_convert: int
    room: int = 0


@dataclass(frozen=True, slots=True)
class Package:
    """A package, ready to be written in the order of its files; the manifest is the last of them.

    volume_id: of the volume and of the file-set, which is one name (PS3.12 F.2), and says nothing of whom. Close it
    when it is written, or use it as a context manager: what was converted for it takes room until then.
    """

    files: tuple[PackageFile, ...]
    volume_id: str
    contents: Contents
    unchanged: tuple[Unchanged, ...]
    study_ids: tuple[int, ...]
    dicom: tuple[PackageFile, ...]
    """The DICOM files, which of a sealed package lie inside of others."""
    _making: "_Making" = field(repr=False)

    @property
    def title(self) -> str:
        return self.contents.title

    @property
    def instances(self) -> int:
        return self.contents.instances

    @property
    def bytes(self) -> int:
        return sum(file.size or 0 for file in self.files)

    def part(self, instances: Collection[int], number: int, of: int, sealer: Sealer | None = None) -> "Package":
        """A package of some of these instances only, with its own index and pages; number: from 1.

        sealer: for a part of a sealed package, since no sealer seals two.
        """
        return self._making.package(frozenset(instances), (number, of), sealer)

    def close(self) -> None:
        self._making.spool.close()

    def __enter__(self) -> "Package":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Exporting:
    """Makes packages of studies. scratch: a folder for what is converted; free_space: bytes to be left there."""

    def __init__(
        self,
        archive: Archive,
        reports: Told,
        clock: Clock,
        scratch: Path,
        place_name: str,
        contact: str = "",
        free_space: int = 0,
    ) -> None:
        self._archive = archive
        self._reports = reports
        self._clock = clock
        self._scratch = scratch
        self._place_name = place_name
        self._contact = contact
        self._free_space = free_space

    def estimate(self, study_ids: Sequence[int], choices: Choices | None = None) -> Estimate:
        """Quick, from rows alone. Raises StudyUnknown."""
        general = (choices or Choices()).form is Form.GENERAL
        size = count = to_convert = room = 0
        for study_id in study_ids:
            for series in self._archive.series_of(study_id):
                sample = 3 if series.modality in _IN_COLOUR else 2
                for row in self._archive.instances_of(series.id):
                    count += 1
                    if not general or row.transfer_syntax == syntaxes.EXPLICIT:
                        size += row.size
                        continue
                    pixels = (row.rows or 0) * (row.columns or 0) * row.frames * sample
                    made = row.size if row.transfer_syntax in syntaxes.NATIVE else max(row.size, pixels)
                    to_convert, size, room = to_convert + 1, size + made, room + made
        if not count:
            raise StudyUnknown("There is no such study here. `undisc studies` lists those that are.")
        return Estimate(count, size, to_convert, room)

    def package(
        self,
        study_ids: Sequence[int],
        choices: Choices | None = None,
        progress: Progress = lambda done, count: None,
    ) -> Package:
        """Lay out a package, and convert what of it is to be converted; nothing else is read before it is opened.

        Raises StudyUnknown where one of the studies is not here, MediumRefused where there is too little room for what
        is converted, WorkersBusy, OSError, and ViewerNotBuilt where a sealed package cannot be had without the viewer.
        """
        chosen = choices or Choices()
        wanted = tuple(dict.fromkeys(study_ids))
        summaries = self._archive.study_summaries(wanted)
        order = tuple(summary["id"] for summary in summaries)
        places = placed(self._archive, order)
        if len(order) != len(wanted) or {place.series.study_id for place in places} != set(wanted):
            raise StudyUnknown("There is no such study here. `undisc studies` lists those that are.")
        if not chosen.with_reports:
            places = [place for place in places if not place.held.sop_class.startswith(REPORT_CLASSES)]
            if not places:
                raise MediumRefused("There are reports here and no pictures. Take the reports along.")
        spool = Spool(self._scratch)
        room = self.estimate(order, chosen).room
        if room and shutil.disk_usage(self._scratch).free - room < self._free_space:
            raise MediumRefused(
                "There is too little room in the data folder to convert these images. Make room, or leave them as they "
                "are stored (--as-stored)."
            )
        try:
            made: dict[int, Stretch | CannotBeMade] = {}
            if chosen.form is Form.GENERAL:
                held = [place.held for place in places]
                made = converted(self._archive.retrieving, held, spool, progress)
            contents = Contents(
                place=self._place_name,
                contact=self._contact,
                made_at=self._clock.now(),
                product=PRODUCT,
                for_whom=chosen.for_whom,
                studies=(),
                documents=(),
                unchanged=(),
                general=chosen.form is Form.GENERAL,
                viewer=False,
            )
            directory = directory_of(self._archive, places, made)
            making = _Making(self._archive, self._reports, chosen, spool, places, made, directory, summaries, contents)
            return making.package(None, (1, 1), chosen.sealer)
        except BaseException:
            spool.close()
            raise


@dataclass(frozen=True, slots=True)
class _Making:
    """All that a package, or a part of it, is made of."""

    archive: Archive
    reports: Told
    choices: Choices
    spool: Spool
    places: Sequence[Placed]
    made: "dict[int, Stretch | CannotBeMade]"
    directory: Directory
    summaries: Sequence[dict[str, Any]]
    contents: Contents

    def package(self, instances: frozenset[int] | None, part: tuple[int, int], sealer: Sealer | None) -> Package:
        if (sealer is None) != (self.choices.sealer is None):
            raise ValueError("a part is sealed where the whole is")
        places = [place for place in self.places if instances is None or place.held.id in instances]
        reports = [*self._own_reports(places), *self._given_reports()]
        unchanged = unchanged_of(places, self.made)
        contents = replace(
            self.contents,
            studies=told_studies(self.summaries, places),
            documents=tuple(document for document, _ in reports),
            unchanged=unchanged,
            part=part,
        )
        closed = sealer is not None or self.choices.secure is not None
        volume = new_volume_id(None if closed else contents.made_at, part)
        viewer = self._viewer()
        contents = replace(contents, viewer=bool(viewer) and sealer is None)
        files = self._standard(places, contents, volume, [file for _, file in reports], with_all=instances is None)
        dicom = tuple(file for file in files if file.kind is Kind.DICOM)
        if self.choices.secure is not None:
            files = secured(files, self.choices.secure)
        elif viewer:
            files = self._with_viewer(files, viewer, places, sealer)
        files.append(manifest_file(files))
        study_ids = tuple(dict.fromkeys(place.series.study_id for place in places))
        return Package(tuple(files), volume, contents, unchanged, study_ids, dicom, self)

    def _standard(
        self,
        places: Sequence[Placed],
        contents: Contents,
        volume: str,
        reports: Sequence[PackageFile],
        *,
        with_all: bool,
    ) -> list[PackageFile]:
        """The file-set, and the pages that go with it."""
        only = None if with_all else {place.path for place in places}
        index = self.directory.written(volume, f"2.25.{uuid.uuid4().int}", pages.DESCRIPTOR, "ISO_IR 192", only)
        readme = pages.readme_text(contents)
        return [
            held_file(pages.INDEX, Kind.PAGE, pages.index_page(contents)),
            held_file(pages.README, Kind.PAGE, readme),
            held_file("DICOMDIR", Kind.INDEX, index),
            held_file(pages.DESCRIPTOR, Kind.PAGE, readme),
            held_file(pages.LISTING, Kind.PAGE, pages.listing_page(contents)),
            *reports,
            *(file_of(self.archive.retrieving, place, self.made.get(place.held.id), self.spool) for place in places),
        ]

    def _viewer(self) -> list[PackageFile]:
        """The viewer's own files, its page first; none where none is wanted or, on an open medium, none was built."""
        sealer = self.choices.sealer
        if self.choices.secure is not None or (not self.choices.viewer and sealer is None):
            return []
        try:
            return list(viewer_files("" if sealer else self.contents.place, listing=sealer is None))
        except ViewerNotBuilt:
            if sealer is not None:
                raise
            return []

    def _with_viewer(
        self, files: list[PackageFile], viewer: list[PackageFile], places: Sequence[Placed], sealer: Sealer | None
    ) -> list[PackageFile]:
        """The package with the viewer and its data; of a sealed one, those with all else inside."""
        named = {place.held.id: place.path for place in places}
        study_ids = list(dict.fromkeys(place.series.study_id for place in places))
        manifest = only_whole(site_manifest(self.archive, self.contents.place, study_ids), self._whole_series(places))
        if sealer is None:
            data = site_files(self.archive, self.reports, manifest, package=new_package(), named=named)
            index, *rest = files
            assert index.path == viewer[0].path
            return [viewer[0], *rest, *viewer[1:], *data]
        data = site_files(
            self.archive,
            self.reports,
            manifest,
            package=sealer.package,
            named=named,
            inside=files,
            seal=sealer,
        )
        passphrase = self.choices.passphrase
        opens_by_passphrase = passphrase is not None or sealer.wrapped is not None
        readme = held_file(pages.README, Kind.PAGE, pages.sealed_readme_text(with_passphrase=opens_by_passphrase))
        return [viewer[0], readme, *viewer[1:], sealer.key_file(len(data) - 1, passphrase), *data]

    def _whole_series(self, places: Sequence[Placed]) -> set[int]:
        here: dict[int, int] = {}
        for place in places:
            here[place.series.id] = here.get(place.series.id, 0) + 1
        return {place.series.id for place in places if here[place.series.id] == place.series.instances}

    def _own_reports(self, places: Sequence[Placed]) -> list[tuple[Document, PackageFile]]:
        """What reports are among the instances, as PDFs that any computer opens."""
        found = []
        for place in places:
            path = f"{REPORTS}/RE{len(found) + 1:06d}.PDF"
            made = self._report(place, path)
            if made is not None:
                found.append((Document(path, place.series.description or "Report"), made))
        return found

    def _report(self, place: Placed, path: str) -> PackageFile | None:
        number = place.held.id
        if place.held.sop_class == ENCAPSULATED_PDF:
            inside = self.archive.document(number)
            return None if inside is None else PackageFile(path, Kind.REPORT, len(inside), self._opener(number))
        if form_of(place.held.sop_class, place.held.transfer_syntax) != "report":
            return None
        told = self.reports.told(number)
        printed = told_reports.as_pdf(told) if told is not None else None
        if printed is None:
            return None
        kept = self.spool.take(BytesIO(printed))
        return PackageFile(path, Kind.REPORT, kept.size, lambda: self.spool.open(kept))

    def _opener(self, instance_id: int) -> Callable[[], BinaryIO]:
        def opened() -> BinaryIO:
            document = self.archive.document(instance_id)
            if document is None:
                raise FileNotFoundError("the document is not here any more")
            return BytesIO(document)

        return opened

    def _given_reports(self) -> list[tuple[Document, PackageFile]]:
        found = []
        for number, report in enumerate(self.choices.reports, 1):
            path = f"{REPORTS}/GI{number:06d}.{ending_of(report.name)}"
            found.append((Document(path, report.name), PackageFile(path, Kind.REPORT, report.size, report.open)))
        return found


def held_file(path: str, kind: Kind, data: bytes) -> PackageFile:
    return PackageFile(path, kind, len(data), lambda: BytesIO(data))


def only_whole(manifest: bytes, series: Collection[int]) -> bytes:
    """A study manifest without the series that are not wholly in the package: the viewer could not go through them."""
    told = json.loads(manifest)
    entries = [entry for study in told["studies"] for entry in study["series"]]
    if all(entry["id"] in series for entry in entries):
        return manifest
    for study in told["studies"]:
        study["series"] = [entry for entry in study["series"] if entry["id"] in series]
    if told.get("first") and told["first"]["series"] not in series:
        told |= {"first": None, "series": None}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
