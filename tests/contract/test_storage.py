"""A folder and a bucket keep the same promises about blobs and batches."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from tests.factories.servers import CountingProxy

from undisc.storage.bucket import Bucket
from undisc.storage.local import LocalFolder
from undisc.storage.port import Storage

_MB = 1 << 20


@pytest.fixture(params=["local", "s3"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("bucket_url") if request.param == "s3" else ""


def _opened(url: str, folder: Path) -> Storage:
    return Bucket(url, folder / "scratch") if url else LocalFolder(folder)


@pytest.fixture
def storage(url: str, tmp_path: Path) -> Iterator[Storage]:
    found = _opened(url, tmp_path)
    yield found
    found.close()


def _publish(storage: Storage, blobs: dict[str, bytes]) -> None:
    with storage.batch() as batch:
        pairs = []
        for key, data in blobs.items():
            file = batch.stage()
            file.write_bytes(data)
            pairs.append((file, key))
        batch.sync([file for file, _ in pairs])
        batch.publish(pairs)


def _files(tmp_path: Path, name: str) -> list[Path]:
    return [path for found in tmp_path.rglob(name) for path in found.rglob("*") if path.is_file()]


def test_a_published_file_is_at_its_key_and_nothing_is_left_behind(storage: Storage, tmp_path: Path) -> None:
    _publish(storage, {"studies/1/2/3.dcm": b"picture", "studies/1/2/4.dcm": b"x" * (9 * _MB)})
    assert storage.read("studies/1/2/3.dcm") == b"picture"
    assert storage.read("studies/1/2/4.dcm") == b"x" * (9 * _MB)
    assert list(storage.keys("studies/")) == ["studies/1/2/3.dcm", "studies/1/2/4.dcm"]
    assert list(storage.keys("incoming/")) == []
    assert _files(tmp_path, "incoming") == []


def test_a_batch_that_fails_before_publishing_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    with suppress(ZeroDivisionError), storage.batch() as batch:
        file = batch.stage()
        file.write_bytes(b"half")
        batch.sync([file])
        _ = 1 / 0
    assert list(storage.keys("studies/")) == list(storage.keys("incoming/")) == []
    assert _files(tmp_path, "incoming") == []


def test_a_batch_that_fails_after_publishing_is_undone_unless_its_rows_are_there(storage: Storage) -> None:
    with suppress(ZeroDivisionError), storage.batch() as batch:
        file, other = batch.stage(), batch.stage()
        file.write_bytes(b"without a row")
        other.write_bytes(b"with a row")
        batch.sync([file, other])
        batch.publish([(file, "studies/1/2/a.dcm"), (other, "studies/1/2/b.dcm")])
        _ = 1 / 0
    assert storage.abandoned(lambda key: key.endswith("b.dcm")) >= 1
    assert list(storage.keys("studies/")) == ["studies/1/2/b.dcm"]
    assert list(storage.keys("incoming/")) == []


def _lost(storage: Storage) -> list[bytes]:
    return sorted(storage.read(key) or b"" for key in storage.keys("lost/"))


@pytest.mark.parametrize("others", [0, 12])
def test_a_blob_that_lies_there_without_a_row_is_never_overwritten(storage: Storage, others: int) -> None:
    more = {f"studies/1/2/{number}.dcm": b"more" for number in range(others)}
    _publish(storage, {"studies/1/2/a.dcm": b"an original whose row was lost"})
    _publish(storage, {"studies/1/2/a.dcm": b"another", **more})
    assert storage.read("studies/1/2/a.dcm") == b"another"
    assert _lost(storage) == [b"an original whose row was lost"]
    assert [key.rpartition(".")[0] for key in storage.keys("lost/")] == ["lost/studies/1/2/a.dcm"]
    _publish(storage, {"studies/1/2/a.dcm": b"ANOTHER"})  # of the same length
    assert _lost(storage) == [b"an original whose row was lost", b"another"]


def test_a_blob_that_lies_there_with_the_same_bytes_is_left_and_is_not_undone(storage: Storage) -> None:
    _publish(storage, {"studies/1/2/a.dcm": b"an original whose row was lost"})
    with suppress(ZeroDivisionError), storage.batch() as batch:
        same, new = batch.stage(), batch.stage()
        same.write_bytes(b"an original whose row was lost")
        new.write_bytes(b"new")
        batch.sync([same, new])
        batch.publish([(same, "studies/1/2/a.dcm"), (new, "studies/1/2/b.dcm")])
        _ = 1 / 0
    storage.abandoned(lambda key: False)
    assert list(storage.keys("studies/")) == ["studies/1/2/a.dcm"]
    assert _lost(storage) == []


def test_what_was_published_is_undone_within_its_batch_and_may_be_published_anew(storage: Storage) -> None:
    with storage.batch() as batch:
        for content in (b"first", b"second"):
            file, other = batch.stage(), batch.stage()
            file.write_bytes(content)
            other.write_bytes(content)
            batch.sync([file, other])
            batch.publish([(file, "studies/1/2/a.dcm"), (other, "studies/1/2/b.dcm")])
            if content == b"first":
                batch.doubt()
                batch.undo(lambda key: key.endswith("b.dcm"))
                assert list(storage.keys("studies/")) == ["studies/1/2/b.dcm"]
    assert storage.read("studies/1/2/a.dcm") == b"second"
    assert list(storage.keys("incoming/")) == []
    assert storage.abandoned(lambda key: False) == 0


def test_what_is_doubted_stays_noted_when_its_batch_ends_well(storage: Storage) -> None:
    with storage.batch() as batch:
        file = batch.stage()
        file.write_bytes(b"without a row")
        batch.sync([file])
        batch.publish([(file, "studies/1/2/a.dcm")])
        batch.doubt()
    assert list(storage.keys("studies/")) == ["studies/1/2/a.dcm"]
    assert storage.abandoned(lambda key: False) >= 1
    assert list(storage.keys("studies/")) == list(storage.keys("incoming/")) == []


def test_publishing_bears_being_done_twice(storage: Storage) -> None:
    with storage.batch() as batch:
        file, large = batch.stage(), batch.stage()
        file.write_bytes(b"once")
        large.write_bytes(b"x" * (9 * _MB))
        batch.sync([file, large])
        pairs = [(file, "studies/1/2/a.dcm"), (large, "studies/1/2/b.dcm")]
        batch.publish(pairs)
        batch.publish(pairs)
    assert storage.read("studies/1/2/a.dcm") == b"once"
    assert _lost(storage) == []


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "studies/../../outside", ""])
def test_a_key_never_leaves_the_place(storage: Storage, key: str) -> None:
    for use in (storage.open, storage.read, storage.exists, storage.delete, storage.lend, storage.lend_place):
        with pytest.raises(ValueError, match="inside the folder"):
            use(key)
    with pytest.raises(ValueError, match="inside the folder"):
        storage.put_derived(key, b"")


def test_what_is_not_there_is_told_as_such(storage: Storage) -> None:
    assert storage.read("studies/1") is None
    assert not storage.exists("studies/1")
    storage.delete("studies/1")
    with pytest.raises(FileNotFoundError):
        storage.open("studies/1")
    with pytest.raises(FileNotFoundError):
        storage.lend("studies/1")


def test_an_open_blob_reads_and_seeks_like_a_file(storage: Storage) -> None:
    data = os.urandom(3 * _MB + 17)
    storage.put_derived("derived/a", data)
    with storage.open("derived/a") as file:
        assert file.read(10) == data[:10]
        assert file.seek(2 * _MB) == 2 * _MB
        assert file.read(700_000) == data[2 * _MB : 2 * _MB + 700_000]
        file.seek(-5, os.SEEK_END)
        assert file.read() == data[-5:]
        assert file.read(1) == b""
        file.seek(100)
        file.seek(5, os.SEEK_CUR)
        assert file.read() == data[105:]
        assert file.tell() == len(data)


def test_an_empty_blob_is_a_blob(storage: Storage) -> None:
    storage.put_derived("derived/empty", b"")
    assert storage.read("derived/empty") == b""
    with storage.open("derived/empty") as file:
        assert file.read() == b""
    lent = storage.lend("derived/empty")
    assert lent.path.read_bytes() == b""
    lent.give_back()


def test_a_derived_blob_is_replaced_whole(storage: Storage) -> None:
    storage.put_derived("derived/1/2/strip", b"old")
    storage.put_derived("derived/1/2/strip", b"new")
    assert storage.read("derived/1/2/strip") == b"new"
    assert list(storage.keys("derived/")) == ["derived/1/2/strip"]


def test_a_lent_blob_is_a_file_and_a_lent_place_is_taken_back(storage: Storage) -> None:
    data = os.urandom(20 * _MB + 3)
    place = storage.lend_place("derived/1/2/a.frames")
    place.path.write_bytes(data)
    storage.take_back(place, "derived/1/2/a.frames")
    place.give_back()
    lent = storage.lend("derived/1/2/a.frames")
    assert lent.path.read_bytes() == data
    lent.give_back()
    assert storage.read("derived/1/2/a.frames") == data


def test_a_batch_of_a_living_process_is_left_alone(storage: Storage, url: str, tmp_path: Path) -> None:
    elsewhere = _opened(url, tmp_path / "elsewhere" if url else tmp_path)
    with storage.batch() as batch:
        file = batch.stage()
        file.write_bytes(b"picture")
        batch.sync([file])
        assert elsewhere.abandoned(lambda key: False) == 0
        batch.publish([(file, "studies/1/2/3.dcm")])
        assert elsewhere.abandoned(lambda key: False) == 0
    elsewhere.close()
    assert storage.read("studies/1/2/3.dcm") == b"picture"


def _die_after_publishing(url: str, folder: Path) -> None:
    """Another process publishes two files and is killed before it could commit their rows."""
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from undisc.storage.bucket import Bucket
        from undisc.storage.local import LocalFolder
        url, folder = sys.argv[1], Path(sys.argv[2])
        storage = Bucket(url, folder / "scratch") if url else LocalFolder(folder)
        with storage.batch() as batch:
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
    done = subprocess.run([sys.executable, "-c", program, url, str(folder)], check=False, env=os.environ)
    assert done.returncode == -9


def test_what_a_killed_process_published_without_a_row_is_undone(storage: Storage, url: str, tmp_path: Path) -> None:
    _die_after_publishing(url, tmp_path)
    assert storage.exists("studies/1/2/a.dcm")
    assert storage.abandoned(lambda key: key.endswith("b.dcm")) >= 2
    assert list(storage.keys("studies/")) == ["studies/1/2/b.dcm"]
    assert list(storage.keys("incoming/")) == []
    assert _files(tmp_path, "incoming") == []


def test_another_machines_batch_is_undone_when_its_lease_has_ended(bucket_url: str, tmp_path: Path) -> None:
    _die_after_publishing(bucket_url, tmp_path / "there")
    patient = Bucket(bucket_url, tmp_path / "here")
    assert patient.abandoned(lambda key: False) == 0
    assert patient.exists("studies/1/2/a.dcm")
    patient.close()
    hasty = Bucket(bucket_url, tmp_path / "hasty", lease=timedelta(seconds=-5))
    assert hasty.abandoned(lambda key: key.endswith("b.dcm")) == 3
    assert list(hasty.keys("studies/")) == ["studies/1/2/b.dcm"]
    assert list(hasty.keys("incoming/")) == []
    hasty.close()


def test_reading_one_part_of_a_blob_fetches_little_more(
    bucket_url: str, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = CountingProxy(s3)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    storage = Bucket(bucket_url, tmp_path)
    data = os.urandom(32 * _MB)
    storage.put_derived("derived/large", data)
    before = proxy.received
    with storage.open("derived/large") as file:
        file.read(64)
        file.seek(20 * _MB)
        assert file.read(100_000) == data[20 * _MB : 20 * _MB + 100_000]
    assert proxy.received - before < _MB
    storage.close()
    proxy.close()


def test_a_blob_that_is_replaced_while_it_is_read_is_never_mixed(bucket_url: str, tmp_path: Path) -> None:
    storage = Bucket(bucket_url, tmp_path)
    storage.put_derived("derived/a", b"1" * (2 * _MB))
    with storage.open("derived/a") as file:
        file.read(1)
        storage.put_derived("derived/a", b"2" * (2 * _MB))
        with pytest.raises(OSError, match="replaced"):
            file.read()
    storage.close()


def test_a_bucket_that_cannot_be_used_is_told_plainly_and_without_its_keys(
    bucket_url: str, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OSError, match="bucket") as refused:
        Bucket("s3://there-is-no-such-bucket/x", tmp_path)
    assert "AWS" not in str(refused.value)
    for wrong in ("file:///etc", "https://example.org/x", "s3:///prefix"):
        with pytest.raises(ValueError, match="s3://bucket"):
            Bucket(wrong, tmp_path)
