"""Instances that come as metadata and bulk data (application/dicom+json, PS3.18 10.5.1.2), put together at the end."""

import json
import threading
from pathlib import Path
from typing import Any

from undisc.dicom.assembling import Bulk, assemble
from undisc.dicom.multipart import MultipartMalformed
from undisc.dicomweb.store_upload import TOO_LARGE, Instances, NotTaken, Part, Taken, media_type
from undisc.intake.receiving import Delivery

MODEL = "application/dicom+json"
_MOST_METADATA = 16 << 20
_MOST_BULK = 512 << 20
"""Of one instance, since it is put together in memory."""
_MOST_INSTANCES = 10_000
_one_at_a_time = threading.Lock()


class Described:
    """Gathers parts; `end` makes files of them, and hands those over."""

    def __init__(self, delivery: Delivery, instances: Instances, taken: Taken) -> None:
        self._delivery = delivery
        self._instances = instances
        self._taken = taken
        self._texts: list[bytes] = []
        self._size = 0
        self._bulk: dict[str, tuple[str, Path]] = {}

    def why_not(self, headers: dict[str, str]) -> str:
        return ""

    def add(self, part: Part) -> None:
        kind, _ = media_type(part.headers.get("content-type", MODEL))
        if kind == MODEL or (kind == "application/json" and "content-location" not in part.headers):
            text = part.file.read_bytes() if part.file is not None else bytes(part.data)
            self._size += len(text)
            if self._size > _MOST_METADATA:
                raise MultipartMalformed("There are too many metadata for one request.")
            self._texts.append(text)
            return
        location = part.headers.get("content-location", "")
        if not location or location in self._bulk:
            raise MultipartMalformed("Bulk data have no address of their own.")
        path = part.file
        if path is None:
            path = self._delivery.place()
            path.write_bytes(part.data)
        self._bulk[location] = part.headers.get("content-type", "application/octet-stream"), path

    def end(self) -> None:
        with _one_at_a_time:
            models = [model for text in self._texts for model in _models(text)]
            if not models or len(models) > _MOST_INSTANCES:
                raise MultipartMalformed("The metadata tell of no instance, or of too many.")
            for model in models:
                self._make(model)
        self._instances.keep(last=True)

    def _make(self, model: dict[str, Any]) -> None:
        if sum(self._bulk[uri][1].stat().st_size for uri in _named(model) if uri in self._bulk) > _MOST_BULK:
            self._taken.not_taken.append(TOO_LARGE)
            return
        out = self._delivery.place()
        reason = assemble(model, self._bulk_at, out)
        if reason:
            out.unlink(missing_ok=True)
            self._taken.not_taken.append(NotTaken(reason))
            return
        self._instances.add(Part({}, b"", out))

    def _bulk_at(self, uri: str) -> Bulk | None:
        found = self._bulk.get(uri)
        if found is None:
            return None
        kind, parameters = media_type(found[0])
        return Bulk(kind, parameters.get("transfer-syntax", ""), found[1].read_bytes())


def _models(text: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise MultipartMalformed("The metadata are no JSON.") from None
    several = found if isinstance(found, list) else [found]
    if not all(isinstance(each, dict) for each in several):
        raise MultipartMalformed("The metadata are not the DICOM JSON model.")
    return several


def _named(model: dict[str, Any]) -> list[str]:
    """The addresses of bulk data at the top of a model; those further down are small."""
    elements = [element for element in model.values() if isinstance(element, dict)]
    return [uri for element in elements if isinstance(uri := element.get("BulkDataURI"), str)]
