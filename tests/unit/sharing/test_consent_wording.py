"""Proves that what was signed never changes, in any language, and that all languages say the same things."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

import undisc.sharing
from undisc.sharing.consent_model import FORM_VERSION, Choice, SignedAs
from undisc.sharing.consent_wording import LANGUAGES, birth_in, day_in, wording

TEXTS = Path(undisc.sharing.__file__).parent / "consent_texts"

# A text that was once signed stays. Who wants other words adds a version.
AS_SIGNED = {
    "1/ar": "6bbc76f2926c2018",
    "1/de": "e54a5b6233ab99a2",
    "1/en": "e2210ef5bc3c4990",
    "1/es": "c8160b956549a298",
    "1/fr": "1694d5bcfaae3419",
    "1/ja": "1598e33598559f66",
    "1/zh": "0cdfdf65a6c6c8dc",
}


def test_no_version_that_was_ever_signed_was_changed() -> None:
    found = {
        f"{path.parent.name}/{path.stem}": hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(TEXTS.glob("*/*.toml"))
    }
    assert found == AS_SIGNED


def _shape(value: object) -> object:
    """What is said and with which blanks, whatever the words are."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_shape(inner) for inner in value]
    assert isinstance(value, str)
    assert value.strip()
    return sorted(name for _, name, _, _ in Formatter().parse(value) if name is not None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_with_the_same_blanks(language: str) -> None:
    here, english = wording(language), wording("en")
    for name in english.__slots__:
        if name not in ("version", "language"):
            assert _shape(getattr(here, name)) == _shape(getattr(english, name)), name
    assert set(here.choice) == {one.value for one in Choice}
    assert set(here.signed_as) == {one.value for one in SignedAs}


def test_days_are_written_as_the_language_does_at_the_place() -> None:
    assert day_in("de", datetime(2026, 12, 24, 22, tzinfo=UTC), UTC) == "24. Dezember 2026"
    assert day_in("de", None, UTC) == ""
    assert birth_in("ja", "19700101") == "1970年1月1日"
    assert birth_in("ja", "nonsense") == ""


def test_a_version_that_never_was_is_an_error_and_an_unknown_language_is_english() -> None:
    assert wording("xx", FORM_VERSION).language == "en"
    for version in ("2", "../1", ""):
        with pytest.raises(KeyError):
            wording("en", version)
