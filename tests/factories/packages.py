"""A package as a folder, with the viewer's data, out of a disc that was taken in.

`python -m tests.factories.packages FOLDER [--sealed] [SOURCE…]` makes one to try the viewer with; without a source, of
the demonstration's disc. A sealed one's passphrase and key are printed.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from undisc.app import App, build
from undisc.archive.lookup import Lookup
from undisc.demo.disc import make_demo_disc
from undisc.export.model import Kind, PackageFile
from undisc.export.sealing import Sealer, new_package
from undisc.export.site import site_files, site_manifest
from undisc.reports.service import Reports
from undisc.settings import Settings

PASSPHRASE = "orbit velvet cactus thunder mosaic pickle"
VIEWER = Path(__file__).parents[2] / "src/undisc/web/static/disc"


@dataclass(frozen=True)
class Made:
    files: list[PackageFile]
    sealer: Sealer | None


def originals(app: App, study_ids: Sequence[int]) -> list[PackageFile]:
    """Every original under a name that PS3.10 allows, as it is stored."""
    found = []
    for place, study in enumerate(study_ids, 1):
        for number, series in enumerate(app.archive.series_of(study), 1):
            for image, row in enumerate(app.archive.instances_of(series.id), 1):
                path = f"DICOM/ST{place:06d}/SE{number:06d}/IM{image:06d}"
                original = app.archive.original(row.id)
                assert original is not None
                found.append(PackageFile(path, Kind.DICOM, original.size, original.open, row.id))
    return found


def make_package(app: App, study_ids: Sequence[int], *, sealed: bool) -> Made:
    """The DICOM files and the viewer's data; of a sealed package, the latter with the former inside."""
    dicom = originals(app, study_ids)
    named = {file.instance: file.path for file in dicom if file.instance is not None}
    manifest = site_manifest(app.archive, "Riverside Imaging", study_ids)
    reports = Reports(app.archive, Lookup(app.trail))
    sealer = Sealer(new_package()) if sealed else None
    package = sealer.package if sealer else new_package()
    make = partial(site_files, app.archive, reports, manifest, package=package, named=named)
    if sealer is None:
        return Made([*dicom, *make()], None)
    data = make(inside=dicom, seal=sealer)
    return Made([sealer.key_file(len(data) - 1, PASSPHRASE), *data], sealer)


def write(files: Sequence[PackageFile], folder: Path) -> None:
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with file.open() as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        assert file.size in (None, path.stat().st_size)


def imported(app: App, sources: Sequence[Path]) -> list[int]:
    ledger = app.intake.take_in(sources)
    return [app.archive.study_id(study) for study in ledger.studies]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("sources", nargs="*", type=Path)
    parser.add_argument("--sealed", action="store_true")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        sources = asked.sources
        if not sources:
            make_demo_disc(Path(scratch), now=date(2026, 11, 24))
            sources = [Path(scratch) / "disc"]
        app = build(Settings(data_dir=Path(scratch) / "data", workers=1))
        try:
            made = make_package(app, imported(app, sources), sealed=asked.sealed)
            write(made.files, asked.folder)
        finally:
            app.close()
    if VIEWER.is_dir():
        shutil.copytree(VIEWER, asked.folder, dirs_exist_ok=True)
    if made.sealer:
        print(f"Passphrase: {PASSPHRASE}\nFragment:   #{made.sealer.fragment}")


if __name__ == "__main__":
    main(sys.argv[1:])
