"""How far a program reaches by the standards' doors (DICOMweb, DIMSE): the policy asked, and the trail told."""

import threading

from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.clock import Clock
from undisc.sharing.model import (
    AnyGrant,
    Denied,
    Grant,
    PeerGrant,
    PersonGrant,
    Reach,
    Reason,
    SecretGrant,
    SystemGrant,
    Use,
)
from undisc.sharing.policy import may

_MOST_NOTED = 50_000


class Reaches:
    """Asked by each door before anything is given out or taken in."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock
        self._noted: set[tuple[str, int, str]] = set()
        self._noting = threading.Lock()

    def ask(self, grant: AnyGrant | None, use: Use, study: int | None = None) -> Reach | Denied:
        """May whoever shows this do that with this study, or with any at all?"""
        # People get links made for what they look at; nobody shows to a program's door who they are.
        if isinstance(grant, PersonGrant):
            return Denied(Reason.NO_GRANT)
        answer = may(grant, study, use, self._clock.now())
        if isinstance(answer, Denied):
            return answer
        assert grant is not None
        return _reach(grant)

    def note_retrieved(self, reach: Reach, study: int) -> None:
        """Put into the trail that pictures of a study leave: once a day for each study and each who takes them."""
        key = (reach.actor, study, self._clock.now().date().isoformat())
        with self._noting:
            if key in self._noted:
                return
            if len(self._noted) >= _MOST_NOTED:
                self._noted.clear()
            self._noted.add(key)
        with self._trail.work() as work:
            work.audit(Act("study-retrieved", reach.actor, {"study": study}))


def _reach(grant: Grant | SecretGrant | SystemGrant | PeerGrant) -> Reach:
    if isinstance(grant, SystemGrant):
        return Reach(grant, None, f"token:{grant.token.name}")
    if isinstance(grant, PeerGrant):
        return Reach(grant, None, f"peer:{grant.peer}")
    return Reach(grant, grant.link.studies, f"link:{grant.link.id}", reports=grant.link.with_report)
