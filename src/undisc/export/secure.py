"""DICOM's own secure media: each DICOM file, DICOMDIR too, in an envelope of the Cryptographic Message Syntax.

PS3.15 D.1, the Basic DICOM Media Security Profile, with a password: EnvelopedData (RFC 5652) with one recipient, whose
key comes from PBKDF2, around DigestedData around the file. Lengths are known beforehand, so files are enveloped as they
are read, a block in memory at a time.
"""

import hashlib
import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, cast

from undisc.errors import UndiscError
from undisc.export.model import Kind, PackageFile

ROUNDS = 1_000_000
README = "README.TXT"
_BLOCK = 1 << 18
_README = (
    "This medium holds medical images in DICOM's secure form (PS3.15 Annex D.1): each file, DICOMDIR too, is\r\n"
    "encrypted with AES-256 and a password, which was given another way. It opens with software that supports the\r\n"
    "Basic DICOM Media Security Profile. One file is opened with OpenSSL by\r\n\r\n"
    "  openssl cms -decrypt -inform DER -in FILE -pwri_password PASSWORD -out DIGESTED\r\n\r\n"
    "and is then the content of a CMS DigestedData.\r\n"
)

# DER (X.690). Tags: universal, or of a context.
_INTEGER, _OCTETS, _OID, _NULL, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x05, 0x30, 0x31
_CONTEXT_0, _CONTEXT_3, _IMPLICIT_0 = 0xA0, 0xA3, 0x80


class PasswordRefused(UndiscError):
    """A password that secure media cannot have; the text is a plain sentence."""


def _der(tag: int, *content: bytes) -> bytes:
    length = sum(map(len, content))
    return _head(tag, length) + b"".join(content)


def _head(tag: int, length: int) -> bytes:
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def _number(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    octets = bytearray([40 * first + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        octets += bytes(reversed(groups))
    return _der(_OID, bytes(octets))


_DATA = _oid("1.2.840.113549.1.7.1")
_ENVELOPED = _oid("1.2.840.113549.1.7.3")
_DIGESTED = _oid("1.2.840.113549.1.7.5")
_PBKDF2 = _oid("1.2.840.113549.1.5.12")
_HMAC_SHA256 = _der(_SEQUENCE, _oid("1.2.840.113549.2.9"), _der(_NULL))
_PWRI_KEK = _oid("1.2.840.113549.1.9.16.3.9")
_AES_256_CBC = _oid("2.16.840.1.101.3.4.1.42")
_SHA256 = _der(_SEQUENCE, _oid("2.16.840.1.101.3.4.2.1"))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all files of one medium have in common: one key from the password, since making it takes a while."""

    key: bytes = field(repr=False)
    salt: bytes

    @staticmethod
    def of(password: str) -> "Envelope":
        """Raises PasswordRefused for one that is not of the default character repertoire (PS3.15 D.1.1)."""
        if not password or not all(" " <= letter <= "~" for letter in password):
            raise PasswordRefused(
                "A password of secure DICOM media has letters without accents, digits and signs only."
            )
        salt = secrets.token_bytes(16)
        return Envelope(hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ROUNDS), salt)

    def around(self, file: PackageFile) -> PackageFile:
        """The file in its envelope, under the same name. Its size has to be known."""
        assert file.size is not None
        key, vector = secrets.token_bytes(32), secrets.token_bytes(16)
        before, after = _digested(file.size)
        inner = len(before) + file.size + after
        encrypted = 16 * (inner // 16 + 1)
        head = self._head(key, vector, encrypted)

        def opened() -> BinaryIO:
            pieces = _enveloped(head, key, vector, before, file)
            return cast(BinaryIO, io.BufferedReader(_Pieces(pieces), _BLOCK))

        return PackageFile(file.path, file.kind, len(head) + encrypted, opened, file.instance)

    def _head(self, key: bytes, vector: bytes, encrypted: int) -> bytes:
        """Everything before the encrypted content, whose length it states."""
        derivation = _der(_CONTEXT_0, _PBKDF2, _der(_SEQUENCE, _der(_OCTETS, self.salt), _number(ROUNDS), _HMAC_SHA256))
        wrapping, wrapped = self._wrapped(key)
        recipient = _der(_CONTEXT_3, _number(0), derivation, wrapping, _der(_OCTETS, wrapped))
        content = _DIGESTED + _der(_SEQUENCE, _AES_256_CBC, _der(_OCTETS, vector)) + _head(_IMPLICIT_0, encrypted)
        body = _number(3) + _der(_SET, recipient) + _head(_SEQUENCE, len(content) + encrypted) + content
        length = len(body) + encrypted
        envelope = _head(_SEQUENCE, length) + body
        outer = _head(_CONTEXT_0, len(_head(_SEQUENCE, length)) + length) + envelope
        return _head(_SEQUENCE, len(_ENVELOPED) + len(outer) + encrypted) + _ENVELOPED + outer

    def _wrapped(self, key: bytes) -> tuple[bytes, bytes]:
        """The content's key under the password's, encrypted twice (RFC 3211 2.3.1), and by which algorithm."""
        from Crypto.Cipher import AES

        vector = secrets.token_bytes(16)
        check = bytes(octet ^ 0xFF for octet in key[:3])
        block = bytes([len(key)]) + check + key
        block += secrets.token_bytes(-len(block) % 16)
        cipher = AES.new(self.key, AES.MODE_CBC, iv=vector)
        wrapping = _der(_SEQUENCE, _PWRI_KEK, _der(_SEQUENCE, _AES_256_CBC, _der(_OCTETS, vector)))
        return wrapping, cipher.encrypt(cipher.encrypt(block))


def secured(files: Sequence[PackageFile], password: str) -> list[PackageFile]:
    """A package as a secure file-set (PS3.10 3.3): its DICOM files and DICOMDIR in envelopes, and a README that says
    nothing of whom. Pages, reports and the viewer's data, which no envelope of DICOM's takes, are left out.

    No manifest is among them. Raises PasswordRefused.
    """
    envelope = Envelope.of(password)
    readme = _README.encode("ascii")
    made = [PackageFile(README, Kind.PAGE, len(readme), partial(io.BytesIO, readme))]
    made += [envelope.around(file) for file in files if file.kind in (Kind.INDEX, Kind.DICOM)]
    return made


def _digested(size: int) -> tuple[bytes, int]:
    """DigestedData (RFC 5652 7) around so many bytes: what comes before them, and how many bytes after."""
    octets = _head(_OCTETS, size)
    explicit = _head(_CONTEXT_0, len(octets) + size)
    encapsulated = _DATA + explicit + octets
    start = _number(0) + _SHA256 + _head(_SEQUENCE, len(encapsulated) + size) + encapsulated
    after = 2 + hashlib.sha256().digest_size
    return _head(_SEQUENCE, len(start) + size + after) + start, after


def _enveloped(head: bytes, key: bytes, vector: bytes, before: bytes, file: PackageFile) -> Iterator[bytes]:
    from Crypto.Cipher import AES

    cipher = AES.new(key, AES.MODE_CBC, iv=vector)
    digest, waiting = hashlib.sha256(), before
    yield head
    with file.open() as content:
        while piece := content.read(_BLOCK):
            digest.update(piece)
            waiting += piece
            whole = len(waiting) // 16 * 16
            yield cipher.encrypt(waiting[:whole])
            waiting = waiting[whole:]
    waiting += _der(_OCTETS, digest.digest())
    padding = 16 - len(waiting) % 16  # RFC 5652 6.3
    yield cipher.encrypt(waiting + bytes([padding]) * padding)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file to be read through."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        taken = min(len(buffer), len(self._piece))
        buffer[:taken] = self._piece[:taken]
        self._piece = self._piece[taken:]
        return taken

    def close(self) -> None:
        if not self.closed and hasattr(self._pieces, "close"):
            self._pieces.close()  # pyright: ignore[reportAttributeAccessIssue]
        super().close()
