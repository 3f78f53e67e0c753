"""Delivering, as the doors know it: peers, and sending to and pulling from them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

from undisc.archive.lookup import Lookup
from undisc.archive.reading import Reader
from undisc.audit.trail import Trail
from undisc.delivery import querying, sending, web
from undisc.delivery.associating import associated
from undisc.delivery.directory import Directory
from undisc.delivery.ledger import Ledger
from undisc.delivery.model import (
    Account,
    Direction,
    Identity,
    NobodyWatches,
    NothingFound,
    Peer,
    PeerUnreachable,
    Watcher,
)
from undisc.delivery.outgoing import Transcode
from undisc.delivery.policy import EXPLICIT, IMPLICIT
from undisc.delivery.pulling import Puller, Way
from undisc.delivery.querying import There
from undisc.delivery.quiet import keep_quiet
from undisc.delivery.sop_classes import VERIFICATION
from undisc.dicom.uid import is_usable_uid
from undisc.intake.receiving import Delivery

OpenDelivery = Callable[[str], AbstractContextManager[Delivery]]
"""Opens a delivery of the reception for whom it is told."""


class Delivering:
    """Every method raises PeerUnknown and PeerUnreachable."""

    def __init__(
        self,
        trail: Trail,
        archive: Reader,
        lookup: Lookup,
        identity: Identity,
        transcode: Transcode,
        largest_file: int,
    ) -> None:
        keep_quiet()
        self.peers = Directory(trail)
        self._trail = trail
        self._archive = archive
        self._lookup = lookup
        self._identity = identity
        self._transcode = transcode
        self._largest_file = largest_file

    def echo(self, name: str) -> None:
        """Returns when the peer answers: C-ECHO, and a search over DICOMweb where it has that."""
        peer = self.peers.named(name)
        if peer.host:
            with associated(peer, self._identity, [(VERIFICATION, (IMPLICIT, EXPLICIT))]) as assoc:
                if assoc.send_c_echo().get("Status") != 0:
                    raise PeerUnreachable(f"{peer.name} lets us in, and does not answer C-ECHO with success.")
        if peer.web_url:
            with web.WebPeer(peer) as service:
                service.answers()

    def send(self, study_uid: str, name: str, watcher: Watcher | None = None) -> Account:
        """Send every instance of a study; the same call goes on where an interrupted one was. Raises StudyUnknown."""
        watcher = watcher or NobodyWatches()
        peer = self.peers.named(name)
        self._archive.study_id(study_uid)
        rows = self._lookup.retrievable(study_uids=[study_uid])
        ledger = Ledger(self._trail, Direction.SEND, peer, study_uid)
        watcher.wanted(sum(not ledger.is_confirmed(row.names.instance) for row in rows))
        try:
            sending.send(peer, rows, ledger, self._archive, self._identity, self._transcode, watcher)
        finally:
            ledger.write()
        return ledger.account([row.names.instance for row in rows])

    def studies_of(self, name: str, patient_id: str) -> list[str]:
        """UIDs of what a peer has of one patient. Raises NothingFound."""
        peer = self.peers.named(name)
        if peer.web_url:
            with web.WebPeer(peer) as service:
                found = [web.text(each, "0020000D") for each in service.search("studies", {"PatientID": patient_id})]
        else:
            found = querying.studies(peer, self._identity, patient_id)
        usable = [uid for uid in dict.fromkeys(found) if is_usable_uid(uid)]
        if not usable:
            raise NothingFound(f"{peer.name} has no study of that patient.")
        return usable

    def pull(
        self, study_uid: str, name: str, open_delivery: OpenDelivery, way: Way = "auto", watcher: Watcher | None = None
    ) -> Account:
        """Fetch every instance of a study that is not here. Raises NothingFound where the peer has none."""
        watcher = watcher or NobodyWatches()
        peer = self.peers.named(name)
        wanted = self._there(peer, study_uid)
        if not wanted:
            raise NothingFound(f"{peer.name} has no such study.")
        ledger = Ledger(self._trail, Direction.PULL, peer, study_uid)
        here = self._lookup.by_sop_uid(each.sop_uid for each in wanted)
        watcher.wanted(len(wanted) - len(here))
        puller = Puller(peer, self._identity, self._lookup, ledger, watcher, self._largest_file)
        with ExitStack() as closing:
            opened: list[Delivery] = []

            def delivery() -> Delivery:
                if not opened:
                    opened.append(closing.enter_context(open_delivery(f"peer:{peer.name}")))
                return opened[0]

            try:
                puller.pull(wanted, way, delivery)
            finally:
                ledger.write()
        return ledger.account([each.sop_uid for each in wanted])

    def _there(self, peer: Peer, study_uid: str) -> list[There]:
        if not is_usable_uid(study_uid):
            return []
        if not peer.web_url:
            return querying.instances(peer, self._identity, study_uid)
        with web.WebPeer(peer) as service:
            return list(_on_the_web(service, study_uid))


def _on_the_web(service: web.WebPeer, study_uid: str) -> Iterator[There]:
    for model in service.search(f"studies/{study_uid}/instances", {}):
        series_uid, sop_uid = web.text(model, "0020000E"), web.text(model, "00080018")
        if is_usable_uid(series_uid) and is_usable_uid(sop_uid):
            yield There(study_uid, series_uid, sop_uid, web.text(model, "00080016"))
