"""Images written by xorriso, and listed by it, hold for us what they hold for it."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from tests.factories.discs import as_iso, make_disc

from undisc.discs import Entry, Refused, open_source, survey

_XORRISO = shutil.which("xorriso")
pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(_XORRISO is None, reason="xorriso is not installed"),
]


def _burn(folder: Path, out: Path, *options: str) -> Path:
    command = [str(_XORRISO), "-as", "mkisofs", "-quiet", "-V", "PEERTEST", "-o", str(out), *options, str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return out


def _listed(image: Path) -> dict[str, int]:
    """Every file that xorriso finds on an image, with its size."""
    command = [str(_XORRISO), "-indev", str(image), "-find", "/", "-type", "f", "-exec", "lsdl", "--"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, int] = {}
    for line in text.splitlines():
        fields, _, quoted = line.partition(" '/")
        if quoted:
            found[quoted.rstrip("'")] = int(fields.split()[4])
    return found


def _ours(image: Path) -> dict[str, int]:
    return {item.path: item.size for item in open_source(image).entries() if isinstance(item, Entry)}


@pytest.mark.parametrize("options", [["-R"], ["-R", "-J"], ["-iso-level", "1"], ["-iso-level", "3", "-J"]])
def test_image_of_a_disc_holds_what_xorriso_lists(tmp_path: Path, options: list[str]) -> None:
    made = make_disc(tmp_path / "disc")
    image = _burn(made.folder, tmp_path / "d.iso", *options)
    assert _ours(image) == _listed(image)
    assert open_source(image).label == "PEERTEST"


@pytest.mark.parametrize("names", [{}, {"level": 3}, {"rock_ridge": True}, {"rock_ridge": True, "joliet": True}])
def test_image_of_ours_holds_what_xorriso_lists(tmp_path: Path, names: dict[str, int]) -> None:
    made = make_disc(tmp_path / "disc")
    image = as_iso(made.folder, tmp_path / "d.iso", **names)  # type: ignore[arg-type]
    assert {path.upper(): size for path, size in _ours(image).items()} == {
        path.upper().removesuffix("."): size for path, size in _listed(image).items()
    }


def test_long_and_foreign_names_come_through(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    for name in ("Ünïcode/日本語.dcm", "a" * 200 + ".dcm", "with space/and, comma.dcm", "b/" * 12 + "deep"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    image = _burn(folder, tmp_path / "d.iso", "-R", "-J", "-joliet-long")
    source = open_source(image)
    for entry in source.entries():
        assert isinstance(entry, Entry)
        with source.open(entry) as stream:
            assert stream.read().decode() == entry.path
    assert {entry.path for entry in source.entries()} == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }


def test_relocated_deep_folders_are_found_where_they_belong(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    deep = folder.joinpath(*"abcdefghijkl")
    deep.mkdir(parents=True)
    (deep / "file").write_text("deep")
    image = _burn(folder, tmp_path / "d.iso", "-R", "-rr_reloc_dir", "/rr_moved", "-D")
    relocated = _burn(folder, tmp_path / "r.iso", "-R", "-rr_reloc_dir", "/rr_moved")
    for path in (image, relocated):
        assert "/".join([*"abcdefghijkl", "file"]) in _ours(path)


def test_links_devices_and_sockets_on_an_image_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "disc"
    folder.mkdir()
    (folder / "file").write_text("x")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        image = _burn(folder, tmp_path / "d.iso", "-R")
    refused = {item.path: item.reason for item in open_source(image).entries() if isinstance(item, Refused)}
    assert set(_ours(image)) == {"file"}
    assert set(refused) == {"link", "pipe", "socket"}


def test_two_names_of_one_file_are_both_there(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    folder.mkdir()
    (folder / "one").write_text("same")
    os.link(folder / "one", folder / "two")
    image = _burn(folder, tmp_path / "d.iso", "-R", "-J")
    assert set(_ours(image)) == {"one", "two"}


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("losetup") is None,
    reason="only root may make a block device out of an image",
)
def test_drive_is_read_as_it_stands_without_mounting(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc")
    image = _burn(made.folder, tmp_path / "d.iso", "-R")
    attached = subprocess.run(["losetup", "-r", "-f", "--show", str(image)], capture_output=True, text=True)
    if attached.returncode:
        pytest.skip("this system gives no loop device")
    device = attached.stdout.strip()
    try:
        source = open_source(Path(device))
        assert source.kind == "drive"
        assert set(survey(source, 1000).listed) == set(made.images)
        source.close()
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


def test_second_session_in_one_image_shows_both(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc", viewer_junk=False)
    image = _burn(made.folder, tmp_path / "d.iso", "-R")
    more = tmp_path / "more"
    more.mkdir()
    (more / "ADDED").write_text("later")
    command = [str(_XORRISO), "-dev", str(image), "-map", str(more / "ADDED"), "/ADDED", "-commit"]
    subprocess.run(command, check=True, capture_output=True)
    found = survey(open_source(image), 1000)
    assert {entry.path for entry in found.entries} == {"DICOMDIR", "ADDED", *made.images}
    assert set(found.listed) == set(made.images)
