"""The languages of the pages: which one a reader gets, and the sentences in it."""

from collections.abc import Callable
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from starlette.requests import Request

_CATALOGUES = Path(__file__).parent / "locale"

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ar": "العربية",
    "ja": "日本語",
    "zh": "中文",
}
_RIGHT_TO_LEFT = frozenset({"ar"})
COOKIE = "undisc_language"


def direction(language: str) -> str:
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def language_of(request: Request, chosen: str = "") -> str:
    """What the person chose, or this browser did, or asks for; English where it asks for none of ours."""
    for tag in (chosen, request.cookies.get(COOKIE, "")):
        if tag in LANGUAGES:
            return tag
    return best_of(request.headers.get("accept-language", ""))


def best_of(accepted: str) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110 12.5.4)."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:400].split(",")):
        tag, _, weight = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in LANGUAGES:
            wishes.append((-_weight(weight), place, primary))
    return min(wishes)[2] if wishes else "en"


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


class _Sentences(NullTranslations):
    """A catalogue in memory; what it lacks stays English."""

    def __init__(self, sentences: dict[str, tuple[str, ...]], plural: Callable[[int], int]) -> None:
        super().__init__()
        self._sentences = sentences
        self._plural = plural

    def gettext(self, message: str) -> str:
        found = self._sentences.get(message)
        return found[0] if found else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        found = self._sentences.get(msgid1)
        if not found:
            return msgid1 if n == 1 else msgid2
        return found[min(self._plural(n), len(found) - 1)]


@cache
def sentences_in(language: str) -> NullTranslations:
    """The catalogue of a language, read once. English is what the templates themselves say."""
    path = _CATALOGUES / f"{language}.po"
    if language == "en" or not path.is_file():
        return NullTranslations()
    # Loaded here, since a server that only English readers use never needs it.
    from babel.messages.plurals import get_plural
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    sentences: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        given = message.string if isinstance(message.string, tuple | list) else (message.string,)
        texts = tuple(text for text in given if text)
        if message.id and not message.fuzzy and len(texts) == len(given):
            sentences[message.id[0] if isinstance(message.id, tuple | list) else message.id] = texts
    return _Sentences(sentences, _plural_of(get_plural(language).plural_expr))


def _plural_of(expression: str) -> Callable[[int], int]:
    from gettext import c2py  # type: ignore[attr-defined]

    return c2py(expression)
