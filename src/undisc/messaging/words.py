"""The texts of every message, in every language. They say which place, and a link or a code; never who, what or why."""

from datetime import UTC, datetime, tzinfo
from importlib import import_module

from undisc.messaging.model import Letter, Way

LANGUAGES = ("en", "de", "es", "fr", "ar", "ja", "zh")


def link_letter(
    way: Way,
    address: str,
    language: str,
    place: str,
    url: str,
    until: datetime,
    *,
    contact: str | None = None,
    zone: tzinfo = UTC,
) -> Letter:
    """A patient's own link. contact: whom to ask, besides by an answer. zone: in which dates are told."""
    return _letter("link", way, address, language, place, contact, url=url, until=_day(until, language, zone))


def reminder_letter(
    way: Way,
    address: str,
    language: str,
    place: str,
    url: str,
    until: datetime,
    *,
    contact: str | None = None,
    zone: tzinfo = UTC,
) -> Letter:
    """The one reminder of a link that nobody opened."""
    return _letter("reminder", way, address, language, place, contact, url=url, until=_day(until, language, zone))


def code_letter(way: Way, address: str, language: str, place: str, code: str, *, contact: str | None = None) -> Letter:
    """A one-time code, with nothing by which it could be used elsewhere."""
    return _letter("code", way, address, language, place, contact, code=code)


def invitation_letter(
    way: Way,
    address: str,
    language: str,
    place: str,
    url: str,
    until: datetime,
    *,
    contact: str | None = None,
    zone: tzinfo = UTC,
) -> Letter:
    """To sign in for the first time, or again for somebody who lost their way of doing so."""
    return _letter("invitation", way, address, language, place, contact, url=url, until=_day(until, language, zone))


def opened_letter(
    way: Way,
    address: str,
    language: str,
    place: str,
    url: str,
    when: datetime,
    *,
    contact: str | None = None,
    zone: tzinfo = UTC,
) -> Letter:
    """That a link was opened for the first time. url: where its owner can stop it."""
    return _letter("opened", way, address, language, place, contact, url=url, when=_moment(when, language, zone))


def share_letter(
    way: Way,
    address: str,
    language: str,
    place: str,
    url: str,
    until: datetime,
    *,
    contact: str | None = None,
    zone: tzinfo = UTC,
) -> Letter:
    """To somebody with whom a patient shares. They never gave us their address, and are told so."""
    return _letter("share", way, address, language, place, contact, url=url, until=_day(until, language, zone))


def alert_letter(way: Way, address: str, language: str, place: str, url: str, *, contact: str | None = None) -> Letter:
    """To somebody who works here: that there is something to look at, and where; not what."""
    return _letter("alert", way, address, language, place, contact, url=url)


def sentences(language: str) -> dict[str, str]:
    """Those of a language ("de", "pt-BR"); English for one that there is none of."""
    primary = language.lower().partition("-")[0]
    known = primary if primary in LANGUAGES else "en"
    return import_module(f"undisc.messaging.sentences.{known}").SENTENCES


def _letter(kind: str, way: Way, address: str, language: str, place: str, contact: str | None, **values: str) -> Letter:
    said = sentences(language)
    given = {"place": place, "contact": contact or "", **values}
    if way is Way.TEXT:
        parts = [said[f"{kind}.text"]]
        if contact and kind not in ("code", "alert"):  # a code is read off the first line of a locked screen
            parts.append(said["foot.text"])
        return Letter(way, address, "", " ".join(part.format(**given) for part in parts))
    parts = [said[f"{kind}.email"]]
    if kind == "share":
        parts.append(said["foot.stranger"])
    elif kind != "alert":
        foot = [said["foot.email"], *([said["foot.contact"]] if contact else [])]
        parts.append("\n".join(foot))
    subject = " ".join(said[f"{kind}.subject"].format(**given).split())
    return Letter(way, address, subject, "\n\n".join(part.format(**given) for part in parts) + "\n")


def _day(moment: datetime, language: str, zone: tzinfo) -> str:
    from babel.dates import format_date  # loaded here, since most commands write no letter

    return format_date(moment.astimezone(zone), format="long", locale=_locale(language))


def _moment(moment: datetime, language: str, zone: tzinfo) -> str:
    from babel.dates import format_date, format_time

    there, locale = moment.astimezone(zone), _locale(language)
    return f"{format_date(there, format='long', locale=locale)}, {format_time(there, format='short', locale=locale)}"


def _locale(language: str) -> str:
    primary = language.lower().partition("-")[0]
    return primary if primary in LANGUAGES else "en"
