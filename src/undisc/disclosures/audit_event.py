"""An event as a FHIR R4 AuditEvent, in the shape of IHE's Basic Audit Log Patterns where one fits. No patient's name
and no instance is in it."""

from typing import Any

from undisc.disclosures.events import Code, Event

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_OWN = "urn:undisc:action"


def audit_event(event: Event, source_id: str, site: str) -> dict[str, Any]:
    """The resource as JSON's values. source_id: what names this archive. site: the place, as its operator calls it."""
    entry = event.entry
    kinds = [_coding(event.kind)] if event.kind else []
    told: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "type": _coding(event.event),
        "subtype": [*kinds, {"system": _OWN, "code": event.action_word}],
        "action": event.action,
        "recorded": entry.at.isoformat(timespec="milliseconds"),
        "outcome": event.outcome,
        "agent": [_agent(event), _itself(event, source_id)],
        "source": {
            "site": site,
            "observer": {"display": source_id},
            "type": [{"system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "4"}],
        },
        "entity": _entities(event),
    }
    if event.kind is not None and event.kind.value == "110127":
        reason = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "BTG"}
        told["purposeOfEvent"] = [{"coding": [reason], **({"text": event.reason} if event.reason else {})}]
    return told


def _agent(event: Event) -> dict[str, Any]:
    agent: dict[str, Any] = {
        "type": {"coding": [_coding(event.role)]},
        "who": {"identifier": {"system": "urn:undisc:actor", "value": event.entry.actor}, "display": event.name},
        "requestor": True,
    }
    if event.address:
        agent["network"] = {"address": event.address, "type": "2"}
    return agent


def _itself(event: Event, source_id: str) -> dict[str, Any]:
    role = Code("110153", "Source Role ID") if event.role.value == "110152" else Code("110152", "Destination Role ID")
    return {"type": {"coding": [_coding(role)]}, "who": {"display": source_id}, "requestor": False}


def _entities(event: Event) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if event.studies:
        key = event.studies[0].key
        number = {"value": key.patient_id, **({"assigner": {"display": key.issuer}} if key.issuer else {})}
        found.append({"what": {"identifier": number}, "type": _kind("1"), "role": {"system": _ROLE, "code": "1"}})
    for study in event.studies:
        uid = {"system": "urn:dicom:uid", "value": f"urn:oid:{study.uid}"}
        found.append({"what": {"identifier": uid}, "type": _kind("2"), "role": {"system": _ROLE, "code": "3"}})
    link = event.entry.subject.get("link")
    own = f"link:{link}" if link else f"entry:{event.entry.seq}"
    detail = [{"type": "entry", "valueString": str(event.entry.seq)}]
    detail += [{"type": "reason", "valueString": event.reason}] if event.reason else []
    what = {"identifier": {"system": "urn:undisc:subject", "value": own}}
    found.append({"what": what, "type": _kind("2"), "role": {"system": _ROLE, "code": "13"}, "detail": detail})
    return found


def _kind(code: str) -> dict[str, str]:
    return {"system": _ENTITY, "code": code}


def _coding(code: Code) -> dict[str, str]:
    return {"system": _DCM, "code": code.value, "display": code.meaning}
