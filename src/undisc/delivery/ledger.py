"""The ledger of transfers: which instances of a study were confirmed, so that a transfer goes on where it was."""

from collections.abc import Sequence

from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.delivery import store
from undisc.delivery.model import Account, Direction, Part, Peer, State

_WRITTEN_EVERY = 50
_TRANSFERRED = "110104"  # DICOM Instances Transferred (PS3.15 A.5.3.7)


class Ledger:
    """One study's transfer to or from one peer; picks up the one that was interrupted, where there is one."""

    def __init__(self, trail: Trail, direction: Direction, peer: Peer, study_uid: str) -> None:
        self._trail = trail
        self._direction = direction
        self._peer = peer
        self._study_uid = study_uid
        self._new: list[Part] = []
        with trail.work() as work:
            found = store.unended_transfer(work.connection, direction, peer.name, study_uid)
            earlier = store.parts(work.connection, found) if found is not None else []
            if found is None:
                found = store.begin_transfer(work.connection, direction, peer.name, study_uid, work.clock.now())
            # Begin Transferring DICOM Instances (110102): one study, so one patient (PS3.15 A.5.3.4).
            subject = {"code": "110102", "direction": direction.value, "peer": peer.name, "study_uid": study_uid}
            work.audit(Act("transfer-begun", "operator", subject))
        self._transfer_id = found
        self._parts = {part.sop_uid: part for part in earlier}
        self.confirmed_before = frozenset(part.sop_uid for part in earlier if part.state is State.CONFIRMED)

    def confirm(self, sop_uid: str) -> None:
        self._note(Part(sop_uid, State.CONFIRMED))

    def fail(self, sop_uid: str, reason: str) -> None:
        self._note(Part(sop_uid, State.FAILED, reason))

    def is_confirmed(self, sop_uid: str) -> bool:
        part = self._parts.get(sop_uid)
        return part is not None and part.state is State.CONFIRMED

    def has_word_of(self, sop_uid: str) -> bool:
        """Whether anything at all is known of how it ended."""
        return sop_uid in self._parts

    def _note(self, part: Part) -> None:
        self._parts[part.sop_uid] = part
        self._new.append(part)
        if len(self._new) >= _WRITTEN_EVERY:
            self.write()

    def write(self) -> None:
        """Make what was noted survive; call it when a run ends in whatever way."""
        new, self._new = self._new, []
        if new:
            with self._trail.work() as work:
                store.note_parts(work.connection, self._transfer_id, new, work.clock.now())

    def account(self, wanted: Sequence[str]) -> Account:
        """The sums over what was wanted. A transfer that is whole is ended; another goes on with the next run."""
        self.write()
        failed = tuple(
            self._parts.get(uid) or Part(uid, State.FAILED, "It was not reached.")
            for uid in wanted
            if not self.is_confirmed(uid)
        )
        failed = tuple(part for part in failed if part.state is State.FAILED)
        confirmed = sum(self.is_confirmed(uid) for uid in wanted)
        before = sum(uid in self.confirmed_before for uid in wanted)
        act = "instances-sent" if self._direction is Direction.SEND else "instances-received"
        with self._trail.work() as work:
            if not failed:
                store.end_transfer(work.connection, self._transfer_id, work.clock.now())
            subject = {
                "code": _TRANSFERRED,
                "peer": self._peer.name,
                "study_uid": self._study_uid,
                "confirmed": confirmed,
                "failed": len(failed),
            }
            work.audit(Act(act, "operator", subject))
        return Account(
            self._direction, self._peer.name, self._study_uid, len(wanted), confirmed, failed, went_on=before
        )
