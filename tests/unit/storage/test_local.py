"""A batch is published whole or undone; what another living process is writing is left alone."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from undisc.storage.local import LocalFolder


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    return LocalFolder(tmp_path / "data")


def _staged_left(folder: LocalFolder) -> list[Path]:
    return [path for path in (folder.root / "incoming").rglob("*") if path.is_file()]


def test_a_published_file_is_at_its_key_and_nothing_is_left_behind(folder: LocalFolder) -> None:
    with folder.batch() as batch:
        file = batch.stage()
        file.write_bytes(b"picture")
        batch.sync([file])
        batch.publish([(file, "studies/1/2/3.dcm")])
    assert folder.read("studies/1/2/3.dcm") == b"picture"
    assert _staged_left(folder) == []


def test_a_batch_that_fails_before_publishing_leaves_nothing(folder: LocalFolder) -> None:
    def batch_that_fails() -> None:
        with folder.batch() as batch:
            batch.stage().write_bytes(b"half")
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        batch_that_fails()
    assert _staged_left(folder) == []
    assert not (folder.root / "studies").exists()


def test_a_file_that_lies_there_without_a_row_is_never_overwritten(folder: LocalFolder) -> None:
    for content in (b"an original whose row was lost", b"another"):
        with folder.batch() as batch:
            file = batch.stage()
            file.write_bytes(content)
            batch.sync([file])
            batch.publish([(file, "studies/1/2/3.dcm")])
    assert folder.read("studies/1/2/3.dcm") == b"another"
    (lost,) = (folder.root / "lost" / "studies" / "1" / "2").iterdir()
    assert lost.read_bytes() == b"an original whose row was lost"


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "studies/../../outside", ""])
def test_a_key_never_leaves_the_folder(folder: LocalFolder, key: str) -> None:
    with pytest.raises(ValueError, match="inside the folder"):
        folder.path(key)


def _die_after_publishing(root: Path) -> None:
    """Another process publishes two files and is killed before it could commit their rows."""
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from undisc.storage.local import LocalFolder
        folder = LocalFolder(Path(sys.argv[1]))
        with folder.batch() as batch:
            pairs = []
            for name in ("a", "b"):
                file = batch.stage()
                file.write_bytes(name.encode())
                pairs.append((file, f"studies/1/2/{name}.dcm"))
            batch.stage().write_bytes(b"not even synced")
            batch.sync([file for file, _ in pairs])
            batch.publish(pairs)
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    done = subprocess.run([sys.executable, "-c", program, str(root)], check=False, env=os.environ)
    assert done.returncode == -9


def test_what_a_killed_process_published_without_a_row_is_undone(folder: LocalFolder) -> None:
    _die_after_publishing(folder.root)
    assert folder.exists("studies/1/2/a.dcm")
    removed = folder.abandoned(lambda key: key.endswith("b.dcm"))
    assert removed == 2
    assert not folder.exists("studies/1/2/a.dcm")
    assert folder.read("studies/1/2/b.dcm") == b"b"
    assert _staged_left(folder) == []


def test_a_batch_of_a_living_process_is_left_alone(folder: LocalFolder) -> None:
    with folder.batch() as batch:
        file = batch.stage()
        file.write_bytes(b"picture")
        assert LocalFolder(folder.root).abandoned(lambda key: False) == 0
        batch.sync([file])
        batch.publish([(file, "studies/1/2/3.dcm")])
    assert folder.read("studies/1/2/3.dcm") == b"picture"


def test_a_derived_file_is_replaced_whole(folder: LocalFolder) -> None:
    folder.put_derived("derived/1/2/strip", b"old")
    folder.put_derived("derived/1/2/strip", b"new")
    assert folder.read("derived/1/2/strip") == b"new"
    assert [path.name for path in (folder.root / "derived/1/2").iterdir()] == ["strip"]
