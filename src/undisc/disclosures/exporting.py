"""The trail taken out: as a table, as DICOM audit messages, or as FHIR resources, one a line."""

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

from undisc.audit.entries import Entry
from undisc.disclosures import spreadsheet
from undisc.disclosures.audit_event import audit_event
from undisc.disclosures.audit_message import audit_message
from undisc.disclosures.events import events
from undisc.disclosures.model import Known


class Form(StrEnum):
    CSV = "csv"
    FHIR = "fhir"
    DICOM = "dicom"


MEDIA_TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.FHIR: "application/fhir+ndjson",
    Form.DICOM: "application/xml-seq",
}
ENDINGS = {Form.CSV: "csv", Form.FHIR: "ndjson", Form.DICOM: "xml-lines"}


def exported(
    found: Iterable[tuple[Entry, Known]], form: Form, source_id: str, site: str, say: spreadsheet.Say
) -> Iterator[bytes]:
    """Lines in UTF-8: for each entry one, or one for each patient it is about where the form is a standard's."""
    if form is Form.CSV:
        yield from (line.encode("utf-8", "replace") for line in spreadsheet.entries(found, say))
        return
    for entry, known in found:
        for event in events(entry, known):
            if form is Form.FHIR:
                yield json.dumps(audit_event(event, source_id, site), separators=(",", ":")).encode() + b"\n"
            else:
                yield audit_message(event, source_id, site) + b"\n"
