"""Pages for people: one frame around all of them, in the reader's language and time, for who is signed in."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from undisc.accounts.people.model import Role, SignedIn
from undisc.web.languages import LANGUAGES, direction, language_of, sentences_in

_HERE = Path(__file__).parent

# Forms post to ourselves; everything else is as on the page of a link.
PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "frame-src 'self'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)


class Frame:
    """Renders templates; they escape whatever is put into them, and a value that is missing is an error."""

    def __init__(self, place_name: str, time_zone: str, scripts: Mapping[str, str]) -> None:
        """scripts: the address of each script that the front-end build left for the pages, by its name."""
        self._place_name = place_name
        self._zone = ZoneInfo(time_zone)
        self._scripts = scripts
        self._environments: dict[str, Environment] = {}

    def render(
        self, request: Request, template: str, me: SignedIn | None = None, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page. template: a file below templates/. scripts=("name", …): scripts of viewer/src/pages it needs.

        Templates have, besides what is given: _ and ngettext, place_name, me, roles (words), form_token, language,
        languages, dir, path, script(name), and the filters day, moment and clock.
        """
        language = language_of(request, me.person.language if me else "")
        environment = self._environment(language)
        given: dict[str, Any] = {
            "me": me,
            "roles": {role.value for role in me.person.roles} if me else set(),
            "form_token": me.form_token if me else "",
            "path": request.url.path,
            "scripts": (),
            "said": "",
            "wrong": "",
        }
        html = environment.get_template(template).render(given | values)
        headers = {"Content-Security-Policy": PAGE_POLICY, "Vary": "Accept-Language, Cookie"}
        return HTMLResponse(html, status, headers=headers)

    def sentence(self, request: Request, me: SignedIn | None, text: str, **values: Any) -> str:
        """A sentence in the reader's language: for what a route itself has to say. Mark it N_ for the catalogues."""
        said = sentences_in(language_of(request, me.person.language if me else "")).gettext(text)
        return said % values if values else said

    def day(self, request: Request, me: SignedIn | None, value: datetime) -> str:
        """The day of a moment at the place, in the reader's language."""
        return _formatted(value, self._zone, language_of(request, me.person.language if me else ""), "day")

    def _environment(self, language: str) -> Environment:
        found = self._environments.get(language)
        if found is not None:
            return found
        made = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.install_gettext_translations(sentences_in(language), newstyle=True)  # type: ignore[attr-defined]
        made.globals.update(
            place_name=self._place_name,
            language=language,
            languages=LANGUAGES,
            dir=direction(language),
            Role=Role,
            script=self._scripts.get,
        )
        made.filters["day"] = lambda value: _formatted(value, self._zone, language, "day")
        made.filters["moment"] = lambda value: _formatted(value, self._zone, language, "moment")
        made.filters["clock"] = lambda value: _formatted(value, self._zone, language, "clock")
        self._environments[language] = made
        return made


def N_(text: str) -> str:  # noqa: N802
    """Marks a sentence for the catalogues where it is written; it is put into a language where it is shown."""
    return text


def _formatted(value: datetime | str | None, zone: ZoneInfo, language: str, kind: str) -> str:
    """A moment in the place's time zone, or a DICOM date (DA, PS3.5 6.2), as the language writes it; "" for none."""
    from babel.dates import format_date, format_datetime, format_time

    if value is None or value == "":
        return ""
    if isinstance(value, str):
        try:
            value = datetime.strptime(value[:8], "%Y%m%d")  # noqa: DTZ007
        except ValueError:
            return ""
        return format_date(value, format="long", locale=language)
    there = value.astimezone(zone)
    if kind == "day":
        return format_date(there, format="long", locale=language)
    if kind == "clock":
        return format_time(there, format="short", locale=language)
    return format_datetime(there, format="medium", locale=language)
