"""A File ID finds its file however a burner spelt it, and never anything that is not on the disc."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.discs.model import Missing, Outside
from undisc.discs.paths import DiscNames, natural_key, path_key, refusal, resolve_file_id, shown

_PIECE = st.text(alphabet=st.sampled_from("AbC01_.;/\\ :\x00é"), max_size=8)
_NAME = st.text(alphabet="ABC012_", min_size=1, max_size=8)


@given(st.lists(_PIECE | st.text(max_size=12) | st.just(".."), max_size=9), st.lists(_NAME, max_size=6))
def test_answer_is_always_a_name_on_the_disc_or_none(components: list[str], names: list[str]) -> None:
    found = resolve_file_id(components, DiscNames(names))
    assert found in names or isinstance(found, Missing | Outside)


@given(st.lists(_NAME, min_size=1, max_size=4), st.integers(1, 12), st.lists(_NAME, max_size=3))
def test_climbing_above_the_root_is_always_outside(inside: list[str], climbs: int, target: list[str]) -> None:
    components = [*inside, *[".."] * (len(inside) + climbs), *target]
    assert resolve_file_id(components, DiscNames(["/".join(target or inside)])) == Outside()
    assert resolve_file_id(["/".join(components)], DiscNames(["/".join(target or inside)])) == Outside()


@given(st.lists(_NAME, min_size=1, max_size=8))
def test_spelling_of_another_system_is_the_same_file(components: list[str]) -> None:
    path = "/".join(components)
    names = DiscNames([path])
    assert resolve_file_id(components, names) == path
    assert resolve_file_id([part.lower() for part in components], names) == path
    assert resolve_file_id(["\\".join(components)], names) == path
    assert resolve_file_id([*components[:-1], components[-1] + ";1"], names) == path
    assert resolve_file_id([*components[:-1], components[-1] + "."], names) == path
    assert resolve_file_id([*components[:-1], components[-1] + " "], names) == path


@pytest.mark.parametrize("on_disc", ["dicom/im1", "DICOM/IM1.dcm", "DICOM/IM1;1", "DICOM/IM1.", "Dicom/Im1.DCM;1"])
def test_file_is_found_under_what_the_disc_made_of_its_name(on_disc: str) -> None:
    assert resolve_file_id(["DICOM", "IM1"], DiscNames([on_disc])) == on_disc


def test_extension_in_the_index_only_is_no_hindrance() -> None:
    assert resolve_file_id(["DICOM", "IM1.DCM"], DiscNames(["dicom/im1"])) == "dicom/im1"


def test_exact_spelling_wins_over_a_like_one() -> None:
    names = DiscNames(["im1", "IM1", "IM1.dcm"])
    assert resolve_file_id(["IM1"], names) == "IM1"
    assert resolve_file_id(["im1"], names) == "im1"


def test_short_name_of_an_image_leads_to_the_long_one() -> None:
    names = DiscNames(["Series 1/Image number 1.dcm"], {"SERIES_1/IMAGE_NU.DCM": "Series 1/Image number 1.dcm"})
    assert resolve_file_id(["SERIES_1", "IMAGE_NU.DCM"], names) == "Series 1/Image number 1.dcm"


def test_index_in_a_folder_speaks_of_that_folder_first_and_of_the_root_next() -> None:
    names = DiscNames(["CD/A/1", "A/1", "A/2"])
    assert resolve_file_id(["A", "1"], names, "CD") == "CD/A/1"
    assert resolve_file_id(["A", "2"], names, "CD") == "A/2"
    assert resolve_file_id(["..", "A", "2"], names, "CD") == "A/2"
    assert resolve_file_id(["..", "..", "A", "2"], names, "CD") == Outside()


@pytest.mark.parametrize(
    "written", [["/etc/passwd"], ["C:", "WINDOWS"], ["C:\\WINDOWS"], ["\\\\host\\share"], ["A\x00"]]
)
def test_absolute_places_are_outside(written: list[str]) -> None:
    assert resolve_file_id(written, DiscNames(["A"])) == Outside()


def test_leading_slash_that_means_the_disc_itself_is_understood() -> None:
    assert resolve_file_id(["\\DICOM\\IM1"], DiscNames(["DICOM/IM1"])) == "DICOM/IM1"


def test_nothing_written_is_missing() -> None:
    assert resolve_file_id([], DiscNames(["A"])) == Missing()
    assert resolve_file_id(["", "."], DiscNames(["A"])) == Missing()


@given(st.text(max_size=40))
def test_shown_name_holds_nothing_that_could_move_the_cursor(name: str) -> None:
    text = shown(name)
    text.encode("utf-8")
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 or letter == "\u202e" for letter in text)


def test_undecodable_byte_is_spelt_out() -> None:
    assert shown(os.fsdecode(b"a\xff")) == "a\\xff"


@given(st.lists(st.text(max_size=12), unique=True))
def test_order_is_total_and_does_not_depend_on_the_start(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)
    assert sorted(names, key=path_key) == sorted(backwards, key=path_key)


def test_numbers_in_names_are_ordered_as_numbers() -> None:
    assert sorted(["IM10", "IM2", "IM1", "IM002"], key=natural_key) == ["IM1", "IM002", "IM2", "IM10"]
    assert sorted(["9" * 5000, "1" + "0" * 5000], key=natural_key) == ["9" * 5000, "1" + "0" * 5000]


@pytest.mark.parametrize(
    "name", ["../a", "a/../../b", "/a", "\\a", "C:a", "C:\\a", "a\x00.dcm", "a//b", "", "a" * 5000, "./a"]
)
def test_name_that_cannot_be_a_path_is_refused(name: str) -> None:
    assert refusal(name, deepest=8)


def test_plain_name_is_not_refused() -> None:
    assert refusal("DICOM/S1/IM1 (2).dcm", deepest=8) is None
    assert refusal("/".join("a" * 9), deepest=8)
