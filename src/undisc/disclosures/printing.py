"""An accounting of disclosures on paper (45 CFR 164.528), tagged so that it can be read aloud (PDF/UA)."""

import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from undisc.disclosures.model import Accounting, Purpose
from undisc.disclosures.spreadsheet import Say, study_words

_TEMPLATES = Path(__file__).parent / "templates"


def accounting(account: Accounting, place: str, zone: ZoneInfo, say: Say, purposes: Callable[[Purpose], str]) -> bytes:
    """The PDF. zone: of the place, whose days are meant."""
    # Loaded here, since most commands print nothing and it takes a while.
    import typst

    data = {
        "place": place,
        "name": account.patient.name.replace("^", " ").strip(),
        "id": account.patient.key.patient_id,
        "birth_date": _day(account.patient.birth_date),
        "since": f"{account.since.astimezone(zone):%Y-%m-%d}",
        "made": f"{account.made_at.astimezone(zone):%Y-%m-%d %H:%M}",
        "zone": zone.key,
        "own": account.own,
        "rows": [
            {
                "date": f"{each.first_at.astimezone(zone):%Y-%m-%d %H:%M}",
                "recipient": each.recipient,
                "address": each.address,
                "what": "; ".join(study_words(study) for study in each.what),
                "how": "; ".join(dict.fromkeys(say(how) for how in each.how)),
                "times": each.times,
                "purpose": purposes(each.purpose) + (f": {each.reason}" if each.reason else ""),
            }
            for each in account.disclosures
        ],
    }
    made = typst.compile(
        str(_TEMPLATES / "accounting.typ"),
        root=str(_TEMPLATES),
        sys_inputs={"data": json.dumps(data)},
        pdf_standards="ua-1",
    )
    assert isinstance(made, bytes)
    return made


def _day(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) >= 8 else date
