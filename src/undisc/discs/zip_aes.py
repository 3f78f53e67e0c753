"""Members of a ZIP that are locked with AES (WinZip's AE-1 and AE-2), unlocked as they are read."""

import hashlib
import hmac
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from undisc.discs.model import ReadError

METHOD = 99
_EXTRA = 0x9901
_ROUNDS = 1000
_CHECK = 2
_MAC = 10
_BLOCK = 1 << 16
_KEY_LENGTHS = {1: 16, 2: 24, 3: 32}
_DAMAGED = "It is locked with a password, and damaged: its bytes are not those that were locked."


@dataclass(frozen=True, slots=True)
class Locked:
    """How a member is locked. key: bytes of its key. method: how it was packed before."""

    key: int
    method: int


def locked(info: zipfile.ZipInfo) -> Locked | None:
    """How a member is locked, None where it is not, or in a way that is not known here."""
    extra, at = info.extra, 0
    while info.compress_type == METHOD and at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _EXTRA and length == 7 and at + 11 <= len(extra):
            version, vendor, strength, method = struct.unpack_from("<H2sBH", extra, at + 4)
            key = _KEY_LENGTHS.get(strength)
            is_known = version in (1, 2) and vendor == b"AE" and method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            return Locked(key, method) if key and is_known else None
        at += 4 + length
    return None


class Unlocked:
    """A member's bytes as they were before they were locked. Raises ReadError for a wrong password, here, and, on
    reading to the end, for bytes that are not those that were locked."""

    def __init__(self, file: BinaryIO, info: zipfile.ZipInfo, how: Locked, password: str) -> None:
        from Crypto.Cipher import AES
        from Crypto.Util import Counter

        self._file = file
        file.seek(info.header_offset)
        header = file.read(30)
        if len(header) != 30 or header[:4] != b"PK\x03\x04":
            raise ReadError(_DAMAGED)
        name, extra = struct.unpack_from("<HH", header, 26)
        file.seek(name + extra, 1)
        salt = file.read(how.key // 2)
        keys = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, _ROUNDS, 2 * how.key + _CHECK)
        self._left = info.compress_size - len(salt) - _CHECK - _MAC
        if self._left < 0:
            raise ReadError(_DAMAGED)
        if file.read(_CHECK) != keys[-_CHECK:]:
            raise ReadError("It is locked with another password.")
        self._cipher = AES.new(keys[: how.key], AES.MODE_CTR, counter=Counter.new(nbits=128, little_endian=True))
        self._mac = hmac.new(keys[how.key : 2 * how.key], digestmod="sha1")
        self._inflater = zlib.decompressobj(-15) if how.method == zipfile.ZIP_DEFLATED else None
        self._is_checked = False

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end, once all of them were found right."""
        if self._inflater is None:
            return self._next(size)
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._next(_BLOCK)
            data = self._inflater.decompress(packed, size)
            if data:
                return data
            if not packed:
                raise ReadError(_DAMAGED)
        self._check_rest()
        return b""

    def _next(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left))
        if not data and self._left and size:
            raise ReadError(_DAMAGED)
        self._left -= len(data)
        self._mac.update(data)
        if not self._left and not self._is_checked:
            self._is_checked = True
            if not hmac.compare_digest(self._file.read(_MAC), self._mac.digest()[:_MAC]):
                raise ReadError(_DAMAGED)
        return self._cipher.decrypt(data)

    def _check_rest(self) -> None:
        while self._left:
            self._next(_BLOCK)

    def close(self) -> None:
        self._file.close()
