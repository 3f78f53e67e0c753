"""The one decision: may whoever shows this grant do this to that study, now? Pure, and it says why not."""

from datetime import datetime

from undisc.accounts.model import Scope, Service
from undisc.accounts.policy import state_of
from undisc.sharing.model import (
    MOST_TRIES,
    Allowed,
    AnyGrant,
    Denied,
    Grant,
    Link,
    PeerGrant,
    Reason,
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


def may(grant: AnyGrant | None, study: int | None, use: Use, now: datetime) -> Allowed | Denied:
    """Whether this use of this study is granted; study None asks whether it is granted for any study at all.

    A system may do to every study what its token's scopes name, as long as the token is valid; a peer, what the
    directory's services for it name. A link's holder may look at (and, where the link says so, download) the studies
    that the link names, as long as it is open: with a session of that link that lasts, or with the secret alone where
    no passcode is wanted. Nobody changes anything by a link; where it says so, a browser that opened it may add notes
    to the pictures.
    """
    if grant is None:
        return Denied(Reason.NO_GRANT)
    if isinstance(grant, SystemGrant):
        reason = _why_no_system(grant, use, now)
    elif isinstance(grant, PeerGrant):
        reason = None if _SERVICE.get(use) in grant.services else Reason.SERVICE_LACKING
    else:
        reason = _why_no(grant, study, use, now)
    return Allowed(grant) if reason is None else Denied(reason)


def _why_no_system(grant: SystemGrant, use: Use, now: datetime) -> Reason | None:
    state = state_of(grant.token, now)
    if state != "valid":
        return Reason.TOKEN_REVOKED if state == "revoked" else Reason.TOKEN_EXPIRED
    return None if _SCOPE[use] in grant.token.scopes else Reason.SCOPE_LACKING


def _why_no(grant: Grant | SecretGrant, study: int | None, use: Use, now: datetime) -> Reason | None:
    link = grant.link
    closed = why_closed(link, now)
    if closed is not None:
        return closed
    if isinstance(grant, SecretGrant):
        if link.passcode is not None:
            return Reason.PASSCODE_WANTED
    elif grant.session.link_id != link.id:
        return Reason.SESSION_OF_ANOTHER_LINK
    elif now >= grant.session.ends_at:
        return Reason.SESSION_OVER
    if study is not None and study not in link.studies:
        return Reason.NOT_NAMED
    if use in (Use.FIND, Use.VIEW) or (use is Use.DOWNLOAD and link.may_download):
        return None
    if use is Use.ANNOTATE and link.may_annotate and isinstance(grant, Grant):
        return None
    return Reason.VIEW_ONLY if use is Use.DOWNLOAD else Reason.LINKS_CHANGE_NOTHING


def why_closed(link: Link, now: datetime) -> Reason | None:
    """Why a link opens for nobody any more; None while it is open."""
    if link.tries_taken >= MOST_TRIES:
        return Reason.USED_UP
    if link.revoked_at is not None:
        return Reason.REVOKED
    if now >= link.expires_at:
        return Reason.EXPIRED
    return None
