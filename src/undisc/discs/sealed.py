"""Sealed packages: a medium on which nothing can be read without its passphrase. How they are laid out, and the reader.

docs/operate/sealed.md describes the format. Writing is `undisc.export.sealing`, which shares the layout below.
"""

import base64
import binascii
import hashlib
import io
import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from undisc.discs.model import Entry, ReadError, Refused
from undisc.discs.sources import Source
from undisc.errors import SourceUnreadable

CHUNK = 786_432
"""Bytes of the stream in each chunk but the last; in base64 a power of two."""
TAG = 16
VERSION = 1
KDF = "PBKDF2-SHA256"
FEWEST_ROUNDS = 600_000
MOST_ROUNDS = 10_000_000
KEY_PATH = "DATA/KEY.JS"

_MOST_CHUNKS = 9_999_999  # C9999999.JS is the last name there is
_LARGEST_KEY = 4096
_LARGEST_INDEX = 32 << 20
_BEGINS = b"undiscKey("
_MOST_CACHED = 4
_INNER = "files/"
_BESIDE = " (outside the seal)"
_PACKAGE = re.compile(r"[0-9a-f]{32}\Z")
_INNER_PATH = re.compile(r"[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?(/[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?){0,7}\Z")
_DAMAGED = "It is sealed, and the part of the package that holds it is damaged."
_ABSENT = "It is sealed, and the part of the package that holds it is not there."
_NO_INDEX = "This sealed package cannot be opened: its index is damaged or missing. Ask for a new copy."
_NO_KEY = "This sealed package cannot be opened: its key file is damaged or of a kind not known here."


class PassphraseWrong(SourceUnreadable):
    """A sealed package does not open with this passphrase."""


class PassphraseNeeded(SourceUnreadable):
    """A sealed package was given without its passphrase."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What DATA/KEY.JS says. chunks: how many there are besides the index. rounds is 0, and what follows it empty,
    where no passphrase opens the package and its link alone has the key."""

    package: str
    chunks: int
    rounds: int = 0
    salt: bytes = b""
    nonce: bytes = b""
    wrapped: bytes = b""


def chunk_path(number: int) -> str:
    return f"DATA/C{number:07d}.JS"


def chunk_text(number: int, data: bytes) -> bytes:
    """A chunk as the script that it is."""
    return b'undisc(%d,"%b")\n' % (number, binascii.b2a_base64(data, newline=False))


def text_length(number: int, length: int) -> int:
    """How long the script of so many bytes is."""
    return len(b'undisc(%d,"")\n' % number) + 4 * -(-length // 3)


def nonce_of(number: int) -> bytes:
    return number.to_bytes(12, "big")


def bound_to(package: str, number: int, chunks: int) -> bytes:
    """What a chunk is sealed with beside the key, so that it opens in its own package and place alone."""
    return f"undisc chunk 1 {package} {number} {chunks}".encode()


def key_bound_to(package: str) -> bytes:
    return f"undisc key 1 {package}".encode()


def passphrase_key(passphrase: str, salt: bytes, rounds: int) -> bytes:
    """The key that wraps the content's key."""
    return hashlib.pbkdf2_hmac("sha256", plainly(passphrase).encode(), salt, rounds)


def plainly(passphrase: str) -> str:
    """A passphrase as it counts: how words are spaced makes no difference, nor how letters are composed."""
    return re.sub("[ \t\r\n]+", " ", unicodedata.normalize("NFKC", passphrase)).strip(" ")


def lock_text(lock: Lock) -> bytes:
    """DATA/KEY.JS."""
    told: dict[str, Any] = {"v": VERSION, "package": lock.package, "chunks": lock.chunks}
    if lock.rounds:
        secret = {"salt": lock.salt, "nonce": lock.nonce, "wrapped": lock.wrapped}
        told |= {"kdf": KDF, "rounds": lock.rounds}
        told |= {name: base64.b64encode(value).decode() for name, value in secret.items()}
    return _BEGINS + _compact(told) + b")\n"


def read_lock(text: bytes) -> Lock:
    """What a DATA/KEY.JS says. Raises SourceUnreadable for one that was not written so."""
    try:
        told = json.loads(text[len(_BEGINS) : -len(b")\n")])
        if text != _BEGINS + _compact(told) + b")\n" or told["v"] != VERSION:
            raise ValueError
        package, chunks = told["package"], _whole(told["chunks"], _MOST_CHUNKS)
        if not _PACKAGE.match(package):
            raise ValueError
        if "wrapped" not in told:
            return Lock(package, chunks)
        rounds = _whole(told["rounds"], MOST_ROUNDS)
        salt, nonce, wrapped = (_from_base64(told[name].encode()) for name in ("salt", "nonce", "wrapped"))
        if told["kdf"] != KDF or rounds < FEWEST_ROUNDS or len(nonce) != 12 or len(wrapped) != 32 + TAG:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SourceUnreadable(_NO_KEY) from None
    return Lock(package, chunks, rounds, salt, nonce, wrapped)


def unlock(lock: Lock, passphrase: str) -> bytes:
    """The content's key. Raises PassphraseWrong; a lock that was tampered with says no more than that."""
    if not lock.rounds:
        raise SourceUnreadable("This sealed package opens by its link alone; it has no passphrase.")
    key = _opened(
        passphrase_key(passphrase, lock.salt, lock.rounds), lock.nonce, lock.wrapped, key_bound_to(lock.package)
    )
    if key is None:
        raise PassphraseWrong("This passphrase does not open the sealed package. Check each word, and try again.")
    return key


def seal(key: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    """AES-256-GCM: what is sealed, and its tag."""
    from Crypto.Cipher import AES  # loaded here, since most imports open nothing that is sealed

    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=TAG)
    cipher.update(bound)
    sealed, tag = cipher.encrypt_and_digest(data)
    return sealed + tag


def _opened(key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes | None:
    from Crypto.Cipher import AES

    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=TAG)
    cipher.update(bound)
    try:
        return cipher.decrypt_and_verify(sealed[:-TAG], sealed[-TAG:])
    except ValueError:
        return None


def open_chunk(key: bytes, lock: Lock, number: int, text: bytes) -> bytes | None:
    """The bytes of a chunk's script; None unless they are exactly what was sealed under this number."""
    begins = b'undisc(%d,"' % number
    if not text.startswith(begins) or not text.endswith(b'")\n'):
        return None
    try:
        sealed = _from_base64(text[len(begins) : -3])
    except ValueError:
        return None
    return _opened(key, nonce_of(number), sealed, bound_to(lock.package, number, lock.chunks))


def is_sealed(source: Source) -> bool:
    """Whether a sealed package lies on a source."""
    return source.kind != "file" and _root_of(source) is not None


def unsealed(source: Source, passphrase: Callable[[], str]) -> "SealedSource":
    """The source with what is sealed on it opened; closing it closes the source.

    Raises SourceUnreadable where the package as a whole does not open: PassphraseWrong, or a damaged index.
    """
    return opened_by(source, lambda lock: unlock(lock, passphrase()))


def opened_by(source: Source, key_of: Callable[[Lock], bytes]) -> "SealedSource":
    """The same for whoever knows the content's key otherwise."""
    root = _root_of(source)
    if root is None:
        raise SourceUnreadable(_NO_KEY)
    return SealedSource(source, root, key_of)


def _root_of(source: Source) -> str | None:
    """What comes before DATA/ on the source: "" at its root, "FOLDER/" where somebody packed the folder itself."""
    if source.kind == "folder":  # which may be large, and would be walked twice
        for spelt in (KEY_PATH, KEY_PATH.lower()):
            if _is_key(source, Entry(spelt, 0, 0)):
                return ""
        return None
    for entry in source.entries():
        if isinstance(entry, Entry) and f"/{entry.path.upper()}".endswith(f"/{KEY_PATH}") and _is_key(source, entry):
            return entry.path[: -len(KEY_PATH)]
    return None


def _is_key(source: Source, entry: Entry) -> bool:
    """Others may have files of that name as well."""
    try:
        with source.open(entry) as file:
            return file.read(len(_BEGINS)) == _BEGINS
    except OSError:
        return False


class SealedSource:
    """A sealed package, unlocked: its files, each opened as it is read, and whatever lies beside the package."""

    def __init__(self, source: Source, root: str, key_of: Callable[[Lock], bytes]) -> None:
        self._source = source
        self.kind = source.kind
        self.label = source.label
        self.aliases: dict[str, str] = {}
        self._outer = list(source.entries())
        # Discs are read in either case.
        self._places = {each.path.upper(): each for each in self._outer if isinstance(each, Entry)}
        self._root = root.upper()
        self._lock = read_lock(self._read(KEY_PATH, _LARGEST_KEY) or b"")
        self._key = key_of(self._lock)
        index = self._index()
        self._length: int = index["bytes"]
        self._parts = {name: at for name, at in index["parts"].items() if name.startswith(_INNER)}
        self._cached: dict[int, bytes] = {}

    def entries(self) -> Iterator[Entry | Refused]:
        """What lies beside the package, then what is sealed within, as the index has it."""
        for each in self._outer:
            if not each.path.upper().startswith(f"{self._root}DATA/"):
                # A page of the same name may lie on either side of the seal.
                yield each if _INNER + each.path not in self._parts else replace(each, path=each.path + _BESIDE)
        for name, place in self._parts.items():
            path = name[len(_INNER) :]
            if not _INNER_PATH.match(path):
                yield Refused(f"sealed file {place[0]}", "Its name is none that a package can have.")
            else:
                yield Entry(path, place[1], 0)

    def open(self, entry: Entry) -> BinaryIO:
        """Raises ReadError, here or on reading, where a chunk that is needed is missing or not what was sealed."""
        place = self._parts.get(_INNER + entry.path)
        if place is None:
            return self._source.open(replace(entry, path=entry.path.removesuffix(_BESIDE)))
        return io.BufferedReader(_Sealed(place[0], place[1], self._chunk), 1 << 16)

    def close(self) -> None:
        self._cached.clear()
        self._source.close()

    def _index(self) -> Mapping[str, Any]:
        text = self._read(chunk_path(0), _LARGEST_INDEX)
        packed = open_chunk(self._key, self._lock, 0, text) if text else None
        if packed is None:
            raise SourceUnreadable(_NO_INDEX)
        try:
            return _checked(json.loads(_unpacked(packed)), self._lock)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error):
            raise SourceUnreadable(_NO_INDEX) from None

    def _read(self, path: str, most: int) -> bytes | None:
        entry = self._places.get(self._root + path)
        if entry is None:
            return None
        with self._source.open(entry) as file:
            data = file.read(most + 1)
        return data if len(data) <= most else None

    def _chunk(self, number: int) -> bytes:
        """The bytes of the stream that chunk holds; the last few are remembered. Raises ReadError."""
        if number in self._cached:
            return self._cached[number]
        path = chunk_path(number)
        if self._root + path not in self._places:
            raise ReadError(_ABSENT)
        text = self._read(path, text_length(number, CHUNK + TAG))
        data = open_chunk(self._key, self._lock, number, text) if text else None
        if data is None or len(data) != min(CHUNK, self._length - (number - 1) * CHUNK):
            raise ReadError(_DAMAGED)
        self._cached[number] = data
        while len(self._cached) > _MOST_CACHED:
            self._cached.pop(next(iter(self._cached)))
        return data


class _Sealed(io.RawIOBase):
    """One file of the stream."""

    def __init__(self, start: int, length: int, chunk: Callable[[int], bytes]) -> None:
        self._start = start
        self._length = length
        self._chunk = chunk
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence] + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        wanted = min(len(buffer), self._length - self._at)
        if wanted <= 0:
            return 0
        number, skip = divmod(self._start + self._at, CHUNK)
        piece = self._chunk(1 + number)[skip : skip + wanted]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _unpacked(packed: bytes) -> bytes:
    opener = zlib.decompressobj(wbits=31)
    data = opener.decompress(packed, _LARGEST_INDEX)
    if not opener.eof:
        raise ValueError
    return data


def _checked(index: Mapping[str, Any], lock: Lock) -> Mapping[str, Any]:
    """An index of which every part lies within the stream, and the stream within the chunks; ValueError otherwise."""
    length = _whole(index["bytes"], lock.chunks * CHUNK)
    if index["v"] != VERSION or index["package"] != lock.package or index["chunks"] != lock.chunks:
        raise ValueError
    if -(-length // CHUNK) != lock.chunks:
        raise ValueError
    for start, size, flag in index["parts"].values():
        if _whole(start, length) + _whole(size, length) > length or flag not in ("", "gzip"):
            raise ValueError
    return index


def _whole(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError
    return value


def _from_base64(text: bytes) -> bytes:
    """Strictly: spelt in the one way in which it is written. Raises ValueError."""
    data = binascii.a2b_base64(text, strict_mode=True)
    if binascii.b2a_base64(data, newline=False) != text:
        raise ValueError
    return data


def _compact(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()
