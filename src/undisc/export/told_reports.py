"""A structured report or a clinical document as a PDF that any computer opens."""

import gzip
import json
from datetime import datetime
from typing import Any

from undisc.export.printing import typeset


def as_pdf(told: bytes) -> bytes | None:
    """told: what reports.service tells of an instance; None where that is no report that can be read."""
    report: dict[str, Any] = json.loads(gzip.decompress(told))
    if report.get("kind") != "report":
        return None
    return typeset(
        "report",
        {
            "title": report["title"] or "Report",
            "institution": report["institution"],
            "date": _day(report["date"]),
            "patient": {
                "name": _name(report["patient"].get("name", "")),
                "id": report["patient"].get("id", ""),
                "birth_date": _day(report["patient"].get("birth_date", "")),
            },
            "authors": [_name(author) for author in report["authors"]],
            "state": _state(report),
            "blocks": report["blocks"],
            "verifiers": [
                ", ".join(text for text in (_name(each["name"]), each["organization"], _day(each["at"])) if text)
                for each in report["verifiers"]
            ],
            "cut": report["cut"],
        },
    )


def _state(report: dict[str, Any]) -> str:
    said = {
        "verified": "This report was verified.",
        "unverified": "This report was not verified.",
    }.get(report["verification"], "")
    if report["preliminary"]:
        return f"{said} It is preliminary: a later version is to be expected.".strip()
    return f"{said} It is not complete.".strip() if report["completion"] == "partial" else said


def _name(said: str) -> str:
    """A person's name as DICOM writes it, as it is read out."""
    family, *others = said.partition("=")[0].split("^")
    return " ".join(part for part in (*others[:2], family) if part)


def _day(said: str) -> str:
    try:
        return f"{datetime.strptime(said[:8], '%Y%m%d'):%d %B %Y}"  # noqa: DTZ007
    except ValueError:
        return ""
