"""Pages speak each of the seven languages wholly: every sentence of theirs is there, with the same blanks to fill."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from undisc.web.languages import LANGUAGES, best_of, direction, sentences_in

_ROOT = Path(__file__).parents[3]
_SOURCES = _ROOT / "src" / "undisc"
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "Problem": (3,)}
_BLANK = re.compile(r"%\((\w+)\)[sd]|%s|%%")


@pytest.fixture(scope="module")
def wanted() -> set[str]:
    """The first form of every sentence that the pages mark."""
    found = extract_from_dir(_SOURCES, _METHODS, {"**/templates/**.html": {"trimmed": "true"}}, keywords=_KEYWORDS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def _catalogue(language: str) -> Catalog:
    with (_SOURCES / "web" / "locale" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def _id(message: Message) -> str:
    return message.id[0] if isinstance(message.id, list | tuple) else str(message.id)


def _texts(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string or ""]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_is_in_the_catalogue(language: str, wanted: set[str]) -> None:
    there = {_id(message): _texts(message) for message in _catalogue(language) if message.id and not message.fuzzy}
    missing = sorted(text for text in wanted if not there.get(text) or not all(there[text]))
    assert missing == [], f"run `make messages`, then put these into {language}.po"


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_sentences_have_the_same_blanks_to_fill(language: str) -> None:
    wrong = []
    for message in _catalogue(language):
        if not message.id:
            continue
        forms = message.id if isinstance(message.id, list | tuple) else (str(message.id),)
        may = set(_BLANK.findall(" ".join(forms)))
        for text in _texts(message):
            blanks = set(_BLANK.findall(text))
            # A form for one, or for two, may say the number in words.
            must = set() if len(forms) > 1 else may
            if not must <= blanks <= may or text.replace("%%", "").count("%") != len(
                re.findall(r"%\(\w+\)[sd]|%s", text)
            ):
                wrong.append(text)
    assert wrong == []


def test_the_language_a_browser_asks_for_most_is_taken() -> None:
    assert best_of("de-CH, en;q=0.8") == "de"
    assert best_of("pt, en;q=0.5, ar;q=0.7") == "ar"
    assert best_of("en;q=0.1, ja;q=nonsense, zh-Hant-TW") == "zh"
    assert best_of("") == best_of("tlh") == best_of(";;;,,,q=") == "en"


def test_arabic_reads_from_the_right() -> None:
    assert [language for language in LANGUAGES if direction(language) == "rtl"] == ["ar"]


def test_what_a_catalogue_lacks_stays_english() -> None:
    nothing = "This sentence is nowhere."
    assert all(sentences_in(language).gettext(nothing) == nothing for language in LANGUAGES)
    assert sentences_in("de").ngettext("%(num)s such", "%(num)s such ones", 2) == "%(num)s such ones"


def test_names_of_languages_are_in_themselves() -> None:
    assert LANGUAGES["de"] == "Deutsch"
    assert set(LANGUAGES) == {"en", "de", "es", "fr", "ar", "ja", "zh"}
