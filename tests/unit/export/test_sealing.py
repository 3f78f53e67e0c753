"""A sealed package opens by its passphrase, gives back what was put in, says nothing otherwise, and refuses changes."""

import base64
import gzip
import json
import re
import secrets
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undisc.discs.model import Entry, Limits, ReadError, Refused
from undisc.discs.sealed import (
    CHUNK,
    FEWEST_ROUNDS,
    KEY_PATH,
    MOST_ROUNDS,
    Lock,
    PassphraseWrong,
    SealedSource,
    chunk_path,
    chunk_text,
    is_sealed,
    lock_text,
    open_chunk,
    opened_by,
    plainly,
    read_lock,
    text_length,
    unlock,
    unsealed,
)
from undisc.discs.sources import open_source
from undisc.errors import SourceUnreadable
from undisc.export.model import Kind, PackageFile
from undisc.export.sealing import PassphraseWeak, Sealer, new_package, new_passphrase, refuse_weak
from undisc.export.site import site_files

PASSPHRASE = "orbit velvet cactus thunder mosaic pickle"
NAME, UID, DATE, PLACE = b"TESTPATIENT^ADA", b"1.2.826.0.1.3680043.8.498.77", b"20260115", b"Riverside Imaging"
# One file lies in the first chunk alone, one across three, one in the last.
CONTENTS = {
    "DICOM/ST000001/SE000001/IM000001": b"DICM" + NAME + UID + DATE + PLACE,
    "DICOM/ST000001/SE000001/IM000002": bytes(range(256)) * 8192,
    "DICOMDIR": UID * 10,
}


class NoPictures:
    """Nothing that a viewer could show."""

    def nothing(self, *_: int, **__: int) -> None:
        return None

    series_manifest = strip = thumbnail = frame = document = told = samples = medium = nothing


@dataclass(frozen=True)
class Package:
    texts: dict[str, bytes]
    sealer: Sealer
    lock: Lock

    def write(self, folder: Path, **instead: bytes | None) -> Path:
        for path, text in (self.texts | instead).items():
            if text is not None:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(text)
        return folder


def sealed_package() -> Package:
    inside = [PackageFile(path, Kind.DICOM, len(data), partial(BytesIO, data)) for path, data in CONTENTS.items()]
    sealer = Sealer(new_package())
    manifest = json.dumps({"from": PLACE.decode(), "studies": []}).encode()
    files = site_files(
        NoPictures(), NoPictures(), manifest, package=sealer.package, named={}, inside=inside, seal=sealer
    )
    key_file = sealer.key_file(len(files) - 1, PASSPHRASE)
    texts = {file.path: file.open().read() for file in (key_file, *files)}
    assert all(file.size == len(texts[file.path]) for file in (key_file, *files))
    return Package(texts, sealer, read_lock(texts[KEY_PATH]))


PACKAGE = sealed_package()
CHUNKS = PACKAGE.lock.chunks


def opened(path: Path) -> SealedSource:
    """Without the work that a passphrase takes."""
    return opened_by(open_source(path), lambda _: PACKAGE.sealer.key)


def read(source: SealedSource, path: str) -> bytes | str:
    """A file's content, or why it cannot be had."""
    entry = next(each for each in source.entries() if isinstance(each, Entry) and each.path == path)
    try:
        with source.open(entry) as file:
            return file.read()
    except ReadError as error:
        return str(error)


def test_what_was_sealed_comes_out_as_it_went_in(tmp_path: Path) -> None:
    source = unsealed(open_source(PACKAGE.write(tmp_path)), lambda: PASSPHRASE)
    assert {path: read(source, path) for path in CONTENTS} == CONTENTS
    assert CHUNKS == 3


def test_a_file_can_be_read_from_any_place(tmp_path: Path) -> None:
    source = opened(PACKAGE.write(tmp_path))
    path = "DICOM/ST000001/SE000001/IM000002"
    entry = next(each for each in source.entries() if isinstance(each, Entry) and each.path == path)
    with source.open(entry) as file:
        file.seek(CHUNK + 5)
        assert file.read(10) == CONTENTS[path][CHUNK + 5 : CHUNK + 15]
        file.seek(-3, 2)
        assert file.read() == CONTENTS[path][-3:]


def test_what_lies_beside_a_package_is_told_of_too(tmp_path: Path) -> None:
    PACKAGE.write(tmp_path, **{"DICOMDIR": b"of another", "OTHER/IM1": b"unsealed"})
    source = opened(tmp_path)
    paths = [each.path for each in source.entries()]
    assert sorted(paths) == sorted(["DICOMDIR (outside the seal)", "OTHER/IM1", *CONTENTS])
    assert read(source, "DICOMDIR (outside the seal)") == b"of another"
    assert read(source, "DICOMDIR") == CONTENTS["DICOMDIR"]
    assert read(source, "OTHER/IM1") == b"unsealed"


def test_a_package_opens_out_of_a_zip_and_in_either_case(tmp_path: Path) -> None:
    archive = tmp_path / "disc.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path, text in PACKAGE.texts.items():
            packed.writestr(f"folder/{path.lower()}", text)
    source = open_source(archive)
    assert is_sealed(source)
    assert read(opened(archive), "DICOMDIR") == CONTENTS["DICOMDIR"]
    source.close()


def test_nothing_on_the_medium_can_be_read() -> None:
    whole = b"".join(PACKAGE.texts.values())
    sealed = b"".join(base64.b64decode(run) for run in re.findall(rb'"([A-Za-z0-9+/=]{40,})"', whole))
    for secret in (NAME, UID, DATE, PLACE, b"DICOM/", b"studies", PASSPHRASE.encode(), PACKAGE.sealer.key):
        for text in (whole, sealed):
            assert secret not in text
            assert base64.b64encode(secret).rstrip(b"=")[:-1] not in text
    assert {path for path in PACKAGE.texts if not re.fullmatch(r"DATA/(KEY|C\d{7})\.JS", path)} == set()


def test_two_packages_of_the_same_have_nothing_in_common() -> None:
    other = sealed_package()
    assert all(other.texts[path] != text for path, text in PACKAGE.texts.items())


def test_a_wrong_passphrase_is_refused_in_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(PassphraseWrong, match="does not open the sealed package"):
        unsealed(open_source(PACKAGE.write(tmp_path)), lambda: PASSPHRASE.replace("velvet", "velour"))


def test_how_a_passphrase_is_spaced_makes_no_difference() -> None:
    assert plainly("  orbit\t velvet\r\ncactus ") == "orbit velvet cactus"
    assert plainly("cafe\u0301") == plainly("caf\u00e9")
    assert unlock(PACKAGE.lock, "  " + PASSPHRASE.replace(" ", "\n ")) == PACKAGE.sealer.key


@settings(deadline=None, max_examples=60)
@given(st.integers(0, CHUNKS), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_a_chunk_with_any_bit_flipped_is_refused(number: int, place: float, bit: int) -> None:
    text = bytearray(PACKAGE.texts[chunk_path(number)])
    assert open_chunk(PACKAGE.sealer.key, PACKAGE.lock, number, bytes(text)) is not None
    text[int(place * len(text))] ^= 1 << bit
    assert open_chunk(PACKAGE.sealer.key, PACKAGE.lock, number, bytes(text)) is None


@pytest.mark.parametrize("place", [0, 10, -1, -2, -3, -4, -5, -6], ids=lambda place: f"byte{place}")
def test_the_ends_of_a_chunk_are_held_to_as_well(place: int) -> None:
    for number in range(CHUNKS + 1):
        for bit in range(8):
            text = bytearray(PACKAGE.texts[chunk_path(number)])
            text[place] ^= 1 << bit
            assert open_chunk(PACKAGE.sealer.key, PACKAGE.lock, number, bytes(text)) is None


@settings(deadline=None, max_examples=12)
@given(st.data())
def test_a_key_file_with_any_bit_flipped_opens_nothing(data: st.DataObject) -> None:
    text = bytearray(PACKAGE.texts[KEY_PATH])
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        lock = read_lock(bytes(text))
        key = unlock(lock, PASSPHRASE)
    except SourceUnreadable:
        return
    # The number of chunks is no secret of the key's; every chunk confirms it.
    assert lock.chunks != CHUNKS
    assert open_chunk(key, lock, 0, PACKAGE.texts[chunk_path(0)]) is None


@pytest.mark.parametrize(
    ("number", "change"),
    [(2, lambda text: text[:-100]), (2, lambda text: b""), (2, lambda text: None), (2, lambda text: text + b"\n")],
    ids=["cut off", "empty", "missing", "longer"],
)
def test_one_ruined_chunk_takes_only_what_lies_in_it(
    number: int, change: Callable[[bytes], bytes | None], tmp_path: Path
) -> None:
    path = chunk_path(number)
    source = opened(PACKAGE.write(tmp_path, **{path: change(PACKAGE.texts[path])}))
    whole, across, last = CONTENTS
    assert read(source, whole) == CONTENTS[whole]
    assert str(read(source, across)).startswith("It is sealed, and the part of the package that holds it is ")
    assert read(source, last) == CONTENTS[last]


def test_swapped_chunks_are_refused(tmp_path: Path) -> None:
    first, second = (PACKAGE.texts[chunk_path(number)] for number in (1, 2))
    swapped = {chunk_path(1): second, chunk_path(2): first}
    renamed = {chunk_path(1): second.replace(b"(2,", b"(1,", 1), chunk_path(2): first.replace(b"(1,", b"(2,", 1)}
    for turn, texts in enumerate((swapped, renamed)):
        source = opened(PACKAGE.write(tmp_path / str(turn), **texts))
        assert read(source, "DICOM/ST000001/SE000001/IM000001") == (
            "It is sealed, and the part of the package that holds it is damaged."
        )
        assert read(source, "DICOMDIR") == CONTENTS["DICOMDIR"]


def test_a_chunk_of_another_package_with_the_same_key_is_refused() -> None:
    other = Sealer(new_package(), PACKAGE.sealer.key)
    text = chunk_text(1, other(1, CHUNKS, b"x" * CHUNK))
    assert open_chunk(PACKAGE.sealer.key, PACKAGE.lock, 1, text) is None
    fewer = chunk_text(1, PACKAGE.sealer(1, CHUNKS - 1, b"x" * CHUNK))
    assert open_chunk(PACKAGE.sealer.key, PACKAGE.lock, 1, fewer) is None


@pytest.mark.parametrize("change", [lambda text: text[:200], lambda text: None, lambda text: b""])
def test_without_its_index_a_package_does_not_open(change: Callable[[bytes], bytes | None], tmp_path: Path) -> None:
    path = chunk_path(0)
    with pytest.raises(SourceUnreadable, match="its index is damaged or missing"):
        opened(PACKAGE.write(tmp_path, **{path: change(PACKAGE.texts[path])}))


def lying(**lies: object) -> dict[str, bytes]:
    """An index by somebody who has the key, and lies."""
    told = {"v": 1, "package": PACKAGE.sealer.package, "chunks": CHUNKS, "bytes": CHUNK * CHUNKS, "parts": {}}
    packed = gzip.compress(json.dumps(told | lies).encode())
    return {chunk_path(0): chunk_text(0, PACKAGE.sealer(0, CHUNKS, packed))}


@pytest.mark.parametrize(
    "lies",
    [
        {"parts": {"files/IM1": [0, CHUNK * CHUNKS + 1, ""]}},
        {"parts": {"files/IM1": [-5, 10, ""]}},
        {"parts": {"files/IM1": [0, 1e300, ""]}},
        {"parts": {"files/IM1": [CHUNK * CHUNKS, 1, ""]}},
        {"parts": {"files/IM1": "everything"}},
        {"parts": []},
        {"bytes": 1 << 70},
        {"bytes": CHUNK},
        {"chunks": 1},
        {"v": 2},
        {"package": "0" * 32},
    ],
    ids=str,
)
def test_lengths_and_places_that_cannot_be_are_refused(lies: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="its index is damaged or missing"):
        opened(PACKAGE.write(tmp_path, **lying(**lies)))


def test_a_chunk_shorter_than_its_index_says_is_refused(tmp_path: Path) -> None:
    parts = {"files/IM1": [CHUNK * CHUNKS - 8, 8, ""], "files/IM2": [0, 8, ""]}
    source = opened(PACKAGE.write(tmp_path, **lying(parts=parts)))
    assert read(source, "IM1") == "It is sealed, and the part of the package that holds it is damaged."
    assert len(read(source, "IM2")) == 8


@pytest.mark.parametrize("name", ["../../etc/passwd", "/IM1", "A/../../B", "IM1\n", "im1", "\x1b[2J", "A" * 300])
def test_a_name_that_no_package_has_is_refused_and_the_rest_is_read(name: str, tmp_path: Path) -> None:
    parts = {f"files/{name}": [0, 8, ""], "files/IM2": [0, 8, ""]}
    source = opened(PACKAGE.write(tmp_path, **lying(parts=parts)))
    assert [each.path for each in source.entries() if isinstance(each, Entry)] == ["IM2"]
    assert [each.path for each in source.entries() if isinstance(each, Refused)] == ["sealed file 0"]


@pytest.mark.parametrize("rounds", [0, 1, FEWEST_ROUNDS - 1, MOST_ROUNDS + 1, 10**30, -1, 1.5e6, "1000000", None, True])
def test_absurd_rounds_are_refused_before_any_work(rounds: object) -> None:
    told = json.loads(PACKAGE.texts[KEY_PATH][len("undiscKey(") : -2]) | {"rounds": rounds}
    text = b"undiscKey(" + json.dumps(told, separators=(",", ":")).encode() + b")\n"
    with pytest.raises(SourceUnreadable, match="its key file is damaged"):
        read_lock(text)


@pytest.mark.parametrize("text", [b"", b"undiscKey()\n", b"undiscKey([])\n", b"undiscKey(" + b"[" * 4000 + b")\n"])
def test_a_key_file_of_rubbish_is_refused(text: bytes) -> None:
    with pytest.raises(SourceUnreadable, match="its key file is damaged"):
        read_lock(text)


def test_a_package_for_its_link_alone_has_no_passphrase() -> None:
    text = PACKAGE.sealer.key_file(CHUNKS, None).open().read()
    lock = read_lock(text)
    assert lock == Lock(PACKAGE.sealer.package, CHUNKS)
    assert lock_text(lock) == text
    with pytest.raises(SourceUnreadable, match="by its link alone"):
        unlock(lock, PASSPHRASE)
    assert base64.urlsafe_b64decode(PACKAGE.sealer.fragment[4:] + "=") == PACKAGE.sealer.key


def test_a_folder_without_a_package_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "IM1").write_bytes(b"DICM")
    (tmp_path / "DATA").mkdir()
    (tmp_path / KEY_PATH).write_bytes(b"// of another program")
    assert not is_sealed(open_source(tmp_path, Limits()))


@settings(deadline=None)
@given(st.integers(0, 20_000_000), st.integers(0, 5000))
def test_the_length_of_a_script_is_known_before_it_is_made(number: int, length: int) -> None:
    assert text_length(number, length) == len(chunk_text(number, bytes(length)))


def test_passphrases_are_six_words_and_never_the_same() -> None:
    made = {new_passphrase() for _ in range(50)}
    assert len(made) == 50
    assert all(len(passphrase.split(" ")) == 6 for passphrase in made)
    assert all(word == word.lower() and word.isascii() for passphrase in made for word in passphrase.split(" "))


def test_every_passphrase_that_is_made_stands_the_estimate() -> None:
    for _ in range(5):
        refuse_weak(new_passphrase(), ["TESTPATIENT", "ADA"])
    refuse_weak("-".join(secrets.token_hex(4) for _ in range(3)))


@pytest.mark.parametrize(
    "passphrase",
    [
        "",
        "  ",
        "password",
        "Riverside2026!",
        "a" * 60,
        "qwertyuiop1234567890",
        "Ada Testpatient 1970",
        "x" * 2000,
    ],
)
def test_a_passphrase_that_a_finder_would_guess_is_refused(passphrase: str) -> None:
    with pytest.raises(PassphraseWeak, match="This passphrase is "):
        refuse_weak(passphrase, ["Ada", "Testpatient", "19700115"])


def test_a_sealer_does_not_tell_its_key_where_it_is_printed() -> None:
    assert repr(PACKAGE.sealer.key) not in repr(PACKAGE.sealer)
