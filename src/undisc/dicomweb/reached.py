"""Stored instances and series as far as somebody reaches: what a link leaves out is not here for its holder."""

from undisc.archive.policy import REPORTS
from undisc.archive.retrieving import Held, SeriesHeld
from undisc.dicomweb.access import Granted
from undisc.dicomweb.services import DicomwebServices


def one(services: DicomwebServices, granted: Granted, study: str, series: str | None, instance: str) -> Held | None:
    held = services.archive.retrieving.one(study, series, instance)
    return held if held is not None and _is_given(granted, held) else None


def many(services: DicomwebServices, granted: Granted, study: str, series: str | None = None) -> list[Held]:
    return [held for held in services.archive.retrieving.many(study, series) if _is_given(granted, held)]


def series_of(services: DicomwebServices, granted: Granted, study: str) -> list[SeriesHeld]:
    found = services.archive.retrieving.series(study)
    return found if granted.reach.reports else [one for one in found if not services.archive.has_reports(one.id)]


def _is_given(granted: Granted, held: Held) -> bool:
    return granted.reach.reports or not held.sop_class.startswith(REPORTS)
