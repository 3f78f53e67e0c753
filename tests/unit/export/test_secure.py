"""Secure DICOM media: OpenSSL opens every file by the password, finds its digest right, and nothing is in clear."""

import shutil
import subprocess
from functools import partial
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undisc.export.model import Kind, PackageFile
from undisc.export.secure import Envelope, PasswordRefused, secured

PASSWORD = r"kettle ocean\violin $7"
_OPENSSL = shutil.which("openssl")
NAME = b"TESTPATIENT^ADA"
# Around the ends of cipher blocks, of DER's length forms, and of the blocks that are read.
SIZES = [0, 1, 15, 16, 17, 100, 127, 128, 255, 256, 65_535, 65_536, (1 << 18) + 5]
ENVELOPE = Envelope.of(PASSWORD)


def file(data: bytes, path: str = "DICOM/IM1", kind: Kind = Kind.DICOM) -> PackageFile:
    return PackageFile(path, kind, len(data), partial(BytesIO, data), 1)


def read(made: PackageFile) -> bytes:
    with made.open() as opened:
        data = opened.read()
    assert len(data) == made.size
    return data


def openssl(*arguments: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [_OPENSSL or "openssl", "cms", *arguments, "-inform", "DER", "-binary"]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def as_content_info(digested: bytes) -> bytes:
    """What OpenSSL reads DigestedData from: ContentInfo around it (RFC 5652 3)."""
    kind = bytes.fromhex("06092a864886f70d010705")

    def der(tag: int, content: bytes) -> bytes:
        length = len(content).to_bytes(4, "big")
        return bytes([tag, 0x84]) + length + content

    return der(0x30, kind + der(0xA0, digested))


@pytest.mark.skipif(_OPENSSL is None, reason="OpenSSL's program is not installed")
@pytest.mark.parametrize("size", SIZES)
def test_openssl_opens_what_is_in_an_envelope(size: int) -> None:
    content = bytes(index * 7 & 0xFF for index in range(size))
    opened = openssl("-decrypt", "-pwri_password", PASSWORD, given=read(ENVELOPE.around(file(content))))
    assert opened.returncode == 0, opened.stderr.decode()
    verified = openssl("-digest_verify", given=as_content_info(opened.stdout))
    assert verified.returncode == 0, verified.stderr.decode()
    assert verified.stdout == content


@pytest.mark.skipif(_OPENSSL is None, reason="OpenSSL's program is not installed")
def test_openssl_opens_it_with_no_other_password_and_finds_a_flipped_bit() -> None:
    content = NAME * 1000
    data = read(ENVELOPE.around(file(content)))
    opened = openssl("-decrypt", "-pwri_password", PASSWORD + "8", given=data)
    assert opened.returncode != 0 or NAME not in opened.stdout
    damaged = bytearray(data)
    damaged[-200] ^= 1
    opened = openssl("-decrypt", "-pwri_password", PASSWORD, given=bytes(damaged))
    assert openssl("-digest_verify", given=as_content_info(opened.stdout)).returncode != 0


def test_a_secure_file_set_has_all_dicom_files_in_envelopes_and_nothing_that_names_anybody() -> None:
    files = [
        file(b"<html>" + NAME, "INDEX.HTM", Kind.PAGE),
        file(NAME, "README.TXT", Kind.PAGE),
        file(b"DICM" + NAME, "DICOMDIR", Kind.INDEX),
        file(b"%PDF" + NAME, "REPORT/RE000001.PDF", Kind.REPORT),
        *(file(b"DICM" + NAME, f"DICOM/IM{number}", Kind.DICOM) for number in range(3)),
        file(NAME, "DATA/C0000000.JS", Kind.DATA),
    ]
    made = {each.path: each for each in secured(files, PASSWORD)}
    assert list(made) == ["README.TXT", "DICOMDIR", "DICOM/IM0", "DICOM/IM1", "DICOM/IM2"]
    texts = [read(each) for each in made.values()]
    assert not any(NAME in text or b"DICM" in text for text in texts)
    assert all(each.instance == 1 for path, each in made.items() if path.startswith("DICOM/"))
    assert len({text[-64:] for text in texts}) == len(texts)


@settings(deadline=None)
@given(st.integers(0, 1 << 33))
def test_the_size_is_known_before_anything_is_read(size: int) -> None:
    def never() -> BytesIO:
        raise AssertionError

    made = ENVELOPE.around(PackageFile("IM1", Kind.DICOM, size, never))
    assert made.size is not None
    assert made.size > size


@pytest.mark.parametrize("password", ["", "caf\u00e9", "tab\there", "\u7d75"])
def test_a_password_that_would_not_be_typed_alike_everywhere_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused, match="without accents"):
        Envelope.of(password)
