"""A ZIP with a password is AES-256 that other tools open, is read back, and opens with no other password."""

import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undisc.discs.model import Entry, ReadError, Refused
from undisc.discs.sources import open_source
from undisc.discs.zip import ZipSource
from undisc.discs.zip_aes import METHOD, locked
from undisc.export.copying import Copier
from undisc.export.model import Kind, PackageFile
from undisc.export.verifying import verify
from undisc.export.zip import ZipStream, write_zip

AT = datetime(2026, 11, 24, tzinfo=UTC)
PASSWORD = "kettle-ocean-violin-7"
CONTENTS = {"DICOM/ST000001/IM000001": bytes(range(256)) * 3000, "README.TXT": b"Ada Testpatient\r\n", "EMPTY": b""}
_SEVEN_ZIP = shutil.which("7z") or shutil.which("7zz")


def files() -> list[PackageFile]:
    return [PackageFile(path, Kind.DICOM, len(data), partial(BytesIO, data)) for path, data in CONTENTS.items()]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    write_zip(files(), tmp_path / "a.zip", AT, tmp_path, Copier(), PASSWORD)
    return tmp_path / "a.zip"


def read(source: ZipSource, path: str) -> bytes:
    with source.open(Entry(path, 0, 0)) as file:
        return file.read()


def test_it_is_read_back_with_its_password(archive: Path, tmp_path: Path) -> None:
    source = open_source(archive)
    assert isinstance(source, ZipSource)
    assert source.is_locked
    assert all(isinstance(each, Refused) for each in source.entries())
    source.unlock(PASSWORD)
    assert {each.path: read(source, each.path) for each in source.entries()} == CONTENTS
    with pytest.raises(ReadError, match="another password"):
        source.unlock(PASSWORD + "8")
    source.close()
    again = write_zip(files(), tmp_path / "b.zip", AT, tmp_path, Copier(), PASSWORD)
    assert verify(tmp_path / "b.zip", again, None, PASSWORD).is_good
    assert not verify(tmp_path / "b.zip", again, None, None).is_good


def test_nothing_of_the_content_is_in_clear(archive: Path) -> None:
    data = archive.read_bytes()
    assert b"Testpatient" not in data
    assert all(info.compress_type == 99 and not info.CRC for info in zipfile.ZipFile(archive).infolist())


def test_its_length_is_known_beforehand(archive: Path, tmp_path: Path) -> None:
    assert ZipStream(files(), AT, tmp_path, password=PASSWORD).length == archive.stat().st_size


@pytest.mark.skipif(_SEVEN_ZIP is None, reason="7-Zip is not installed")
def test_seven_zip_opens_what_we_lock_and_we_what_it_locks(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    seven = [_SEVEN_ZIP or "7z"]
    subprocess.run([*seven, "x", f"-p{PASSWORD}", f"-o{out}", archive], check=True, capture_output=True)
    assert {path: (out / path).read_bytes() for path in CONTENTS} == CONTENTS
    wrong = [*seven, "t", "-pwrong", str(archive)]
    assert subprocess.run(wrong, capture_output=True, check=False).returncode != 0
    theirs = tmp_path / "theirs.zip"
    subprocess.run([*seven, "a", "-tzip", "-mem=AES256", f"-p{PASSWORD}", theirs, "."], cwd=out, check=True)
    source = open_source(theirs)
    assert isinstance(source, ZipSource)
    source.unlock(PASSWORD)
    assert {each.path: read(source, each.path) for each in source.entries() if isinstance(each, Entry)} == {
        path: data for path, data in CONTENTS.items() if data
    } | {each.path: b"" for each in source.entries() if each.path == "EMPTY" and isinstance(each, Entry)}


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_no_extra_field_makes_the_reader_stumble(extra: bytes) -> None:
    info = zipfile.ZipInfo("IM1")
    info.compress_type, info.extra = METHOD, extra
    how = locked(info)
    assert how is None or (how.key in (16, 24, 32) and how.method in (0, 8))


def test_any_bit_flipped_in_a_locked_file_is_refused(archive: Path) -> None:
    whole = archive.read_bytes()
    at = whole.index(b"DICOM/ST000001/IM000001")
    for place in (at + 200, at + 5000, at + 100_000, at + 768_000):
        damaged = bytearray(whole)
        damaged[place] ^= 4
        archive.write_bytes(damaged)
        source = open_source(archive)
        assert isinstance(source, ZipSource)
        source.unlock(PASSWORD)
        with pytest.raises(ReadError, match="damaged"):
            read(source, "DICOM/ST000001/IM000001")
        assert read(source, "README.TXT") == CONTENTS["README.TXT"]
        source.close()
