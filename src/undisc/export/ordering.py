"""Ordering media from a page: a job makes them, reads them back, and keeps them for a day to be fetched."""

import base64
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.db import locks
from undisc.errors import MediumRefused, StudyUnknown
from undisc.export import order_store as store
from undisc.export.converting import WorkersBusy
from undisc.export.making import Made, Making, Order
from undisc.export.media import Medium
from undisc.export.order_model import (
    KEPT,
    LONGEST_FOR_WHOM,
    MOST_UNFINISHED,
    NewOrder,
    OrderedMedium,
    OrderRefused,
    Stage,
    State,
    Wish,
    seconds_for,
)
from undisc.export.sealing import Sealer, new_package, new_passphrase
from undisc.export.service import Choices
from undisc.export.viewer import ViewerNotBuilt, viewer_files
from undisc.jobs.model import Again, Done, Ending, Hopeless, JobRefused, JobUnknown, Kind, Stopped
from undisc.jobs.service import Jobs
from undisc.keyring import Keyring

MEDIUM, REMOVAL = "medium", "medium-removal"
"""Kinds of jobs: making one, and removing it when its day is over."""

_SEALED_FOR = "medium"
_MOST_LISTED = 100
_NOTED_EVERY = 1.0
_LARGEST_NUMBER = 2**31 - 1


class LentFile(Protocol):
    @property
    def path(self) -> Path: ...

    def give_back(self) -> None: ...


class Places(Protocol):
    """Where what was made lies, for every replica: the archive's storage, by keys below media/."""

    def open(self, key: str) -> BinaryIO: ...

    def delete(self, key: str) -> None: ...

    def lend_place(self, key: str) -> LentFile: ...

    def take_back(self, lent: LentFile, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A medium to be sent. Close the stream."""

    medium: OrderedMedium
    stream: BinaryIO
    length: int


class Ordering:
    """One object for one data folder.

    making: builds what makes media, for each anew. make_ready: derives what came in just now and would be missing from
    what the viewer shows. It decides nothing: whoever orders has asked `sharing` whether they may hand these over.
    """

    def __init__(
        self,
        trail: Trail,
        jobs: Jobs,
        clock: Clock,
        keyring: Keyring,
        places: Places,
        making: Callable[[], Making],
        make_ready: Callable[[], object],
    ) -> None:
        self._trail = trail
        self._jobs = jobs
        self._clock = clock
        self._keyring = keyring
        self._places = places
        self._making = making
        self._make_ready = make_ready

    # -- for those who want one --------------------------------------------------------------------------------------

    def estimate(self, wish: Wish) -> tuple[int, int, int]:
        """Images, bytes and seconds, about; from rows alone. Raises StudyUnknown."""
        choices = Choices(for_whom=wish.for_whom, with_reports=wish.with_reports)
        found = self._making().exporting.estimate(wish.studies, choices)
        converted = found.bytes * found.to_convert / max(1, found.instances)
        return found.instances, found.bytes, seconds_for(found.bytes, converted)

    def order(self, wish: Wish, by: str) -> NewOrder:
        """Put a medium in line. by: as the trail names who ordered it.

        Raises OrderRefused (a plain sentence), StudyUnknown, and ViewerNotBuilt for a sealed one.
        """
        if wish.medium not in (Medium.ZIP, Medium.ISO):
            raise OrderRefused("A browser can fetch a ZIP file or a disc image.")
        if len(wish.for_whom) > LONGEST_FOR_WHOM or not wish.for_whom.isprintable():
            raise OrderRefused(f"Say in at most {LONGEST_FOR_WHOM} letters for whom it is.")
        images, _, seconds = self.estimate(wish)
        passphrase, lock = self._lock() if wish.sealed else ("", "")

        def act(work: UnitOfWork) -> OrderedMedium:
            locks.take(work.connection, [f"media of {by}"])
            if store.unfinished(work.connection, by) >= MOST_UNFINISHED:
                raise OrderRefused(
                    "There are several in line for you already. Wait until they are made, or cancel some."
                )
            values = {
                "ordered_at": work.clock.now(),
                "ordered_by": by,
                "lock": lock,
                "state": str(State.WAITING),
                "images": images,
                "seconds": seconds,
            }
            number = store.add(work.connection, values, wish)
            job = self._jobs.enqueue(work, MEDIUM, {"medium": number}, key=f"{MEDIUM}:{number}")
            store.change(work.connection, number, State.WAITING, job=job)
            studies = " ".join(str(study) for study in wish.studies)
            work.audit(Act("medium-ordered", by, {"medium": number, "studies": studies, "sealed": int(wish.sealed)}))
            made = store.one(work.connection, number)
            assert made is not None
            return made

        return NewOrder(self._trail.run(act), passphrase)

    def one(self, number: int) -> OrderedMedium | None:
        if not 0 < number <= _LARGEST_NUMBER:
            return None
        with self._trail.read() as connection:
            return store.one(connection, number)

    def newest(self, ordered_by: str | None = None) -> list[OrderedMedium]:
        """At most a hundred, newest first; of one person, or of all."""
        with self._trail.read() as connection:
            return store.newest(connection, ordered_by, _MOST_LISTED)

    def cancel(self, number: int, by: str) -> bool:
        """Stop what is made, or remove what is ready; False where there is nothing to stop or remove."""

        def act(work: UnitOfWork) -> bool:
            found = store.one(work.connection, number)
            values = {"state": str(State.CANCELLED), "lock": ""}
            if found is None or not store.change(
                work.connection, number, State.WAITING, State.MAKING, State.READY, State.FAILED, **values
            ):
                return False
            if found.job is not None:
                with suppress(JobRefused, JobUnknown):
                    self._jobs.cancel(work, found.job)
            work.audit(Act("medium-cancelled", by, {"medium": number}))
            return True

        stopped = self._trail.run(act)
        if stopped:
            self._remove_files(number)
        return stopped

    def fetch(self, number: int, by: str) -> Fetched | None:
        """What is ready, to be sent; None where it is not, or is gone."""
        found = self.one(number)
        if found is None or found.state is not State.READY or (found.until and found.until <= self._clock.now()):
            return None
        try:
            stream = self._places.open(_key(found))
        except FileNotFoundError:
            return None
        with self._trail.work() as work:
            work.audit(Act("medium-fetched", by, {"medium": number, "export": found.receipt}))
        return Fetched(found, stream, found.size)

    def _lock(self) -> tuple[str, str]:
        """A passphrase, and what a job needs that seals with it and never learns it."""
        next(viewer_files("", listing=False))  # a sealed medium is nothing without the viewer: better said now
        passphrase = new_passphrase()
        sealer = Sealer(new_package())
        parts = [sealer.key, *sealer.wrap(passphrase)]
        text = json.dumps([sealer.package, *(base64.b64encode(part).decode() for part in parts)])
        return passphrase, self._keyring.seal(_SEALED_FOR, text)

    # -- for the job that makes it -----------------------------------------------------------------------------------

    def carry_out(self, number: int, check: Callable[[], None]) -> Ending:
        """Make one, unless that is done or not wanted any more. check: raises Stopped when it has to end.

        Bears being begun anew: what an earlier attempt wrote never left, and is written over.
        """
        found = self.one(number)
        if found is None or not found.is_unfinished:
            return Done("There was nothing left to do.")
        try:
            return self._make(found, check)
        except WorkersBusy:
            return Again("All workers were busy.")
        except (MediumRefused, StudyUnknown, ViewerNotBuilt, OrderRefused) as error:
            return self._failed(number, str(error))
        except OSError as error:
            return self._failed(number, f"It could not be written: {error.strerror or 'the place cannot be used'}.")

    def _make(self, found: OrderedMedium, check: Callable[[], None]) -> Ending:
        self._note(found.id, Stage.CONVERTING, 0, found.images)
        self._make_ready()
        key = _key(found)
        # What an earlier attempt left, whose process was killed.
        self._places.delete(key)
        lent = self._places.lend_place(key)
        try:
            lent.path.unlink(missing_ok=True)
            made = self._made(found, lent.path, check)
            if not made.verified.is_good:
                return self._failed(found.id, made.verified.sentence, made.receipt)
            size = lent.path.stat().st_size
            self._places.take_back(lent, key)
        finally:
            lent.give_back()
        until = self._clock.now() + KEPT
        values = {
            "state": str(State.READY),
            "stage": "",
            "lock": "",
            "size": size,
            "receipt": made.receipt,
            "until": until,
        }

        def keep(work: UnitOfWork) -> bool:
            is_wanted = store.change(work.connection, found.id, State.MAKING, **values)
            if is_wanted:
                self._jobs.enqueue(work, REMOVAL, {"medium": found.id}, key=f"{REMOVAL}:{found.id}", not_before=until)
            return is_wanted

        if not self._trail.run(keep):
            self._places.delete(key)
            raise Stopped
        return Done(made.verified.sentence)

    def _made(self, found: OrderedMedium, target: Path, check: Callable[[], None]) -> Made:
        making = self._making()
        wish = found.wish
        choices = Choices(
            for_whom=wish.for_whom, with_reports=wish.with_reports, sealer=self._sealer(found) if wish.sealed else None
        )
        order = Order(wish.studies, wish.medium, choices, target=target, made_by=found.ordered_by)
        watcher = _Watcher(lambda stage, done, total: self._note(found.id, stage, done, total), check)
        with making.plan(order, watcher) as plan:
            made = list(making.make(plan, watcher, lambda part: None))
        return made[0]

    def _sealer(self, found: OrderedMedium) -> Sealer:
        with self._trail.read() as connection:
            lock = store.lock_of(connection, found.id)
        text = self._keyring.open(_SEALED_FOR, lock) if lock else None
        if text is None:
            raise OrderRefused("What it is sealed with cannot be read any more. Order it anew.")
        package, key, *wrapped = json.loads(text)
        salt, nonce, locked = (base64.b64decode(part) for part in wrapped)
        return Sealer(package, base64.b64decode(key), (salt, nonce, locked))

    def _note(self, number: int, stage: Stage, done: int, total: int) -> None:
        now = self._clock.now()

        def act(work: UnitOfWork) -> bool:
            found = store.one(work.connection, number)
            began = found.stage_at if found is not None and found.stage is stage else now
            values = {"stage": str(stage), "stage_at": began, "done": done, "total": total}
            return store.change(work.connection, number, State.WAITING, State.MAKING, state=str(State.MAKING), **values)

        if not self._trail.run(act):
            raise Stopped

    def _failed(self, number: int, reason: str, receipt: int | None = None) -> Ending:
        values = {"state": str(State.FAILED), "stage": "", "lock": "", "note": reason, "receipt": receipt}
        self._trail.run(lambda work: store.change(work.connection, number, State.WAITING, State.MAKING, **values))
        return Hopeless(reason)

    # -- for the job that removes it ---------------------------------------------------------------------------------

    def remove(self, number: int) -> None:
        """Remove what could be fetched for long enough."""
        self._remove_files(number)
        gone = {"state": str(State.REMOVED)}
        self._trail.run(lambda work: store.change(work.connection, number, State.READY, **gone))

    def _remove_files(self, number: int) -> None:
        found = self.one(number)
        if found is not None:
            with suppress(FileNotFoundError):
                self._places.delete(_key(found))


class _Watcher:
    """Notes how far the work is, about once a second, and stops it where it is to end."""

    def __init__(self, note: Callable[[Stage, int, int], None], check: Callable[[], None]) -> None:
        self._note = note
        self._check = check
        self._noted_at = 0.0
        self._stage = Stage.NONE
        self._total = self._wrote = self._read = 0

    def converted(self, done: int, count: int) -> None:
        self._tell(Stage.CONVERTING, done, count)

    def begins(self, part: str, size: int, *, burns: bool) -> None:
        self._total = size
        self._tell(Stage.WRITING, 0, size)

    def wrote(self, size: int) -> None:
        self._wrote += size
        self._tell(Stage.WRITING, self._wrote, max(self._total, self._wrote))

    def checked(self, size: int) -> None:
        self._read += size
        self._tell(Stage.READING, self._read, max(self._total, self._read))

    def burned(self, size: int) -> None:
        pass

    def _tell(self, stage: Stage, done: int, total: int) -> None:
        self._check()
        now = time.monotonic()
        if stage is self._stage and now - self._noted_at < _NOTED_EVERY:
            return
        self._stage, self._noted_at = stage, now
        self._note(stage, done, total)


def kinds(ordering: Ordering) -> list[Kind]:
    """How these jobs are done."""

    def removed(number: int) -> Ending:
        ordering.remove(number)
        return Done()

    return [
        Kind(MEDIUM, lambda job: ordering.carry_out(job.arguments["medium"], job.check), timedelta(hours=6)),
        Kind(REMOVAL, lambda job: removed(job.arguments["medium"]), timedelta(days=7)),
    ]


def _key(medium: OrderedMedium) -> str:
    return f"media/{medium.id:08d}.{medium.wish.medium}"
