"""The study manifest: all that a page needs to show the first picture, in one answer."""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from undisc.sharing.model import Link
from undisc.sharing.pictures import Pictures


def study_manifest(
    link: Link, sender: str, pictures: Pictures, *, with_first: bool, mine: bool = False
) -> tuple[bytes, int | None]:
    """The manifest as JSON, studies newest first, and the series whose first picture is inside, if any is.

    mine: whether the patient looks, who may share what they see.
    """
    said: dict[str, Any] = {
        "from": sender,
        "until": moment(link.expires_at),
        "may_download": link.may_download,
        "may_annotate": link.may_annotate,
    }
    if mine:
        said["mine"] = True
    return manifest_of(said, sorted(link.studies), pictures, with_first=with_first, reports=link.with_report)


def manifest_of(
    said: Mapping[str, Any],
    study_ids: Sequence[int],
    pictures: Pictures,
    *,
    with_first: bool,
    reports: bool = True,
) -> tuple[bytes, int | None]:
    """The same for studies that no link leads to. said: who gives them, until when, and what may be done with them."""
    studies = pictures.study_summaries(study_ids, reports=reports)
    manifest: dict[str, Any] = {
        **said,
        "patient": pictures.patient_of(studies[0]["id"]) if studies else None,
        "studies": studies,
    }
    if not with_first:
        return _json(manifest), None
    for study in studies:
        first = pictures.first_picture(study["id"])
        packed = pictures.series_manifest(first[0]) if first else None
        if first is not None and packed is not None:
            series, index, preview = first
            data = "data:image/webp;base64," + base64.b64encode(preview).decode()
            manifest["first"] = {"series": series, "index": index, "preview": data}
            # The series manifest exists as bytes: spliced in, not parsed, so that a thousand frames cost nothing.
            return _json(manifest)[:-1] + b',"series":' + gzip.decompress(packed) + b"}", series
    return _json(manifest | {"first": None, "series": None}), None


def moment(at: datetime) -> str:
    """A time in UTC to the second, as JSON carries it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
