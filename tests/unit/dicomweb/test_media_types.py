"""Proves that Accept headers in every form that clients write choose what they mean, and that none of them harms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.dicomweb.media_types import (
    Choice,
    MediaRange,
    NotAcceptable,
    Offer,
    accepted,
    negotiate,
    parse_accept,
)

EXPLICIT, JPEG_LS, HTJ2K = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.201"

JSON = Offer("application/dicom+json")
PLAIN_JSON = Offer("application/json")
DICOM = Offer("application/dicom", transfer_syntaxes=(EXPLICIT, JPEG_LS))
DICOM_PARTS = Offer("application/dicom", multipart=True, transfer_syntaxes=(EXPLICIT, JPEG_LS))
BYTES = Offer("application/octet-stream", multipart=True, transfer_syntaxes=(EXPLICIT,), stored=False)
HT = Offer("image/jphc", multipart=True, transfer_syntaxes=(HTJ2K,))
PNG = Offer("image/png")
JPEG = Offer("image/jpeg")
FRAMES = (BYTES, HT)


def chosen(header: str | None, *offers: Offer, parameters: tuple[str, ...] = ()) -> Choice | NotAcceptable:
    return negotiate(accepted(header, parameters), offers)


def gives(header: str | None, *offers: Offer) -> tuple[Offer, str | None] | None:
    choice = chosen(header, *offers)
    return (choice.offer, choice.transfer_syntax) if isinstance(choice, Choice) else None


@pytest.mark.parametrize(
    "header",
    [
        'multipart/related; type="application/dicom"; transfer-syntax=*',
        "multipart/related; type=application/dicom; transfer-syntax=*",
        'multipart/related;type="application/dicom";transfer-syntax="*"',
        'MULTIPART/Related ; Type="Application/DICOM" ; Transfer-Syntax=*',
    ],
)
def test_type_and_syntax_are_read_quoted_and_unquoted(header: str) -> None:
    assert gives(header, DICOM, DICOM_PARTS) == (DICOM_PARTS, "*")


def test_no_header_and_anything_at_all_give_the_first_offer_in_its_default_syntax() -> None:
    for header in (None, "", "  ", "*/*"):
        assert gives(header, DICOM_PARTS, JSON) == (DICOM_PARTS, EXPLICIT)


def test_without_a_transfer_syntax_the_default_is_given_and_not_what_is_stored() -> None:
    assert gives('multipart/related; type="application/dicom"', DICOM_PARTS) == (DICOM_PARTS, EXPLICIT)


def test_a_syntax_that_cannot_be_given_is_passed_over() -> None:
    header = f'multipart/related; type="application/dicom"; transfer-syntax={HTJ2K}'
    assert gives(header, DICOM_PARTS) is None
    later = f'{header}, multipart/related; type="application/dicom"; transfer-syntax={JPEG_LS}'
    assert gives(later, DICOM_PARTS) == (DICOM_PARTS, JPEG_LS)


def test_bytes_are_uncompressed_even_when_any_syntax_is_taken() -> None:
    header = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
    assert gives(header, *FRAMES) == (BYTES, EXPLICIT)


def test_weights_come_before_order() -> None:
    header = 'multipart/related; type="application/octet-stream"; q=0.5, multipart/related; type="image/jphc"'
    assert gives(header, *FRAMES) == (HT, HTJ2K)


def test_definite_wishes_come_before_vague_ones_of_the_same_weight() -> None:
    assert gives("*/*, image/png", JPEG, PNG) == (PNG, None)
    assert gives("image/*, image/png", JPEG, PNG) == (PNG, None)


def test_a_range_of_images_leaves_the_choice_to_the_offers() -> None:
    assert gives("image/*", JPEG, PNG) == (JPEG, None)
    assert gives('multipart/related; type="image/*"', *FRAMES) == (HT, HTJ2K)


def test_what_is_refused_by_name_is_not_given_for_a_vague_wish() -> None:
    assert gives("*/*, image/jpeg;q=0", JPEG, PNG) == (PNG, None)
    assert gives("*/*;q=0", JPEG, PNG) is None


def test_both_names_of_json_are_understood() -> None:
    assert gives("application/dicom+json", JSON, PLAIN_JSON) == (JSON, None)
    assert gives("application/json; charset=utf-8", JSON, PLAIN_JSON) == (PLAIN_JSON, None)


def test_the_query_parameter_goes_before_the_header() -> None:
    choice = chosen("image/jpeg", JPEG, PNG, parameters=("image/png",))
    assert isinstance(choice, Choice)
    assert choice.offer == PNG


def test_a_comma_inside_quotes_parts_nothing() -> None:
    assert parse_accept('text/plain; type="a,b", image/png') == (
        MediaRange("text/plain", root="a,b"),
        MediaRange("image/png"),
    )


@pytest.mark.parametrize("header", ["nonsense", "image", "*/png", "image/png; q=2", 'image/png; type="open', ",,,"])
def test_what_cannot_be_read_takes_nothing(header: str) -> None:
    assert gives(header, PNG, JSON) is None


types = st.sampled_from(
    ["*/*", "image/*", "image/png", "image/jphc", "application/dicom", "application/dicom+json", "multipart/related"]
)
roots = st.sampled_from(["", "application/dicom", "image/jphc", "image/*", "application/octet-stream"])
syntaxes = st.sampled_from([None, "*", EXPLICIT, JPEG_LS, HTJ2K])


@st.composite
def ranges(draw: st.DrawFn) -> MediaRange:
    kind = draw(types)
    return MediaRange(
        type=kind,
        root=draw(roots) if kind == "multipart/related" else "",
        transfer_syntax=draw(syntaxes),
        quality=draw(st.sampled_from([0, 0.1, 0.5, 0.999, 1.0])),
    )


def written(wanted: MediaRange, quote: bool) -> str:
    mark = '"' if quote else ""
    text = wanted.type
    if wanted.root:
        text += f"; type={mark}{wanted.root}{mark}"
    if wanted.transfer_syntax:
        text += f";transfer-syntax={mark}{wanted.transfer_syntax}{mark}"
    return f"{text}; q={wanted.quality:g}"


ALL = (JSON, DICOM, DICOM_PARTS, BYTES, HT, PNG, JPEG)


@given(st.lists(ranges(), max_size=6), st.booleans())
def test_what_is_written_is_read_back(wanted: list[MediaRange], quote: bool) -> None:
    assert parse_accept(", ".join(written(each, quote) for each in wanted)) == tuple(wanted)


@given(st.lists(ranges(), max_size=6), st.lists(st.sampled_from(ALL), max_size=5))
def test_what_is_chosen_was_offered_and_its_syntax_too(wanted: list[MediaRange], offers: list[Offer]) -> None:
    choice = negotiate(wanted, offers)
    if isinstance(choice, Choice):
        assert choice.offer in offers
        assert choice.range in wanted
        assert choice.range.quality > 0
        assert choice.transfer_syntax in (*choice.offer.transfer_syntaxes, "*", None)
        assert (choice.transfer_syntax is None) == (not choice.offer.transfer_syntaxes)


@given(st.lists(ranges(), max_size=6), st.lists(st.sampled_from(ALL), min_size=1, max_size=5))
def test_offering_more_never_makes_a_client_go_away(wanted: list[MediaRange], offers: list[Offer]) -> None:
    if isinstance(negotiate(wanted, offers[:1]), Choice):
        assert isinstance(negotiate(wanted, offers), Choice)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for each in parse_accept(text):
        assert 0 <= each.quality <= 1


def test_a_huge_header_is_read_in_bounds() -> None:
    assert len(parse_accept("image/png," * 100_000)) <= 64
    assert parse_accept('"' * 1_000_000) == ()
    assert parse_accept("image/png" + ";" * 1_000_000) == (MediaRange("image/png"),)
