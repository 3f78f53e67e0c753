"""What the door's OpenAPI description says alike of many routes."""

from typing import Any

UID = r"^[0-9.]{1,64}$"
"""What a UID in an address looks like; whether it is one, no row will tell."""

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def refusal(description: str) -> dict[str, Any]:
    """A response that is a problem (RFC 9457)."""
    return {"description": description, "content": {"application/problem+json": {"schema": _PROBLEM}}}


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: refusal("The request cannot be understood."),
    401: refusal("No token, or none that is known."),
    403: refusal("The token, or the link, is not for that."),
    404: refusal("There is nothing here, or the link is closed."),
    406: refusal("None of the media types that were asked for can be given."),
}


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


SEARCH_PARAMETERS = [
    _parameter("limit", "Most results to give.", type="integer", minimum=0, maximum=999_999_999),
    _parameter("offset", "Results to pass over.", type="integer", minimum=0, maximum=999_999_999),
    _parameter("includefield", "Attributes to give besides: keywords, tags, or all.", type="string", example="all"),
    _parameter("fuzzymatching", "Find names by the beginnings of their words.", type="string", enum=["true", "false"]),
    _parameter("PatientName", "Matched without case; * and ? are wild.", type="string", maxLength=1024),
    _parameter("PatientID", "* and ? are wild.", type="string", maxLength=1024),
    _parameter("AccessionNumber", "* and ? are wild.", type="string", maxLength=1024),
    _parameter("StudyDate", "A date or a range: 20260101-20261231.", type="string", example="20260101-"),
    _parameter("StudyTime", "A time or a range: 0800-1200.", type="string", example="0800-1200"),
    _parameter("ModalitiesInStudy", "One, or several with commas between.", type="string", maxLength=1024),
    _parameter("StudyInstanceUID", "One, or several with commas between.", type="string", example="1.2.3"),
]
