"""What a SMART Health Link gives: a FHIR R4 Bundle of the patient, the studies and their reports."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_CONNECTIONS = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
_GENDERS = {"M": "male", "F": "female", "O": "other"}
_SPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")  # names that are OIDs (RFC 4122 Appendix C)


@dataclass(frozen=True, slots=True)
class Series:
    uid: str
    modality: str
    number: int | None
    description: str
    instances: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report as a PDF. name: of the instance that carries it."""

    uid: str
    title: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Study:
    """date as DICOM writes it (DA, PS3.5 6.2). The time is left out: FHIR wants its zone, which headers seldom tell."""

    uid: str
    date: str
    description: str
    accession: str
    institution: str
    series: tuple[Series, ...]
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Whose:
    name: str
    patient_id: str
    issuer: str
    birth_date: str
    sex: str


@dataclass(frozen=True, slots=True)
class Access:
    """Where a program gets the pictures by DICOMweb, and what it shows there."""

    address: str
    token: str
    ends_at: datetime


def bundle(whose: Whose, studies: Sequence[Study], access: Access, made_at: datetime) -> dict[str, Any]:
    """The Bundle as JSON's values. Every resource is named by what it tells of, so that the same is the same again."""
    patient, endpoint = _named(f"patient {whose.issuer} {whose.patient_id}"), _named(f"endpoint {access.address}")
    entries = [_entry(patient, _patient(whose)), _entry(endpoint, _endpoint(access))]
    for study in studies:
        pictures = _named(study.uid)
        entries.append(_entry(pictures, _imaging_study(study, patient, endpoint)))
        entries += [_entry(_named(report.uid), _report(report, study, patient, pictures)) for report in study.reports]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": made_at.isoformat(timespec="seconds"),
        "entry": entries,
    }


def access_file(access: Access, now: datetime) -> dict[str, Any]:
    """A SMART access token response with the address that it is for (application/smart-api-access)."""
    return {
        "aud": access.address,
        "access_token": access.token,
        "token_type": "Bearer",
        "expires_in": max(0, int((access.ends_at - now).total_seconds())),
        "scope": "patient/ImagingStudy.rs",
        "query": ["studies"],
    }


def _named(text: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_SPACE, text)}"


def _entry(url: str, resource: Mapping[str, Any]) -> dict[str, Any]:
    return {"fullUrl": url, "resource": {key: value for key, value in resource.items() if value not in ("", [], None)}}


def _patient(whose: Whose) -> dict[str, Any]:
    family, _, given = whose.name.partition("^")
    words = [word for word in given.replace("^", " ").split() if word]
    name = {"text": whose.name.replace("^", " ").strip(), "family": family.strip(), "given": words}
    number: dict[str, Any] = {"value": whose.patient_id}
    if whose.issuer:
        number["assigner"] = {"display": whose.issuer}
    return {
        "resourceType": "Patient",
        "identifier": [number] if whose.patient_id else [],
        "name": [{key: value for key, value in name.items() if value}] if name["text"] else [],
        "gender": _GENDERS.get(whose.sex, "unknown"),
        "birthDate": _day(whose.birth_date),
    }


def _endpoint(access: Access) -> dict[str, Any]:
    return {
        "resourceType": "Endpoint",
        "status": "active",
        "connectionType": {"system": _CONNECTIONS, "code": "dicom-wado-rs"},
        "payloadType": [{"text": "DICOM"}],
        "payloadMimeType": ["application/dicom"],
        "period": {"end": access.ends_at.isoformat(timespec="seconds")},
        "address": access.address,
        "header": [f"Authorization: Bearer {access.token}"],
    }


def _imaging_study(study: Study, patient: str, endpoint: str) -> dict[str, Any]:
    kinds = sorted({each.modality for each in study.series if each.modality})
    identifiers: list[dict[str, Any]] = [{"system": "urn:dicom:uid", "value": f"urn:oid:{study.uid}"}]
    if study.accession:
        kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
        identifiers.append({"type": kind, "value": study.accession})
    return {
        "resourceType": "ImagingStudy",
        "identifier": identifiers,
        "status": "available",
        "modality": [{"system": _DCM, "code": kind} for kind in kinds],
        "subject": {"reference": patient},
        "started": _day(study.date),
        "endpoint": [{"reference": endpoint}],
        "numberOfSeries": len(study.series),
        "numberOfInstances": sum(each.instances for each in study.series),
        "description": study.description,
        "location": {"display": study.institution} if study.institution else None,
        "series": [_series(each) for each in study.series],
    }


def _series(series: Series) -> dict[str, Any]:
    told = {
        "uid": series.uid,
        "number": series.number if series.number is not None and 0 <= series.number < 2**31 else None,
        "modality": {"system": _DCM, "code": series.modality or "OT"},
        "description": series.description,
        "numberOfInstances": series.instances,
    }
    return {key: value for key, value in told.items() if value not in ("", None)}


def _report(report: Report, study: Study, patient: str, pictures: str) -> dict[str, Any]:
    title = report.title or "Report"
    attachment = {"contentType": "application/pdf", "data": base64.b64encode(report.pdf).decode(), "title": title}
    return {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "18748-4"}], "text": title},
        "subject": {"reference": patient},
        "effectiveDateTime": _day(study.date),
        "imagingStudy": [{"reference": pictures}],
        "presentedForm": [attachment],
    }


def _day(date: str) -> str:
    """A FHIR date; "" for what is none."""
    try:
        return datetime.strptime(date[:8], "%Y%m%d").strftime("%Y-%m-%d")  # noqa: DTZ007
    except ValueError:
        return ""
