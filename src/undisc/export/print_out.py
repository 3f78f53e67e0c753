"""The page that a patient takes home after the scan, as PDF that can be read aloud (PDF/UA)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

from undisc.export.print_out_words import WORDS
from undisc.export.printing import qr, typeset

Paper = Literal["a4", "us-letter"]
_STEPS = ("step1", "step2", "step3", "step4")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One patient's page. passcode: on a strip to tear off, where the patient chose that; "" for a page by which
    nobody else can open the link."""

    url: str
    until: datetime
    language: str
    passcode: str = ""


def render_print_out(
    place: str,
    contact: str | None,
    url: str,
    until: datetime,
    language: str,
    paper: Paper = "a4",
    *,
    passcode: str = "",
    zone: tzinfo = UTC,
    machine_fonts: bool = True,
) -> bytes:
    """One page with the link as a QR code of 35 mm and as an address to type, what to do with it in four steps, how to
    stop sharing, and whom to ask. contact: None for the place itself. zone: the place's, in which days are told."""
    return render_print_outs(
        place, contact, [Sheet(url, until, language, passcode)], paper, zone=zone, machine_fonts=machine_fonts
    )


def render_print_outs(
    place: str,
    contact: str | None,
    sheets: Sequence[Sheet],
    paper: Paper = "a4",
    *,
    zone: tzinfo = UTC,
    machine_fonts: bool = True,
) -> bytes:
    """As `render_print_out`, a page each. Where no font on this machine has a language's letters all are English;
    where none has those of the place's name, they are boxes, and nothing is held against PDF/UA."""
    import typst  # loaded here, since most commands print nothing

    def data(in_english: bool) -> dict[str, Any]:
        told = [_told(sheet, place, contact, "en" if in_english else _tongue(sheet.language), zone) for sheet in sheets]
        return {"paper": paper, "place": place, "sheets": told}

    for in_english in (False, True):
        try:
            return typeset("print_out", data(in_english), standard="ua-1", machine_fonts=machine_fonts)
        except typst.TypstError as error:
            if "could not be displayed" not in str(error):
                raise
    return typeset("print_out", data(True), machine_fonts=machine_fonts)


def _tongue(language: str) -> str:
    primary = language.lower().partition("-")[0]
    return primary if primary in WORDS else "en"


def _told(sheet: Sheet, place: str, contact: str | None, language: str, zone: tzinfo) -> dict[str, Any]:
    from babel.dates import format_date

    said = WORDS[language]
    day = format_date(sheet.until.astimezone(zone), format="long", locale=language)
    return {
        "language": language,
        "title": said["title"],
        "qr": qr(sheet.url, quiet_zone=0),
        "qr_alt": said["qr_alt"],
        "url": sheet.url,
        "address_words": said["address"],
        "address": list(_pieces(sheet.url)),
        "until": said["until"].replace("{until}", day),
        "steps": [said[step] for step in _STEPS],
        "stop_title": said["stop_title"],
        "stop": said["stop"],
        "questions": said["questions"],
        "contact": contact or said["ask"].replace("{place}", place),
        "keep": said["keep"],
        "tear_off": said["tear_off"],
        "passcode_word": said["passcode"],
        "passcode": sheet.passcode,
    }


def _pieces(url: str) -> Iterator[str]:
    """The address without its scheme, in pieces between which a line may end."""
    yield from re.findall(r"[^/#]+|[/#][^/#]{0,11}|[^/#]{1,11}", url.removeprefix("https://"))
