"""One association: who calls, what it may do, and which of our services answers each request."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from pynetdicom.dimse_primitives import C_FIND, C_GET, C_MOVE, C_STORE, N_ACTION
from pynetdicom.presentation import PresentationContext

from undisc.dimse import commitment, finding, retrieving, storing
from undisc.dimse.access import Rejection, admit
from undisc.dimse.arriving import ArrivingProvider
from undisc.dimse.served import Served
from undisc.dimse.services import DimseServices
from undisc.dimse.waking import Bell, WakingQueue

if TYPE_CHECKING:
    from pynetdicom.ae import ApplicationEntity
    from pynetdicom.dimse_primitives import DimsePrimitiveType

_SECONDS_TO_END = 5.0

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
        self.arriving = ArrivingProvider(self, services.largest_file, services.scratch)
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
        if self.peer is None and isinstance(msg, (C_STORE, C_FIND, C_GET, C_MOVE, N_ACTION)):
            self.abort()  # a stranger was let in to say echo
            return
        self.dimse.cancel_req = {}
        self._is_paused = True
        try:
            if not self._served(msg, context):
                super()._serve_request(msg, context_id)
        except Exception as error:
            log.error("request failed", kind=type(error).__name__, service=type(msg).__name__)
            self.abort()
        finally:
            self._is_paused = False
            self.dimse.cancel_req = {}

    def _served(self, msg: "DimsePrimitiveType", context: PresentationContext) -> bool:
        if isinstance(msg, C_STORE):
            storing.serve(self, msg, context)
        elif isinstance(msg, C_FIND):
            finding.serve(self, msg, context)
        elif isinstance(msg, C_GET):
            retrieving.serve_get(self, msg, context)
        elif isinstance(msg, C_MOVE):
            retrieving.serve_move(self, msg, context)
        elif isinstance(msg, N_ACTION):
            commitment.serve(self, msg, context)
        else:
            return False
        return True
