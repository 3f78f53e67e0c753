"""What the door's OpenAPI description says alike of many routes."""

from collections.abc import Iterable
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

_FRAMES = r"^[1-9][0-9]{0,8}(,[1-9][0-9]{0,8})*$"
_MULTIPART = "multipart/related"
_RENDERED = ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", _MULTIPART)
_KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("/metadata", "The DICOM JSON model, without bulk data.", ("application/dicom+json", "application/json")),
    ("/bulkdata", "The bytes of bulk data.", ("application/octet-stream", _MULTIPART)),
    ("/rendered", "Pictures as people see them.", _RENDERED),
    ("/thumbnail", "One small picture.", ("image/jpeg", "image/png", "image/webp", "image/gif")),
    ("/frames/{frames}", "The pixels of single frames.", (_MULTIPART, "application/octet-stream", "image/jphc")),
    ("/wado", "One instance or picture (WADO-URI).", ("application/dicom", "image/jpeg", "image/png")),
    ("", "Whole instances.", (_MULTIPART, "application/dicom")),
)
_RETRIEVED: dict[str, dict[str, Any]] = {str(status): said for status, said in REFUSALS.items()} | {
    "304": {"description": "What the client has is what is here."},
    "412": refusal("What is here is not what the client says it has."),
    "416": refusal("There are no such bytes."),
    "503": refusal("Too much is being asked for at this moment."),
}
_WADO_PARAMETERS = [
    _parameter(name, "WADO-URI, PS3.18 9.1.2.", type="string", example=example)
    for name, example in (
        ("requestType", "WADO"),
        ("studyUID", "1.2.3"),
        ("seriesUID", "1.2.3"),
        ("objectUID", "1.2.3"),
    )
]


def retrieval(path: str, names: Iterable[str]) -> dict[str, Any]:
    """The operation of retrieving from an address with these parameters in it."""
    _, summary, media_types = next(kind for kind in _KINDS if path.endswith(kind[0]))
    content = {media_type: {} for media_type in media_types}
    within = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": _FRAMES if name == "frames" else UID},
        }
        for name in names
    ]
    return {
        "summary": summary,
        "tags": ["retrieve"],
        "parameters": [*within, *(_WADO_PARAMETERS if path.endswith("/wado") else ())],
        "responses": {
            "200": {"description": summary, "content": content},
            "206": {"description": "A range of it.", "content": content},
            **_RETRIEVED,
        },
    }
