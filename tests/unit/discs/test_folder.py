"""A folder is walked without leaving it, and everything in it is accounted for."""

import os
import socket
from pathlib import Path

import pytest

from undisc.discs import Entry, Limits, ReadError, Refused, open_source


def _split(path: Path, limits: Limits | None = None) -> tuple[dict[str, Entry], dict[str, str]]:
    found = list(open_source(path, limits).entries())
    return (
        {item.path: item for item in found if isinstance(item, Entry)},
        {item.path: item.reason for item in found if isinstance(item, Refused)},
    )


def test_links_are_refused_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    disc = tmp_path / "disc"
    disc.mkdir()
    (disc / "file").symlink_to(tmp_path / "outside" / "secret")
    (disc / "folder").symlink_to(tmp_path / "outside")
    (disc / "loop").symlink_to(disc)
    (disc / "broken").symlink_to("nowhere")
    entries, refused = _split(disc)
    assert entries == {}
    assert set(refused) == {"file", "folder", "loop", "broken"}
    assert set(refused.values()) == {"It is a link to another place, and links are not followed."}


def test_pipes_and_sockets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        _, refused = _split(tmp_path)
    assert refused == {"pipe": "It is a pipe, not a file.", "socket": "It is a socket, not a file."}


@pytest.mark.parametrize("name", [b"caf\xe9", b"a\nb", b"\x1b[2Jgone", "\u202egpj.exe".encode()])
def test_odd_name_is_shown_safely_and_still_opens(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"data")
    source = open_source(tmp_path)
    (entry,) = source.entries()
    assert isinstance(entry, Entry)
    assert entry.path.isprintable()
    entry.path.encode("utf-8")
    with source.open(entry) as stream:
        assert stream.read() == b"data"


def test_names_that_look_alike_when_shown_stay_two_files(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff")).write_bytes(b"one")
    (tmp_path / "a\\xff").write_bytes(b"two")
    source = open_source(tmp_path)
    entries = [item for item in source.entries() if isinstance(item, Entry)]
    assert len({entry.path for entry in entries}) == 2
    assert sorted(source.open(entry).read() for entry in entries) == [b"one", b"two"]
    assert [item.path for item in source.entries()] == [entry.path for entry in entries]


def test_folders_too_deep_are_refused_and_named(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 12)
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    entries, refused = _split(tmp_path, Limits(deepest=5))
    assert entries == {}
    assert refused == {"d/d/d/d/d": "It lies in too many folders, one inside the other."}


def test_very_deep_folder_is_walked_without_recursion(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 60)
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    entries, refused = _split(tmp_path)
    assert len(entries) == 1
    assert refused == {}


def test_folder_that_cannot_be_listed_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    for name in ("a", "b/inside", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = open_source(tmp_path).entries()
    first = next(found)
    (tmp_path / "b" / "inside").unlink()
    (tmp_path / "b").rmdir()
    assert [first.path, *(item.path for item in found)] == ["a", "b", "c"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folder_without_permission_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "open").write_text("x")
    entries, refused = _split(tmp_path)
    assert set(entries) == {"open"}
    assert refused == {"closed": "This folder cannot be read: you do not have permission."}


def test_file_swapped_for_a_link_after_the_walk_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    disc = tmp_path / "disc"
    (disc / "folder").mkdir(parents=True)
    (disc / "folder" / "file").write_text("x")
    source = open_source(disc)
    (entry,) = source.entries()
    assert isinstance(entry, Entry)
    (disc / "folder" / "file").unlink()
    (disc / "folder" / "file").symlink_to(tmp_path / "secret")
    with pytest.raises(ReadError, match="link"):
        source.open(entry)
    (disc / "folder" / "file").unlink()
    (disc / "folder").rmdir()
    (tmp_path / "file").write_text("elsewhere")
    (disc / "folder").symlink_to(tmp_path)
    with pytest.raises(ReadError, match="link"):
        source.open(entry)


def test_file_swapped_for_a_pipe_does_not_wait_for_ever(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    source = open_source(tmp_path)
    (entry,) = source.entries()
    assert isinstance(entry, Entry)
    (tmp_path / "file").unlink()
    os.mkfifo(tmp_path / "file")
    with pytest.raises(ReadError, match="no longer a file"):
        source.open(entry)


def test_opening_leaves_no_descriptor_behind(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_text("x")
    source = open_source(tmp_path)
    (entry,) = source.entries()
    assert isinstance(entry, Entry)
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    for _ in range(20):
        with source.open(entry) as stream:
            stream.read()
    after = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    assert after == before
