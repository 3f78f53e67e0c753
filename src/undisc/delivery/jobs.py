"""Transfers that are put off: ordered now, carried out behind the doors, tried again while a peer is away."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from undisc.archive.arrivals import COMPLETE
from undisc.archive.reading import Reader
from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.delivery.directory import Directory
from undisc.delivery.model import Account, NothingFound, PeerUnknown, PeerUnreachable
from undisc.delivery.policy import PATIENCE
from undisc.errors import StorageFull, StudyUnknown
from undisc.jobs.model import Again, Done, Ending, Hopeless, Job, Kind, Running, State
from undisc.jobs.service import Jobs

if TYPE_CHECKING:
    # Who orders calls nobody; the network library takes half a second to load.
    from undisc.delivery.pulling import Way
    from undisc.delivery.service import Delivering, OpenDelivery

SEND, PULL = "send", "pull"
_OPERATOR = "operator"


class Orders:
    """Puts transfers in line, each with its entry in the trail; and looks after all that is in line."""

    def __init__(self, trail: Trail, jobs: Jobs, archive: Reader) -> None:
        self._trail = trail
        self._jobs = jobs
        self._archive = archive
        self._directory = Directory(trail)

    def send(self, study_uid: str, peer: str, not_before: datetime | None = None) -> int:
        """The job's number. Raises PeerUnknown and StudyUnknown."""
        self._directory.named(peer)
        self._archive.study_id(study_uid)
        return self._order(SEND, {"study_uid": study_uid, "peer": peer}, not_before)

    def pull(self, study_uid: str, peer: str, way: "Way" = "auto", not_before: datetime | None = None) -> int:
        """The job's number. Raises PeerUnknown."""
        self._directory.named(peer)
        return self._order(PULL, {"study_uid": study_uid, "peer": peer, "way": way}, not_before)

    def _order(self, kind: str, arguments: dict[str, str], not_before: datetime | None) -> int:
        with self._trail.work() as work:
            # One study goes to one peer once at a time: two at it would send each image twice.
            key = f"{kind}:{arguments['peer']}:{arguments['study_uid']}"
            number = self._jobs.enqueue(work, kind, arguments, key=key, not_before=not_before)
            work.audit(Act("transfer-ordered", _OPERATOR, {"job": number, "direction": kind, **arguments}))
        return number

    def all(self, states: Collection[State] = tuple(State)) -> list[Job]:
        """The newest first, those that have not ended before all others. That each study is looked at once it may be
        complete is nothing to look after, unless it failed."""
        return [job for job in self._jobs.all(states) if job.kind != COMPLETE or job.state is State.FAILED]

    def cancel(self, number: int) -> None:
        """Raises JobUnknown and JobRefused."""
        with self._trail.work() as work:
            job = self._jobs.cancel(work, number)
            work.audit(Act("job-cancelled", _OPERATOR, {"job": number, "kind": job.kind}))

    def retry(self, number: int) -> None:
        """Raises JobUnknown and JobRefused."""
        with self._trail.work() as work:
            job = self._jobs.retry(work, number)
            work.audit(Act("job-retried", _OPERATOR, {"job": number, "kind": job.kind}))


def kinds(delivering: "Delivering", open_delivery: "OpenDelivery") -> list[Kind]:
    """How transfers are carried out. Both go on by their ledger where an earlier attempt was."""

    def send(job: Running) -> Ending:
        study_uid, peer = job.arguments["study_uid"], job.arguments["peer"]
        return _ended(lambda: delivering.send(study_uid, peer, _Watching(job)), "there")

    def pull(job: Running) -> Ending:
        study_uid, peer, way = (job.arguments[name] for name in ("study_uid", "peer", "way"))
        return _ended(lambda: delivering.pull(study_uid, peer, open_delivery, way, _Watching(job)), "here")

    return [Kind(SEND, send, PATIENCE), Kind(PULL, pull, PATIENCE)]


class _Watching:
    """A transfer's watcher that ends it where its job is to stop."""

    def __init__(self, job: Running) -> None:
        self._job = job

    def wanted(self, instances: int) -> None:
        self._job.check()

    def done(self, instances: int) -> None:
        self._job.check()


def _ended(transfer: Callable[[], Account], where: str) -> Ending:
    try:
        account = transfer()
    except (PeerUnknown, StudyUnknown, NothingFound) as error:
        return Hopeless(str(error))
    except (PeerUnreachable, StorageFull) as error:
        return Again(str(error))
    if account.failed:
        missing = f"{len(account.failed)} of {account.total} images are not {where}"
        return Again(f"{missing}; the first: {account.failed[0].reason}")
    return Done(f"All {account.total} images are {where}.")
