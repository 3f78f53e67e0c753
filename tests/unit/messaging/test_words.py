"""Letters say the same in every language, and nothing of whom they are about."""

import string
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from undisc.messaging import words
from undisc.messaging.model import Letter, Way

_URL = "https://pictures.example/s/AbCdEf#c2VjcmV0"
_UNTIL = datetime(2026, 12, 24, 23, 30, tzinfo=UTC)
_EVERYWHERE = pytest.mark.parametrize("language", words.LANGUAGES)


def _marks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@_EVERYWHERE
def test_every_sentence_is_there_in_every_language_with_the_same_places_to_fill(language: str) -> None:
    english, other = words.sentences("en"), words.sentences(language)
    assert other.keys() == english.keys()
    for key, text in english.items():
        assert _marks(other[key]) == _marks(text), key
        assert language == "en" or other[key] != text, key


@_EVERYWHERE
@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("write", [words.link_letter, words.reminder_letter, words.share_letter])
def test_a_letter_with_a_link_says_the_place_the_link_and_until_when(
    language: str, way: Way, write: Callable[..., Letter]
) -> None:
    letter: Letter = write(way, "a@b.example", language, "Riverside Imaging", _URL, _UNTIL)
    assert letter.text.count(_URL) == 1
    assert "Riverside Imaging" in letter.text
    assert "24" in letter.text or "٢٤" in letter.text
    assert (letter.subject == "") == (way is Way.TEXT)
    assert "\n" not in letter.subject
    assert "{" not in letter.text + letter.subject


@_EVERYWHERE
@pytest.mark.parametrize("way", Way)
def test_a_code_comes_first_and_says_never_to_pass_it_on(language: str, way: Way) -> None:
    letter = words.code_letter(way, "a@b.example", language, "Riverside Imaging", "042317", contact="Call 555 0100")
    assert "042317" in letter.text[:80]
    assert "10" in letter.text
    assert "http" not in letter.text
    never = {"en": "Never pass it on", "de": "niemals weiter", "es": "nunca a nadie", "fr": "jamais à personne"}
    never |= {"ar": "لا تعطه لأحد", "ja": "決して教えない", "zh": "切勿告诉任何人"}
    assert never[language] in letter.text


@_EVERYWHERE
def test_whoever_gave_us_an_address_is_told_why_they_are_written_to_and_how_to_stop_it(language: str) -> None:
    letter = words.link_letter(Way.EMAIL, "a@b.c", language, "Riverside", _URL, _UNTIL, contact="Call 555 0100")
    foot = words.sentences(language)["foot.email"].format(place="Riverside")
    assert foot in letter.text
    assert "555 0100" in letter.text
    text = words.link_letter(Way.TEXT, "+15550100", language, "Riverside", _URL, _UNTIL, contact="555 0100")
    assert text.text.endswith("555 0100")


def test_a_text_fits_into_three_parts_of_a_text_message() -> None:
    for language in words.LANGUAGES:
        letter = words.link_letter(Way.TEXT, "+15550100", language, "Riverside Imaging", _URL, _UNTIL)
        wide = not all(ord(character) < 128 or character in "äöüßÄÖÜéèàùñ¿¡" for character in letter.text)
        assert len(letter.text) <= 3 * (67 if wide else 153), language


def test_dates_are_those_of_the_places_own_calendar_day() -> None:
    there = ZoneInfo("Asia/Tokyo")
    letter = words.link_letter(Way.EMAIL, "a@b.c", "ja", "川辺画像", _URL, _UNTIL, zone=there)
    assert "2026年12月25日" in letter.text
    opened = words.opened_letter(Way.EMAIL, "a@b.c", "de", "Uferpraxis", _URL, _UNTIL, zone=ZoneInfo("Europe/Berlin"))
    assert "25. Dezember 2026, 00:30" in opened.text


def test_an_unknown_language_is_written_to_in_english() -> None:
    assert "ready" in words.link_letter(Way.EMAIL, "a@b.c", "tlh", "Riverside", _URL, _UNTIL).text
    assert "fertig" in words.link_letter(Way.EMAIL, "a@b.c", "de-AT", "Riverside", _URL, _UNTIL).text


def test_a_places_name_cannot_add_a_line_to_a_subject_or_a_mark_to_a_text() -> None:
    letter = words.link_letter(Way.EMAIL, "a@b.c", "en", "River\r\nBcc: x {url}", _URL, _UNTIL)
    assert letter.subject == "Your pictures from River Bcc: x {url}"
    assert letter.text.count(_URL) == 1
