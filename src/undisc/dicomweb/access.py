"""The one dependency through which every route of this door passes: it asks sharing, and translates no."""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from undisc.dicom.uid import is_usable_uid
from undisc.dicomweb import problems
from undisc.dicomweb.services import DicomwebServices
from undisc.sharing.model import AnyGrant, Denied, Reach, Reason, SystemGrant, Use

_COOKIE = "undisc"
_LONGEST_CREDENTIAL = 256
_NO_STUDY = -1


@dataclass(frozen=True, slots=True)
class Granted:
    """A request that may be answered.

    reach: who asks, and which studies they may see (None: all); queries must be limited to these. study: the row of
    the study in the address, for a link's holder (whose decision needed it); None for systems and where there is none
    in the address. base: the address of this door as clients see it, without a slash at its end.
    """

    reach: Reach
    study: int | None
    base: str


@dataclass(frozen=True, slots=True)
class Asks:
    """May whoever asks do this with the study in the address, or with any where none is there?"""

    use: Use

    async def __call__(self, request: Request) -> Granted:
        services: DicomwebServices = request.app.state.services
        link_id: str | None = request.path_params.get("link_id")
        bearer = _bearer(request)
        if link_id is None:
            if bearer is None:
                raise problems.Refusal(problems.TOKEN_NEEDED)
            token = services.accounts.recall(bearer) or await run_in_threadpool(services.accounts.whose, bearer)
            reach = _decided(services, SystemGrant(token) if token else None, self.use, None)
            return Granted(reach, None, services.public_url + "/dicom-web")
        shown = bearer if bearer is not None else _cookie(request)
        if shown is None:
            raise problems.Refusal(problems.TOKEN_NEEDED)
        base = f"{services.public_url}/s/{link_id}/dicom-web"
        study_uid: str | None = request.path_params.get("study")
        if study_uid is None:
            study_uid = request.query_params.get("studyUID")  # WADO-URI (PS3.18 9.1.2.1)
        return await run_in_threadpool(_by_link, services, link_id, shown, study_uid, self.use, base)


def _by_link(
    services: DicomwebServices, link_id: str, shown: str, study_uid: str | None, use: Use, base: str
) -> Granted:
    grant = services.sharing.shown(link_id, shown)
    study = None
    if study_uid is not None:
        # First whether anything is granted at all: only then may it show which studies are here.
        _decided(services, grant, Use.VIEW, None)
        found = services.archive.search.study_row(study_uid) if is_usable_uid(study_uid) else None
        study = _NO_STUDY if found is None else found
    return Granted(_decided(services, grant, use, study), study, base)


def _decided(services: DicomwebServices, grant: AnyGrant | None, use: Use, study: int | None) -> Reach:
    answer = services.reaches.ask(grant, use, study)
    if isinstance(answer, Denied):
        raise problems.Refusal(problems.of_reason(answer.reason))
    return answer


def _bearer(request: Request) -> str | None:
    """The bearer token of a request (RFC 6750 2.1); None where there is none."""
    said = request.headers.get("authorization")
    if said is None:
        return None
    scheme, _, credential = said.partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not 0 < len(credential) <= _LONGEST_CREDENTIAL:
        raise problems.Refusal(problems.of_reason(Reason.NO_GRANT))
    return credential


def _cookie(request: Request) -> str | None:
    found = request.cookies.get(_COOKIE)
    if found is None or len(found) > _LONGEST_CREDENTIAL:
        return None
    # A cookie goes along with whatever a page of another site makes a browser ask for.
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise problems.Refusal(problems.OTHER_SITE)
    return found
