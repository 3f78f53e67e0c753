"""The words that are signed. A version that was once in use stays as it is, in every language, for good.

What a consent says is set from its own version and language alone, so that it can always be shown as it was signed.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from undisc.sharing.consent_model import FORM_VERSION, Choice, ConsentForm, SignedAs

_TEXTS = Path(__file__).parent / "consent_texts"
LANGUAGES = ("en", "de", "es", "fr", "ar", "ja", "zh")


@dataclass(frozen=True, slots=True)
class Wording:
    """What is asked and said, in one language. email_images: what is agreed to with its own tick."""

    version: str
    language: str
    title: str
    asked: tuple[str, ...]
    email_risk: str
    email_images: str
    withdraw: str
    choice: dict[str, str]
    until: dict[str, str]
    signed_as: dict[str, str]
    ways: dict[str, str]
    sentence: dict[str, str]
    paper: dict[str, str]
    poster: dict[str, str]

    def said_back(self, form: ConsentForm, day: str) -> str:
        """The whole choice in one sentence. day: the form's last day as the language writes it, "" for none."""
        key = form.choice.value
        if form.choice is not Choice.NOBODY:
            key += "-day" if day else "-always"
        named = f" ({form.named})" if form.named else ""
        ways = self.ways["-".join(sorted(form.ways))] if form.ways else ""
        return self.sentence[key].format(name=form.patient_name, named=named, day=day, ways=ways)

    def statements(self, form: ConsentForm, day: str) -> list[str]:
        """What was agreed to, line by line, as it stood beside what was ticked."""
        lines = [self.choice[form.choice.value]]
        if form.choice is not Choice.NOBODY:
            lines.append(self.until["day"].format(day=day) if day else self.until["always"])
        if "email" in form.ways:
            lines.append(self.email_risk)
        if form.email_images:
            lines.append(self.email_images)
        return [*lines, self.withdraw]


@cache
def wording(language: str, version: str = FORM_VERSION) -> Wording:
    """The words of a version in a language; in English where there is none in that language.

    Raises KeyError for a version that never was.
    """
    if language not in LANGUAGES:
        language = "en"
    path = _TEXTS / version / f"{language}.toml"
    if not version.isalnum() or not path.is_file():
        raise KeyError(version)
    read: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    read["asked"] = tuple(read["asked"])
    assert {choice.value for choice in Choice} == set(read["choice"])
    assert {one.value for one in SignedAs} == set(read["signed_as"])
    return Wording(version=version, language=language, **read)


def day_in(language: str, moment: datetime | None, zone: tzinfo) -> str:
    """The day of a moment at the place, as the language writes it; "" for none."""
    # Loaded here, since most commands write no dates for people.
    from babel.dates import format_date

    return format_date(moment.astimezone(zone).date(), format="long", locale=language) if moment else ""


def birth_in(language: str, birth_date: str) -> str:
    """A date of birth (YYYYMMDD) as the language writes it; "" for what is none."""
    from babel.dates import format_date

    try:
        born = date(int(birth_date[:4]), int(birth_date[4:6]), int(birth_date[6:8]))
    except ValueError:
        return ""
    return format_date(born, format="long", locale=language)
