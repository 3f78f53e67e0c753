"""A consent as it was signed, and the poster on the wall, as PDF."""

import io
import json
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from undisc.sharing.consent_form import HEIGHT, WIDTH, path_of
from undisc.sharing.consent_model import Consent
from undisc.sharing.consent_wording import birth_in, day_in, wording

_TEMPLATES = Path(__file__).parent / "templates"


def render_consent(consent: Consent, place_name: str, zone: tzinfo) -> bytes:
    """One page: the words that were signed, in their version and language, with the signature; tagged (PDF/UA).

    zone: where the place is. What became of it later stands apart, below.
    """
    form = consent.form
    words = wording(form.language, form.form_version)
    day = day_in(words.language, form.until, zone)
    paper = words.paper
    facts = (
        (paper["patient"], form.patient_name),
        (paper["born"], birth_in(words.language, form.birth_date)),
        (paper["accession"], form.accession),
        (paper["number"], form.whose.patient_id),
        (paper["email"], form.email),
        (paper["phone"], form.phone),
    )
    withdrawn = day_in(words.language, consent.withdrawn_at, zone)
    data = {
        "language": words.language,
        "place": place_name,
        "title": words.title,
        "asked": words.asked,
        "facts": [[label, text] for label, text in facts if text],
        "said": words.said_back(form, day),
        "statements": words.statements(form, day),
        "signed": paper["signed"],
        "signed_name": form.signed_name,
        "signed_as": words.signed_as[form.signed_as.value],
        "signed_at": f"{day_in(words.language, consent.signed_at, zone)}, {consent.signed_at.astimezone(zone):%H:%M}",
        "signature": _drawing(consent),
        "wording": paper["wording"].format(version=words.version, id=consent.id),
        "withdrawn": paper["withdrawn"].format(day=withdrawn) if withdrawn else "",
    }
    return _set("consent", data)


def render_poster(place_name: str, address: str, code: str, languages: Sequence[str]) -> bytes:
    """One page for the wall: the code to scan, and what it is for in each of the languages.

    address: of the place's page, without its code.
    """
    said = [(language, wording(language).poster) for language in languages]
    shown = address.partition("://")[2]
    blocks = [
        {
            "language": language,
            "title": poster["title"],
            "how": poster["how"],
            "code": poster["code"].split("{address}")[0],
            "between": poster["code"].split("{address}")[1].split("{code}")[0],
            "after": poster["code"].split("{code}")[1],
        }
        for language, poster in said
    ]
    data = {"place": place_name, "qr": qr(f"{address}#{code}"), "address": shown, "code": code, "blocks": blocks}
    return _set("poster", data)


def qr(address: str) -> str:
    """The address as an SVG picture to scan."""
    import segno

    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", border=4, xmldecl=False, omitsize=True)
    return drawn.getvalue().decode()


def _drawing(consent: Consent) -> str:
    """The signature as an SVG picture; "" where only the name was typed."""
    if not consent.form.signature:
        return ""
    pen = 'fill="none" stroke="#10202a" stroke-width="6" stroke-linecap="round" stroke-linejoin="round"'
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    path = path_of(consent.form.signature)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="{path}" {pen}/></svg>'


def _set(name: str, data: dict[str, Any]) -> bytes:
    # Loaded here, since most commands print nothing and it takes a while.
    import typst

    made = typst.compile(
        str(_TEMPLATES / f"{name}.typ"),
        root=str(_TEMPLATES),
        sys_inputs={"data": json.dumps(data)},
        pdf_standards="ua-1",
    )
    assert isinstance(made, bytes)
    return made
