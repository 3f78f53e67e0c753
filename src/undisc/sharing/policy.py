"""The one decision: may whoever shows this grant do this to that study, now? Pure, and it says why not."""

from datetime import datetime

from undisc.sharing.model import MOST_TRIES, Allowed, Denied, Grant, Link, Reason, Use


def may(grant: Grant | None, study: int, use: Use, now: datetime) -> Allowed | Denied:
    """Allowed only if the link is open, the session is of that link and lasts, and the link names study and use."""
    if grant is None:
        return Denied(Reason.NO_GRANT)
    closed = why_closed(grant.link, now)
    if closed is not None:
        return Denied(closed)
    if grant.session.link_id != grant.link.id:
        return Denied(Reason.SESSION_OF_ANOTHER_LINK)
    if now >= grant.session.ends_at:
        return Denied(Reason.SESSION_OVER)
    if study not in grant.link.studies:
        return Denied(Reason.NOT_NAMED)
    if use is Use.VIEW or (use is Use.DOWNLOAD and grant.link.may_download):
        return Allowed(grant)
    return Denied(Reason.VIEW_ONLY)


def why_closed(link: Link, now: datetime) -> Reason | None:
    """Why a link opens for nobody any more; None while it is open."""
    if link.tries_taken >= MOST_TRIES:
        return Reason.USED_UP
    if link.revoked_at is not None:
        return Reason.REVOKED
    if now >= link.expires_at:
        return Reason.EXPIRED
    return None
