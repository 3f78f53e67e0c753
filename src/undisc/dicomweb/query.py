"""Searching (QIDO-RS, PS3.18 10.6)."""

import gzip
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from undisc.archive.search_model import FIELDS, Answer, AnyOf, Level, Question
from undisc.dicom.uid import SeriesUID, StudyUID
from undisc.dicomweb import problems, query_answer
from undisc.dicomweb.access import Asks, Granted
from undisc.dicomweb.description import REFUSALS, SEARCH_PARAMETERS, UID
from undisc.dicomweb.media_types import NotAcceptable, Offer, accepted, negotiate
from undisc.dicomweb.query_answer import Place, extra_tags
from undisc.dicomweb.query_parameters import Asked, Unreadable, read_query
from undisc.dicomweb.services import DicomwebServices
from undisc.sharing.model import Use

_OFFERS = (Offer("application/dicom+json"), Offer("application/json"))
_LONGEST_QUERY = 1 << 20
_WORTH_PACKING = 2048
# Attributes that stand in no row are read from what was derived of whole series: of so many for one answer.
_MOST_DESCRIBED = 50

Searcher = Annotated[Granted, Depends(Asks(Use.VIEW))]
Uid = Annotated[str, Path(pattern=UID)]


def add_routes(router: APIRouter, services: DicomwebServices) -> None:
    """Add the routes to the door's router."""
    described: dict[str, Any] = {
        "responses": {
            200: {
                "description": "What was found: an array of DICOM JSON models.",
                "content": {
                    offer.type: {"schema": {"type": "array", "items": {"type": "object"}}} for offer in _OFFERS
                },
            },
            **REFUSALS,
        },
        "openapi_extra": {"parameters": SEARCH_PARAMETERS},
        "response_class": Response,
        "tags": ["search"],
    }

    @router.get("/studies", **described)
    def studies(request: Request, granted: Searcher) -> Response:
        return _search(services, request, granted, Level.STUDY)

    @router.get("/series", **described)
    def series(request: Request, granted: Searcher) -> Response:
        return _search(services, request, granted, Level.SERIES)

    @router.get("/instances", **described)
    def instances(request: Request, granted: Searcher) -> Response:
        return _search(services, request, granted, Level.INSTANCE)

    @router.get("/studies/{study}/series", **described)
    def series_of_study(request: Request, granted: Searcher, study: Uid) -> Response:
        return _search(services, request, granted, Level.SERIES, study=study)

    @router.get("/studies/{study}/instances", **described)
    def instances_of_study(request: Request, granted: Searcher, study: Uid) -> Response:
        return _search(services, request, granted, Level.INSTANCE, study=study)

    @router.get("/studies/{study}/series/{series}/instances", **described)
    def instances_of_series(request: Request, granted: Searcher, study: Uid, series: Uid) -> Response:
        return _search(services, request, granted, Level.INSTANCE, study=study, series=series)


def _search(
    services: DicomwebServices,
    request: Request,
    granted: Granted,
    level: Level,
    *,
    study: str | None = None,
    series: str | None = None,
) -> Response:
    asked = _read(request, level)
    choice = negotiate(accepted(request.headers.get("accept"), asked.accepts), _OFFERS)
    if isinstance(choice, NotAcceptable):
        raise problems.Refusal(problems.NOT_ACCEPTABLE)
    fixed = [
        (FIELDS[tag], AnyOf((uid,))) for tag, uid in (("0020000D", study), ("0020000E", series)) if uid is not None
    ]
    cut = asked.limit is None or asked.limit > services.most_results
    most = services.most_results if asked.limit is None or cut else asked.limit
    place = Place(level, granted.base, in_study=study is not None, in_series=series is not None)
    question = Question(
        level=level,
        conditions=(*asked.conditions, *fixed),
        studies=granted.reach.studies,
        reports=granted.reach.reports,
        most=most,
        offset=asked.offset,
        count=place.counted,
    )
    answer = services.archive.search.ask(question)
    warnings = asked.warnings
    if cut and answer.more:
        warnings = [*warnings, "There are more results, which can be asked for with an offset."]
    # What a study is told by beyond its rows is read from its first series, which may be one that is left out.
    whole = granted.reach.reports or level is not Level.STUDY
    extras = _extras(services, answer, asked, place, warnings) if whole else None
    body = query_answer.write(answer, asked, place, extras)
    return _respond(request, body, choice.offer.type, [f"299 {granted.base}: {text}" for text in warnings])


def _read(request: Request, level: Level) -> Asked:
    text: bytes = request.scope["query_string"]
    if len(text) > _LONGEST_QUERY:
        raise problems.Refusal(problems.BAD_REQUEST, "The search is too long.")
    try:
        return read_query(text, level)
    except Unreadable as error:
        raise problems.Refusal(problems.BAD_REQUEST, str(error)) from None


def _extras(
    services: DicomwebServices, answer: Answer, asked: Asked, place: Place, warnings: list[str]
) -> Callable[[Any], Mapping[str, Any] | None] | None:
    """A way from a row to its whole data set, where attributes were asked for that stand in no row."""
    if not extra_tags(asked, place) and not (asked.everything and place.level is Level.INSTANCE):
        return None
    search = services.archive.search
    rows = answer.rows
    if place.level is Level.STUDY:
        series_of = search.first_series([row.id for row in rows[:_MOST_DESCRIBED]])
        names = {row.id: (row.study_uid, series_of[row.id]) for row in rows if row.id in series_of}
    else:
        names = {
            series.id: (answer.studies[series.study_id].study_uid, series.series_uid)
            for series in list(answer.series.values())[:_MOST_DESCRIBED]
        }
    if len(answer.studies if place.level is Level.STUDY else answer.series) > _MOST_DESCRIBED:
        warnings.append("Some attributes are given for the first results alone; ask for fewer at a time.")
    kept: dict[int, dict[str, dict[str, Any]]] = {}

    def model_of(row: Any) -> Mapping[str, Any] | None:
        key = row.series_id if place.level is Level.INSTANCE else row.id
        if key not in names:
            return None
        if key not in kept:
            if place.level is not Level.INSTANCE:
                kept.clear()
            study, series = names[key]
            kept[key] = search.described(StudyUID(study), SeriesUID(series))
        models = kept[key]
        return models.get(row.sop_uid) if place.level is Level.INSTANCE else next(iter(models.values()), None)

    return model_of


def _respond(request: Request, body: bytes, media_type: str, warnings: list[str]) -> Response:
    headers = {"Vary": "Accept, Accept-Encoding"}
    offers = [offer.split(";")[0].strip().lower() for offer in request.headers.get("accept-encoding", "").split(",")]
    if len(body) > _WORTH_PACKING and "gzip" in offers:
        body = gzip.compress(body, 1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    response = Response(body, media_type=media_type, headers=headers)
    for warning in warnings:
        response.headers.append("Warning", warning)
    return response
