"""The one decision: may whoever shows this grant do this to that study, now? Pure, and it says why not."""

from datetime import datetime

from undisc.accounts.model import Scope, Service
from undisc.accounts.people.model import Role
from undisc.accounts.policy import state_of
from undisc.sharing.model import (
    MOST_TRIES,
    Allowed,
    AnyGrant,
    Denied,
    Grant,
    Link,
    PeerGrant,
    PersonGrant,
    Reason,
    SecondStep,
    SecretGrant,
    SystemGrant,
    Use,
)

_SCOPE = {
    Use.FIND: Scope.READ,
    Use.VIEW: Scope.READ,
    Use.DOWNLOAD: Scope.READ,
    Use.STORE: Scope.WRITE,
    Use.ANNOTATE: Scope.WRITE,
    Use.DELETE: Scope.DELETE,
}
# Nobody deletes over the DICOM network: there is no service for it.
_SERVICE = {
    Use.FIND: Service.FIND,
    Use.VIEW: Service.RETRIEVE,
    Use.DOWNLOAD: Service.RETRIEVE,
    Use.STORE: Service.STORE,
    Use.ANNOTATE: Service.STORE,
}
_OF_ONES_OWN = frozenset({Use.FIND, Use.VIEW, Use.DOWNLOAD, Use.SHARE})
_BY_GLASS = frozenset({Use.FIND, Use.VIEW})
_OF_STAFF = frozenset({Use.FIND, Use.SHARE})


def may(
    grant: AnyGrant | None, study: int | None, use: Use, now: datetime, *, report: bool = False
) -> Allowed | Denied:
    """Whether this use of this study is granted; study None asks whether it is granted for any study at all.

    report: what is asked for is no picture of the study but tells of them.

    A system may do to every study what its token's scopes name, as long as the token is valid; a peer, what the
    directory's services for it name. A link's holder may look at (and, where the link says so, download) the studies
    that the link names, as long as it is open: with a session of that link that lasts, or with the secret alone where
    nothing else is wanted of them. Nobody changes anything by a link; where it says so, a browser that opened it may
    add notes to the pictures.

    Somebody signed in may do to a patient's studies what their relation to that patient gives; who works here, what
    their role gives and, for as long as it lasts, a glass that they broke for that patient.
    """
    if grant is None:
        return Denied(Reason.NO_GRANT)
    if isinstance(grant, SystemGrant):
        reason = _why_no_system(grant, use, now)
    elif isinstance(grant, PeerGrant):
        reason = None if _SERVICE.get(use) in grant.services else Reason.SERVICE_LACKING
    elif isinstance(grant, PersonGrant):
        reason = _why_no_person(grant, study, use, now)
    else:
        reason = _why_no(grant, study, use, now, report)
    return Allowed(grant) if reason is None else Denied(reason)


def _why_no_system(grant: SystemGrant, use: Use, now: datetime) -> Reason | None:
    state = state_of(grant.token, now)
    if state != "valid":
        return Reason.TOKEN_REVOKED if state == "revoked" else Reason.TOKEN_EXPIRED
    return None if _SCOPE.get(use) in grant.token.scopes else Reason.SCOPE_LACKING


def _why_no_person(grant: PersonGrant, study: int | None, use: Use, now: datetime) -> Reason | None:
    me, whose = grant.me, grant.whose
    if now >= me.ends_at:
        return Reason.SESSION_OVER
    roles = me.person.roles
    # Studies without a patient ID are of nobody whom a relation or a glass could name.
    if whose.patient_id:
        for relation in me.relations:
            if relation.patient == whose and relation.since <= now and (relation.until is None or now < relation.until):
                if use in _OF_ONES_OWN:
                    return None
                break
        is_broken = any(glass.patient == whose and glass.at <= now < glass.until for glass in me.glasses)
        if is_broken and use in _BY_GLASS and roles & {Role.STAFF, Role.CLINICIAN}:
            return None
    if Role.STAFF in roles and use in _OF_STAFF:
        return None
    if Role.CLINICIAN in roles and any(_gives(link, study, use, now) for link in grant.links):
        return None
    return Reason.GLASS_WANTED if Role.STAFF in roles and use in _BY_GLASS else Reason.NOT_THEIRS


def _gives(link: Link, study: int | None, use: Use, now: datetime) -> bool:
    if why_closed(link, now) is not None or link.is_used_up or (study is not None and study not in link.studies):
        return False
    return use in _BY_GLASS or (use is Use.DOWNLOAD and link.may_download)


def _why_no(grant: Grant | SecretGrant, study: int | None, use: Use, now: datetime, report: bool) -> Reason | None:
    link = grant.link
    closed = why_closed(link, now)
    if closed is not None:
        return closed
    if isinstance(grant, SecretGrant):
        if link.passcode is not None:
            return Reason.PASSCODE_WANTED
        # Whoever shows the secret alone has proven nothing more, and opens it without being counted.
        if link.second_step is not SecondStep.NONE or link.most_openings is not None:
            return Reason.STEP_WANTED
    elif grant.session.link_id != link.id:
        return Reason.SESSION_OF_ANOTHER_LINK
    elif now >= grant.session.ends_at:
        return Reason.SESSION_OVER
    if study is not None and study not in link.studies:
        return Reason.NOT_NAMED
    if report and not link.with_report:
        return Reason.WITHOUT_REPORTS
    if use in (Use.FIND, Use.VIEW) or (use is Use.DOWNLOAD and link.may_download):
        return None
    if use is Use.ANNOTATE and link.may_annotate and isinstance(grant, Grant):
        return None
    return Reason.VIEW_ONLY if use is Use.DOWNLOAD else Reason.LINKS_CHANGE_NOTHING


def why_closed(link: Link, now: datetime) -> Reason | None:
    """Why nobody sees anything by a link any more; None while it is open.

    One that was opened as often as it may be is not closed by that for those who have it open.
    """
    if link.tries_taken >= MOST_TRIES:
        return Reason.USED_UP
    if link.revoked_at is not None or link.person_session_over:
        return Reason.REVOKED
    if now >= link.expires_at:
        return Reason.EXPIRED
    return None
