"""One association: who calls, what it may do, and which of our services answers each request."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from pynetdicom.dimse_primitives import C_ECHO, C_FIND, C_GET, C_MOVE, C_STORE, N_ACTION
from pynetdicom.presentation import PresentationContext

from undisc.dimse import commitment, finding, retrieving, storing
from undisc.dimse.access import Asking, Rejection, admit, not_authorized
from undisc.dimse.arriving import Arriving, ArrivingProvider
from undisc.dimse.served import Served
from undisc.dimse.services import DimseServices
from undisc.dimse.waking import Bell, WakingQueue
from undisc.sharing.model import Denied, PeerGrant, Use

if TYPE_CHECKING:
    from pynetdicom.ae import ApplicationEntity
    from pynetdicom.dimse_primitives import DimsePrimitiveType

_SECONDS_TO_END = 5.0

SERVED: dict[type, tuple[Use, Callable[[Served, Any, PresentationContext], None]]] = {
    C_STORE: (Use.STORE, storing.serve),
    C_FIND: (Use.FIND, finding.serve),
    C_GET: (Use.DOWNLOAD, retrieving.serve_get),
    C_MOVE: (Use.DOWNLOAD, retrieving.serve_move),
    N_ACTION: (Use.STORE, commitment.serve),
}
"""Every request that is answered but C-ECHO: what it wants to do with studies, and who answers once that is granted."""

log = structlog.get_logger()


class ServedAssociation(Served):
    """An association that we accepted. Data sets pass through it as bytes; nothing is decoded that is stored or sent.

    pynetdicom negotiates and carries; which service answers is decided here instead of there, since its storage and
    retrieve services decode each data set, and write its elements to the log.
    """

    def __init__(
        self,
        ae: "ApplicationEntity",
        services: DimseServices,
        *,
        connections: Callable[[str], int],
        per_address: int,
        on_end: Callable[[], None],
    ) -> None:
        super().__init__(ae, services)
        self.arriving = ArrivingProvider(self, services.largest_file, services.scratch, self._takes_datasets)
        self.dimse = self.arriving
        self.bell = Bell()
        self.dul.to_user_queue = WakingQueue(self.arriving.something.set)
        self.dul.to_provider_queue = WakingQueue(self.bell.ring)
        self.dul._run_loop_delay = 0
        self._connections = connections
        self._per_address = per_address
        self._on_end = on_end

    def run_reactor(self) -> None:
        try:
            super().run_reactor()
        finally:
            try:
                self.store.close()
                self.dul.join(_SECONDS_TO_END)
                self.arriving.drop_unfinished()
                self.bell.close()
            finally:
                self._on_end()

    def admit(self) -> Rejection | None:
        """Called with the A-ASSOCIATE request, before its contexts are looked at."""
        request = self.requestor.primitive
        assert request is not None
        title = str(request.calling_ae_title or "").strip()
        wanted = [str(context.abstract_syntax) for context in request.presentation_context_definition_list]
        self.peer = self.services.directory.caller(title, self.requestor.address or "")
        return admit(
            known=self.peer is not None,
            wanted=wanted,
            echo_from_anyone=self.services.echo_from_anyone,
            from_address=self._connections(self.requestor.address or ""),
            per_address=self._per_address,
        )

    def _serve_request(self, msg: "DimsePrimitiveType", context_id: int) -> None:
        context = self._accepted_cx.get(context_id)
        if context is None:
            self.abort()
            return
        if self._sent_release or getattr(msg, "MessageIDBeingRespondedTo", None) is not None:
            return
        self.dimse.cancel_req = {}
        self._is_paused = True
        try:
            if type(msg) in SERVED:
                self._serve_where_granted(msg, context)
            elif isinstance(msg, C_ECHO):
                super()._serve_request(msg, context_id)
            else:
                self.abort()  # nothing that was negotiated has such a request
        except Exception as error:
            log.error("request failed", kind=type(error).__name__, service=type(msg).__name__)
            self.abort()
        finally:
            self._is_paused = False
            self.dimse.cancel_req = {}

    def _serve_where_granted(self, msg: Any, context: PresentationContext) -> None:
        use, serve = SERVED[type(msg)]
        answer = self.ask(use)
        if not isinstance(answer, Denied) and not self._was_passed_over(msg):
            serve(self, msg, context)
            return
        reason = str(answer.reason) if isinstance(answer, Denied) else "granted too late"
        log.warning("request refused", service=type(msg).__name__, caller=self.caller, reason=reason)
        self.dimse.send_msg(not_authorized(msg), context.context_id or 0)

    def _takes_datasets(self) -> bool:
        """Whether data sets are worth keeping on their way in: what the caller might when it was recognised."""
        grant = PeerGrant(self.peer.name, self.peer.services) if self.peer else None
        return not isinstance(self.services.reaches.ask(grant, Use.STORE), Denied)

    @staticmethod
    def _was_passed_over(msg: Asking) -> bool:
        """Whether its data set was not kept on its way in, since storing was not granted when it began."""
        return isinstance(msg, C_STORE) and isinstance(msg.DataSet, Arriving) and msg.DataSet.passed_over
