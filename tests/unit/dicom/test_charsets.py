"""Text comes out of every character set as pydicom has it, misspelt terms are understood, and nothing ever raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import convert_encodings, decode_bytes, encode_string, python_encoding
from pydicom.valuerep import TEXT_VR_DELIMS
from tests.unit.dicom.pydicom_reference import quiet_pydicom

from undisc.dicom.charsets import decode, encodings_for

_TERMS = sorted(python_encoding)


@pytest.mark.parametrize("term", _TERMS)
def test_each_defined_term_has_the_encoding_pydicom_gives_it(term: str) -> None:
    assert encodings_for((term,)) == (python_encoding[term],)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("ISO-IR 100", "ISO_IR 100"),
        ("ISO IR 100", "ISO_IR 100"),
        ("ISO_IR_100", "ISO_IR 100"),
        ("iso_ir 100", "ISO_IR 100"),
        ("ISO_IR 192 ", "ISO_IR 192"),
        ("ISO_2022_IR_87", "ISO 2022 IR 87"),
        ("ISO 2022-IR 149", "ISO 2022 IR 149"),
        ("ISO2022 IR 58", "ISO 2022 IR 58"),
        ("ISO_IR 87", "ISO 2022 IR 87"),
        ("UTF-8", "ISO_IR 192"),
        ("GB-18030", "GB18030"),
    ],
)
def test_misspelt_term_is_understood(misspelt: str, meant: str) -> None:
    assert encodings_for((misspelt,)) == encodings_for((meant,))


def test_term_that_means_nothing_is_the_default_and_never_utf_8() -> None:
    assert encodings_for(("KLINGON",)) == ("iso8859",)
    assert encodings_for(("utf_16",)) == ("iso8859",)
    assert encodings_for(("rot13",)) == ("iso8859",)
    assert encodings_for(()) == ("iso8859",)
    assert decode("é".encode(), encodings_for(())) == "Ã©"


def test_unicode_and_gb18030_allow_no_other_set_beside_them() -> None:
    assert encodings_for(("ISO_IR 192", "ISO 2022 IR 87")) == ("UTF8",)
    assert encodings_for(("ISO 2022 IR 6", "ISO_IR 192", "ISO 2022 IR 87")) == ("iso8859", "iso2022_jp")


@pytest.mark.parametrize(
    ("terms", "value", "text"),
    [
        # The examples of PS3.5 annexes H, I, J and K.
        (
            ("", "ISO 2022 IR 87"),
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (
            ("ISO 2022 IR 13", "ISO 2022 IR 87"),
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
        ),
        (
            ("", "ISO 2022 IR 149"),
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        (("ISO_IR 192",), "Wang^XiaoDong=王^小东".encode(), "Wang^XiaoDong=王^小东"),
        (("GB18030",), "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
        (("", "ISO 2022 IR 58"), b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab", "Zhang^XiaoDong=张^小东"),
    ],
)
def test_examples_of_the_standard_read_as_printed(terms: tuple[str, ...], value: bytes, text: str) -> None:
    assert decode(value, encodings_for(terms)) == text


@given(terms=st.lists(st.sampled_from(_TERMS), min_size=1, max_size=3), value=st.binary(max_size=40))
def test_any_bytes_decode_as_pydicom_decodes_them(terms: list[str], value: bytes) -> None:
    """But for ISO 2022 IR 58, whose escape sequence pydicom leaves in the text (PS3.5 annex K is right, above)."""
    value = value.replace(b"\x1b$)A", b"")
    with quiet_pydicom():
        expected_encodings = convert_encodings(list(terms))
        expected = decode_bytes(value, expected_encodings, TEXT_VR_DELIMS)
    assert encodings_for(tuple(terms)) == tuple(expected_encodings)
    assert decode(value, encodings_for(tuple(terms))) == expected


@given(
    terms=st.sampled_from(
        [["ISO_IR 100"], ["", "ISO 2022 IR 87"], ["", "ISO 2022 IR 149"], ["GB18030"], ["ISO_IR 192"]]
    ),
    text=st.text(max_size=12),
)
def test_what_pydicom_writes_is_read_back(terms: list[str], text: str) -> None:
    with quiet_pydicom():
        encodings = convert_encodings(terms)
        value = encode_string(text, encodings)
        assert decode(value, encodings_for(tuple(terms))) == decode_bytes(value, encodings, TEXT_VR_DELIMS)


@given(terms=st.lists(st.text(max_size=20), max_size=3), value=st.binary(max_size=60))
def test_no_bytes_and_no_terms_make_it_raise(terms: list[str], value: bytes) -> None:
    text = decode(value, encodings_for(tuple(terms)))
    text.encode("utf-8")
