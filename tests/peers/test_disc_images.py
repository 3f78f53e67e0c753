"""Other people's software finds on our images, in our ZIP files and on burned media what we put there."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pycdlib
import pytest

from undisc.discs import Entry, open_source
from undisc.errors import MediumRefused
from undisc.export.burning import blank_disc, burn, place_of
from undisc.export.copying import Nobody
from undisc.export.iso_records import Volume
from undisc.export.media import Medium, put
from undisc.export.model import Kind, PackageFile

pytestmark = pytest.mark.peers
_VOLUME = Volume("UNDISC_1_OF_2", datetime(2026, 11, 24, 15, 36, 12, tzinfo=UTC))
_CONTENT = {
    "INDEX.HTM": b"<!DOCTYPE html>",
    "README.TXT": b"r" * 2048,
    "DICOMDIR": os.urandom(2049),
    "EMPTY": b"",
    **{f"DICOM/ST000001/SE{n // 100:06d}/IM{n:06d}": os.urandom(500 + 37 * n) for n in range(250)},
    "IHE_PDI/INDEX.HTM": b"<!DOCTYPE html>",
    "DATA/C0000001.JS": os.urandom(100_001),
}


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def _made(medium: Medium, folder: Path, *, udf: bool = False) -> Path:
    files = [
        PackageFile(path, Kind.DATA, len(data), lambda data=data: BytesIO(data)) for path, data in _CONTENT.items()
    ]
    target = folder / "made"
    assert put(medium, files, target, _VOLUME, folder, Nobody(), udf=udf)[1].is_good
    return target


def _held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _out(*command: str | Path) -> str:
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True).stdout


@_needs("xorriso")
@pytest.mark.parametrize("udf", [False, True])
def test_xorriso_copies_everything_off_the_image(tmp_path: Path, udf: bool) -> None:
    image = _made(Medium.ISO, tmp_path, udf=udf)
    _out("xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", tmp_path / "copy")
    assert _held(tmp_path / "copy") == _CONTENT


@_needs("isoinfo")
@pytest.mark.parametrize("udf", [False, True])
def test_isoinfo_lists_the_same_names_in_each_of_the_three_ways(tmp_path: Path, udf: bool) -> None:
    image = _made(Medium.ISO, tmp_path, udf=udf)
    assert "Volume id: UNDISC_1_OF_2" in _out("isoinfo", "-d", "-i", image)
    for option, ending in ((["-R"], ""), (["-J"], ";1"), ([], ";1")):
        listed = set(_out("isoinfo", "-f", *option, "-i", image).splitlines())
        for path in _CONTENT:
            plain = path if option or "." in path.rpartition("/")[2] else f"{path}."
            assert f"/{plain}{ending}" in listed
    assert _out("isoinfo", "-i", image, "-x", "/README.TXT;1") == "r" * 2048


def test_pycdlib_reads_each_file_by_each_set_of_names(tmp_path: Path) -> None:
    image = pycdlib.PyCdlib()
    image.open(str(_made(Medium.ISO, tmp_path, udf=True)))
    for kind in ("joliet_path", "rr_path", "udf_path"):
        found = {}
        for folder, _, names in image.walk(**{kind: "/"}):
            for name in names:
                path = f"{folder.rstrip('/')}/{name}"
                data = BytesIO()
                image.get_file_from_iso_fp(data, **{kind: path})
                found[path.lstrip("/").removesuffix(";1")] = data.getvalue()
        assert found == _CONTENT
    image.close()


@_needs("udfinfo")
def test_udfinfo_finds_a_closed_volume_of_udf_without_fault(tmp_path: Path) -> None:
    run = subprocess.run(["udfinfo", _made(Medium.ISO, tmp_path, udf=True)], check=True, capture_output=True, text=True)
    told = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line and ", " not in line)
    assert run.stderr == ""
    assert (told["label"], told["udfrev"], told["integrity"]) == ("UNDISC_1_OF_2", "1.02", "closed")
    assert int(told["numfiles"]) == len(_CONTENT)


@_needs("7z")
@pytest.mark.parametrize("form", ["iso", "udf"])
def test_seven_zip_unpacks_the_image(tmp_path: Path, form: str) -> None:
    image = _made(Medium.ISO, tmp_path, udf=True)
    _out("7z", "x", f"-t{form}", f"-o{tmp_path / 'copy'}", image)
    assert _held(tmp_path / "copy") == _CONTENT


@_needs("unzip")
def test_unzip_finds_no_fault_in_the_zip(tmp_path: Path) -> None:
    archive = _made(Medium.ZIP, tmp_path)
    assert "No errors detected" in _out("unzip", "-t", archive)
    _out("unzip", "-q", archive, "-d", tmp_path / "copy")
    assert _held(tmp_path / "copy") == _CONTENT


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None, reason="only root may mount"
)
@pytest.mark.parametrize("form", ["iso9660", "udf"])
def test_kernel_mounts_the_image(tmp_path: Path, form: str) -> None:
    image = _made(Medium.ISO, tmp_path, udf=True)
    place = tmp_path / "mounted"
    place.mkdir()
    mounting = ["mount", "-t", form, "-o", "loop,ro", str(image), str(place)]
    if subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip(f"this system mounts no {form} image")
    try:
        assert _held(place) == _CONTENT
    finally:
        subprocess.run(["umount", str(place)], check=True)


@_needs("xorriso")
def test_image_is_burned_onto_a_drive_of_xorriso_and_read_back(tmp_path: Path) -> None:
    image = _made(Medium.ISO, tmp_path)
    device = f"stdio:{tmp_path / 'disc'}"
    assert blank_disc(device, image.stat().st_size).room > image.stat().st_size
    burn(image, device, lambda size: None)
    source = open_source(place_of(device))
    assert {entry.path for entry in source.entries() if isinstance(entry, Entry)} == set(_CONTENT)
    assert (tmp_path / "disc").read_bytes()[: image.stat().st_size] == image.read_bytes()
    with pytest.raises(MediumRefused, match="not blank"):
        blank_disc(device)


@_needs("xorriso")
def test_drive_that_cannot_take_it_all_fails(tmp_path: Path) -> None:
    with pytest.raises(MediumRefused, match="Burning failed"):
        burn(_made(Medium.ISO, tmp_path), "stdio:/dev/full", lambda size: None)
