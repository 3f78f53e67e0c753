"""Deleting over DICOMweb hides (see archive.retention): what went by mistake can be restored."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from starlette.responses import Response

from undisc.dicomweb import problems
from undisc.dicomweb.access import Asks, Granted
from undisc.dicomweb.description import REFUSALS, UID
from undisc.dicomweb.services import DicomwebServices
from undisc.sharing.model import Use

_REASON = "Deleted over DICOMweb."

Deleter = Annotated[Granted, Depends(Asks(Use.DELETE))]
Uid = Annotated[str, InPath(pattern=UID)]


def add_routes(router: APIRouter, services: DicomwebServices) -> None:
    described = {
        "status_code": 204,
        "response_class": Response,
        "tags": ["delete"],
        "responses": {status: said for status, said in REFUSALS.items() if status != 406},
    }

    @router.delete("/studies/{study}", summary="Reject a study.", **described)
    def study(granted: Deleter, study: Uid) -> Response:
        return _reject(services, granted, study)

    @router.delete("/studies/{study}/series/{series}", summary="Reject a series.", **described)
    def series(granted: Deleter, study: Uid, series: Uid) -> Response:
        return _reject(services, granted, study, series)

    @router.delete("/studies/{study}/series/{series}/instances/{instance}", summary="Reject an instance.", **described)
    def instance(granted: Deleter, study: Uid, series: Uid, instance: Uid) -> Response:
        return _reject(services, granted, study, series, instance)


def _reject(
    services: DicomwebServices, granted: Granted, study: str, series: str | None = None, instance: str | None = None
) -> Response:
    actor = granted.reach.actor
    if not services.archive.retention.reject(study, series, instance, actor=actor, reason=_REASON):
        raise problems.Refusal(problems.NOT_HERE)
    if services.reception is not None:
        services.reception.wake()
    return Response(status_code=204)
