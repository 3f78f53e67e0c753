"""An event as a DICOM audit message (PS3.15 A.5.1). No patient's name and no instance is in it."""

import base64
from xml.etree.ElementTree import Element, SubElement, tostring

from undisc.accounts.people.model import PatientKey
from undisc.disclosures.events import Code, Event

_PERSON_NAME, _MACHINE = "Undisc", "2"  # NetworkAccessPointTypeCode: an IP address


def audit_message(event: Event, source_id: str, site: str) -> bytes:
    """XML in UTF-8. source_id: what names this archive. site: the place, as its operator calls it."""
    root = Element("AuditMessage")
    at = event.entry.at.isoformat(timespec="milliseconds")
    said = {"EventActionCode": event.action, "EventDateTime": at, "EventOutcomeIndicator": event.outcome}
    identification = SubElement(root, "EventIdentification", said)
    _coded(identification, "EventID", event.event)
    if event.kind:
        _coded(identification, "EventTypeCode", event.kind)
    _coded(identification, "EventTypeCode", Code(event.action_word, event.action_word), _PERSON_NAME)
    _participants(root, event, source_id)
    source = SubElement(root, "AuditSourceIdentification", {"AuditEnterpriseSiteID": site, "AuditSourceID": source_id})
    # 4: an application server process (PS3.15 A.5.2.3).
    SubElement(source, "AuditSourceTypeCode", {"csd-code": "4"})
    for study in event.studies:
        # A report (3) that is a system object (2): as A.5.3 tells of studies.
        about = _object(root, study.uid, "2", "3")
        _coded(about, "ParticipantObjectIDTypeCode", Code("110180", "Study Instance UID"))
        SubElement(about, "ParticipantObjectName").text = ""
    if event.studies:
        about = _object(root, _identifier(event.studies[0].key), "1", "1")
        _coded(about, "ParticipantObjectIDTypeCode", Code("2", "Patient Number"), "RFC-3881")
        SubElement(about, "ParticipantObjectName").text = ""
        _detail(about, "reason", event.reason)
    link = event.entry.subject.get("link")
    if link or not event.studies:
        # A security resource (13) that is a system object (2); what else there is to say hangs on it.
        about = _object(root, f"link:{link}" if link else f"entry:{event.entry.seq}", "2", "13")
        _coded(about, "ParticipantObjectIDTypeCode", Code("12", "URI"), "RFC-3881")
        SubElement(about, "ParticipantObjectName").text = ""
        _detail(about, "entry", str(event.entry.seq))
        if not event.studies:
            _detail(about, "reason", event.reason)
    return b'<?xml version="1.0" encoding="UTF-8"?>' + tostring(root, encoding="utf-8")


def _participants(root: Element, event: Event, source_id: str) -> None:
    said = {"UserID": event.entry.actor, "UserName": event.name, "UserIsRequestor": "true"}
    if event.address:
        said |= {"NetworkAccessPointID": event.address, "NetworkAccessPointTypeCode": _MACHINE}
    _coded(SubElement(root, "ActiveParticipant", said), "RoleIDCode", event.role)
    other = Code("110153", "Source Role ID") if event.role.value == "110152" else Code("110152", "Destination Role ID")
    itself = {"UserID": source_id, "UserName": _PERSON_NAME, "UserIsRequestor": "false"}
    _coded(SubElement(root, "ActiveParticipant", itself), "RoleIDCode", other)


def _object(root: Element, identifier: str, kind: str, role: str) -> Element:
    said = {
        "ParticipantObjectID": identifier,
        "ParticipantObjectTypeCode": kind,
        "ParticipantObjectTypeCodeRole": role,
    }
    return SubElement(root, "ParticipantObjectIdentification", said)


def _identifier(key: PatientKey) -> str:
    """As HL7 writes a patient's number with whoever gave it (CX)."""
    return f"{key.patient_id}^^^{key.issuer}" if key.issuer else key.patient_id


def _coded(parent: Element, name: str, code: Code, system: str = "DCM") -> None:
    SubElement(parent, name, {"csd-code": code.value, "codeSystemName": system, "originalText": code.meaning})


def _detail(parent: Element, kind: str, text: str) -> None:
    if text:
        value = base64.b64encode(text.encode()).decode()
        SubElement(parent, "ParticipantObjectDetail", {"type": kind, "value": value})
