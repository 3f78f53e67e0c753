"""Pulling a study: C-GET, or C-MOVE to our own DICOM port, or WADO-RS; what is here already is not fetched again."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, Literal

from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from undisc.archive.lookup import Lookup
from undisc.delivery import policy, web
from undisc.delivery.associating import associated
from undisc.delivery.ledger import Ledger
from undisc.delivery.model import Identity, Peer, PeerUnreachable, Watcher
from undisc.delivery.policy import EXPLICIT, IMPLICIT
from undisc.delivery.querying import There
from undisc.delivery.sop_classes import STUDY_GET, STUDY_MOVE
from undisc.dicom.uid import is_usable_uid
from undisc.errors import StorageFull
from undisc.intake.model import Outcome
from undisc.intake.receiving import Delivery, Received

Way = Literal["auto", "get", "move"]

_ASKED_AT_ONCE = 100
_ARRIVE_SECONDS = 30.0
_LOOK_EVERY = 0.5
_OUT_OF_RESOURCES, _CANNOT_UNDERSTAND = 0xA700, 0xC000


class NoGet(PeerUnreachable):
    """The peer does not offer C-GET."""


class Puller:
    """One run of pulling one study."""

    def __init__(
        self, peer: Peer, identity: Identity, lookup: Lookup, ledger: Ledger, watcher: Watcher, largest: int
    ) -> None:
        self._peer = peer
        self._identity = identity
        self._lookup = lookup
        self._ledger = ledger
        self._watcher = watcher
        self._largest = largest

    def pull(self, wanted: Sequence[There], way: Way, delivery: Callable[[], Delivery]) -> None:
        """Fetch what is missing here. Tries again with longer waits while the peer is away; raises PeerUnreachable."""
        attempt = 0
        while True:
            missing = self._missing(wanted)
            if not missing:
                return
            try:
                self._fetch(missing, way, delivery)
                return
            except NoGet:
                if way == "get":
                    raise
                way = "move"
            except PeerUnreachable:
                self._ledger.write()
                attempt = 1 if len(self._missing(wanted)) < len(missing) else attempt + 1
                wait = policy.wait_before(attempt)
                if wait is None:
                    raise
                time.sleep(wait)

    def _missing(self, wanted: Sequence[There]) -> list[There]:
        here = self._lookup.by_sop_uid(each.sop_uid for each in wanted)
        for each in wanted:
            if each.sop_uid in here and not self._ledger.is_confirmed(each.sop_uid):
                self._ledger.confirm(each.sop_uid)
        return [each for each in wanted if each.sop_uid not in here]

    def _fetch(self, missing: list[There], way: Way, delivery: Callable[[], Delivery]) -> None:
        if self._peer.web_url:
            self._wado(missing, delivery())
        elif way == "move":
            self._move(missing)
        else:
            self._get(missing, delivery())

    # -- C-GET -----------------------------------------------------------------------------------------------------

    def _get(self, missing: list[There], delivery: Delivery) -> None:
        def arrived(event: Any) -> int:
            return self._take(event.request, str(event.context.transfer_syntax), delivery)

        for contexts in policy.contexts_to_get([each.sop_class for each in missing if each.sop_class]):
            classes = list(dict.fromkeys(sop_class for sop_class, _ in contexts))
            some = [each for each in missing if not each.sop_class or each.sop_class in classes]
            all_contexts = [(STUDY_GET, (EXPLICIT, IMPLICIT)), *contexts]
            handlers = [(evt.EVT_C_STORE, arrived)]
            with associated(self._peer, self._identity, all_contexts, provides=classes, handlers=handlers) as assoc:
                if not any(context.abstract_syntax == STUDY_GET for context in assoc.accepted_contexts):
                    raise NoGet(f"{self._peer.name} does not offer C-GET.")
                for identifier in _identifiers(some):
                    self._retrieve(assoc, assoc.send_c_get(identifier, STUDY_GET))
        self._fail_missing(missing)

    def _take(self, request: C_STORE, syntax: str, delivery: Delivery) -> int:
        """One C-STORE within a C-GET; the bytes go to intake as they came."""
        sop_class, sop_uid = str(request.AffectedSOPClassUID or ""), str(request.AffectedSOPInstanceUID or "")
        if request.DataSet is None or not is_usable_uid(sop_class) or not is_usable_uid(sop_uid):
            return _CANNOT_UNDERSTAND
        try:
            delivery.receive_dataset(
                request.DataSet.getvalue(),
                sop_class=sop_class,
                sop_instance=sop_uid,
                transfer_syntax=syntax,
                source_title=self._peer.ae_title,
            )
            received = delivery.finish()[0]
        except (StorageFull, OSError):
            self._ledger.fail(sop_uid, "There is too little room here to keep it.")
            return _OUT_OF_RESOURCES
        self._note(sop_uid, received)
        return 0 if self._ledger.is_confirmed(sop_uid) else _CANNOT_UNDERSTAND

    # -- C-MOVE ----------------------------------------------------------------------------------------------------

    def _move(self, missing: list[There]) -> None:
        """The peer calls our DICOM port, which another process keeps; what arrives is seen in the archive."""
        with associated(self._peer, self._identity, [(STUDY_MOVE, (EXPLICIT, IMPLICIT))]) as assoc:
            for identifier in _identifiers(missing):
                self._retrieve(assoc, assoc.send_c_move(identifier, self._identity.ae_title, STUDY_MOVE))
        until = time.monotonic() + _ARRIVE_SECONDS
        while (left := self._missing(missing)) and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)
        self._watcher.done(len(missing) - len(left))
        self._fail_missing(missing)

    def _retrieve(self, assoc: Association, responses: Iterator[tuple[Dataset, Dataset | None]]) -> None:
        """Follow a retrieval to its end. Single failures show in what is missing afterwards."""
        code: int | None = None
        for status, _ in responses:
            code = status.get("Status")
            self._watcher.done(0)  # who watches may end it here; within a C-STORE it would pass for that one's failure
        if code is None:
            raise PeerUnreachable(f"{self._peer.name} stopped answering while pictures came from it.")
        if code == 0xA801:
            raise PeerUnreachable(
                f"{self._peer.name} does not know us as {self._identity.ae_title}, or cannot reach our DICOM port."
            )
        if code == 0xA700 or code & 0xFF00 == 0xA900:
            raise PeerUnreachable(f"{self._peer.name} cannot send what it has (status {code:04X}).")

    # -- WADO-RS ---------------------------------------------------------------------------------------------------

    def _wado(self, missing: list[There], delivery: Delivery) -> None:
        with web.WebPeer(self._peer) as service:
            for each in missing:
                path = f"studies/{each.study_uid}/series/{each.series_uid}/instances/{each.sop_uid}"
                place = delivery.place()
                if not service.retrieve(path, place, self._largest):
                    self._ledger.fail(each.sop_uid, "The other side did not send it.")
                    continue
                delivery.receive_file(place)
                self._note(each.sop_uid, delivery.finish()[0])

    # -- what became of it -----------------------------------------------------------------------------------------

    def _note(self, sop_uid: str, received: Received) -> None:
        if received.outcome in (Outcome.STORED, Outcome.DUPLICATE):
            self._ledger.confirm(sop_uid)
        else:
            self._ledger.fail(sop_uid, received.reason)
        self._watcher.done(1)

    def _fail_missing(self, missing: Sequence[There]) -> None:
        for each in self._missing(missing):
            if not self._ledger.has_word_of(each.sop_uid):
                self._ledger.fail(each.sop_uid, "The other side did not send it.")


def _identifiers(wanted: Sequence[There]) -> Iterator[Dataset]:
    """Retrieve requests at the image level, some instances of one series in each."""
    for (study_uid, series_uid), group in groupby(wanted, key=lambda each: (each.study_uid, each.series_uid)):
        uids = [each.sop_uid for each in group]
        for start in range(0, len(uids), _ASKED_AT_ONCE):
            identifier = Dataset()
            identifier.QueryRetrieveLevel = "IMAGE"
            identifier.StudyInstanceUID, identifier.SeriesInstanceUID = study_uid, series_uid
            identifier.SOPInstanceUID = uids[start : start + _ASKED_AT_ONCE]
            yield identifier
