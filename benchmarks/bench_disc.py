"""How long media take to make, beside the tools that others make theirs with.

    python -m benchmarks.bench_disc [--quick] [--folder DIR]

All of it works on the same generated 512×512 CT of 1,000 slices (about 527 MB), which was taken in before.

index: the DICOMDIR of the study, from what the archive keeps of it, against `dcmmkdir` over the same files, in turn.
package: laying out all that goes onto a medium, with the viewer and its data, and writing it to a folder; once of
instances that leave as they are, and once of the same in Implicit VR Little Endian, which are converted on the way.
media: the files of that folder as an image (ISO 9660, Joliet, Rock Ridge, UDF) beside `xorriso -as mkisofs` over the
same folder, and as a ZIP beside `zip -0`, in turn, each with its bytes on the disk before the clock stops; ours hash
them on the way. Then the package itself onto each medium with everything read back, as `undisc disc` does it.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydicom.uid import ImplicitVRLittleEndian
from tests.factories.series import ct_series, write_ct_series

from undisc.app import App, build, build_exporting
from undisc.export.copying import Copier, Nobody
from undisc.export.fileset import directory_of, placed
from undisc.export.folder import write_folder
from undisc.export.iso import write_iso
from undisc.export.iso_records import Volume
from undisc.export.media import Medium, put
from undisc.export.model import Kind, PackageFile
from undisc.export.zip import write_zip
from undisc.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round on 60 slices")
    parser.add_argument("--folder", type=Path, help="where to work; the system's temporary folder when not given")
    given = parser.parse_args()
    slices, rounds = (60, 1) if given.quick else (1000, 5)
    with tempfile.TemporaryDirectory(dir=given.folder) as made:
        work = Path(made)
        print(f"disc: {slices} slices, {rounds} rounds, {os.cpu_count()} cores")
        app = _archive(work, "explicit", lambda folder: write_ct_series(folder, slices))
        _package(app, work, "as they are")
        _media(app, work, rounds)
        _index(app, work / "out", rounds)
        app.close()
        shutil.rmtree(work / "explicit")
        app = _archive(work, "implicit", lambda folder: _write_implicit(folder, slices))
        _package(app, work, "converted from Implicit VR")
        app.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory of this process {peak:.0f} MB")


def _archive(work: Path, name: str, write: Callable[[Path], object]) -> App:
    write(work / "series")
    app = build(Settings(data_dir=work / name, workers=os.cpu_count() or 1, free_space_mb=0))
    app.intake.take_in([work / "series"])
    shutil.rmtree(work / "series")
    return app


def _write_implicit(folder: Path, slices: int) -> None:
    folder.mkdir()
    for number, dataset in enumerate(ct_series(slices, seed=2), 1):
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        dataset.save_as(folder / f"IM{number:06d}", implicit_vr=True, little_endian=True)


def _package(app: App, work: Path, what: str) -> None:
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    os.sync()
    study_ids = [study.id for study in app.archive.studies()]
    begun = time.perf_counter()
    with build_exporting(app).package(study_ids) as package:
        laid_out = time.perf_counter() - begun
        write_folder(package.files, out, Copier())
        taken = time.perf_counter() - begun
        size = package.bytes / 1e6
    print(
        f"  package, {what}: laid out {laid_out:6.2f} s, with {size:.0f} MB in a folder {taken:6.2f} s (goal: under 20)"
    )


def _media(app: App, work: Path, rounds: int) -> None:
    out = work / "out"
    files = [_file(out, path) for path in sorted(out.rglob("*")) if path.is_file()]
    size = sum(file.size or 0 for file in files)
    volume = Volume("BENCHMARK", datetime.now(UTC))

    def image(target: Path) -> None:
        write_iso(files, target, volume, Copier(), udf=True)

    def archive(target: Path) -> None:
        write_zip(files, target, volume.made_at, work, Copier())

    xorriso = ("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-V", "BENCHMARK", "-o")
    _beside("iso", image, xorriso, out, size, rounds, goal=0.5)
    _beside("zip", archive, ("zip", "-0", "-q", "-r"), out, size, rounds, goal=0.8)
    with build_exporting(app).package([study.id for study in app.archive.studies()]) as package:
        for medium in (Medium.ISO, Medium.ZIP, Medium.FOLDER):
            target = work / f"verified.{medium}"
            os.sync()
            begun = time.perf_counter()
            _, found = put(medium, package.files, target, volume, work, Nobody(), udf=True)
            taken = time.perf_counter() - begun
            assert found.is_good
            print(f"  {medium}: the package, written and read back {taken:6.2f} s, {size / taken / 1e6:.0f} MB/s")
            shutil.rmtree(target) if target.is_dir() else target.unlink()


def _file(out: Path, path: Path) -> PackageFile:
    name = path.relative_to(out).as_posix()
    return PackageFile(name, Kind.DATA, path.stat().st_size, lambda: path.open("rb", buffering=0))


def _beside(
    form: str, own: Callable[[Path], None], tool: Sequence[str], out: Path, size: int, rounds: int, *, goal: float
) -> None:
    if shutil.which(tool[0]) is None:
        print(f"  {form}: {tool[0]} is not installed")
        return

    def others(target: Path) -> None:
        subprocess.run([*tool, str(target), "."], cwd=out, check=True, capture_output=True)

    ratios = []
    for _ in range(rounds):
        theirs = _timed(out.parent / f"theirs.{form}", others)
        ours = _timed(out.parent / f"ours.{form}", own)
        ratios.append(theirs / ours)
        rates = f"{tool[0]} {size / theirs / 1e6:5.0f} MB/s   ours {size / ours / 1e6:5.0f} MB/s"
        print(f"  {form}: {rates}   {ratios[-1]:5.2f} times as fast")
    print(f"  {form}: median {statistics.median(ratios):.2f} times as fast (goal: at least {goal})")


def _timed(target: Path, make: Callable[[Path], object]) -> float:
    os.sync()
    begun = time.perf_counter()
    make(target)
    with target.open("rb") as file:
        os.fsync(file.fileno())
    taken = time.perf_counter() - begun
    target.unlink()
    return taken


def _index(app: App, out: Path, rounds: int) -> None:
    """The instances lie in `out` under the names that the index gives them."""
    study_ids = [study.id for study in app.archive.studies()]
    (out / "DICOMDIR").unlink()
    ratios = []
    for _ in range(rounds):
        begun = time.perf_counter()
        index = directory_of(app.archive, placed(app.archive, study_ids), {}).written("BENCHMARK", "2.25.1")
        ours = time.perf_counter() - begun
        begun = time.perf_counter()
        subprocess.run(["dcmmkdir", "-q", "+r", "DICOM"], cwd=out, check=True)
        theirs = time.perf_counter() - begun
        assert len(index) > (out / "DICOMDIR").stat().st_size / 2
        (out / "DICOMDIR").unlink()
        ratios.append(ours / theirs)
        print(f"  index: dcmmkdir {theirs:6.2f} s   ours {ours:6.2f} s   ratio {ratios[-1]:5.2f}")
    print(f"  median ratio {statistics.median(ratios):.2f} (goal: at most 1.5)")


if __name__ == "__main__":
    main()
