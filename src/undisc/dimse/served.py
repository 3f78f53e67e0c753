"""An association as our services see it."""

from typing import TYPE_CHECKING, Any

from pynetdicom.association import Association

from undisc.delivery.model import Peer
from undisc.dimse.services import DimseServices
from undisc.dimse.session import StoreSession
from undisc.sharing.model import Denied, Reach, Use

if TYPE_CHECKING:
    from pynetdicom.ae import ApplicationEntity


class Served(Association):
    """pynetdicom's association, with who calls and what stands behind it. peer: None for a stranger."""

    def __init__(self, ae: "ApplicationEntity", services: DimseServices) -> None:
        super().__init__(ae, "acceptor")
        self.services = services
        self.peer: Peer | None = None
        self.store = StoreSession(services.reception)

    @property
    def caller(self) -> str:
        """Who calls, as the trail names them."""
        return f"peer:{self.peer.name}" if self.peer else f"ae:{self.requestor.ae_title.strip()}"

    def ask(self, use: Use) -> Reach | Denied:
        """May the caller have this now? Asked for each request, so that what is withdrawn is so at once."""
        grant = self.services.directory.grant(self.peer) if self.peer else None
        return self.services.reaches.ask(grant, use)

    def is_cancelled(self, message_id: Any) -> bool:
        """Whether a C-CANCEL for this request has come (PS3.7 9.3.2.3)."""
        return self.dimse.cancel_req.pop(message_id or 0, None) is not None
