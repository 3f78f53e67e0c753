"""Messages, as others use them: put one in line, see how those fare, try again, take one out."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.jobs.service import Jobs
from undisc.keyring import Keyring
from undisc.messaging import policy, store
from undisc.messaging.model import (
    Carried,
    Carrier,
    Letter,
    Message,
    MessageRefused,
    MessageUnknown,
    Never,
    NotYet,
    Taken,
    Way,
    is_address,
    shown,
)

MESSAGE = "message"
"""The kind of job that carries one out."""

REMINDER = "reminder"
_SEALED_FOR = "message"
_MOST_LISTED = 200
_TROUBLE_LASTS = timedelta(days=14)
STATES = ("waiting", "sent", "failed", "cancelled")


class Messaging:
    """One object for one data folder. carriers: by which ways messages leave; what is not in it cannot be sent."""

    def __init__(
        self, trail: Trail, clock: Clock, jobs: Jobs, keyring: Keyring, carriers: Mapping[Way, Carrier]
    ) -> None:
        self._trail = trail
        self._clock = clock
        self._jobs = jobs
        self._keyring = keyring
        self._carriers = dict(carriers)

    def ways(self) -> frozenset[Way]:
        """By which ways messages can leave."""
        return frozenset(self._carriers)

    def send(
        self,
        work: UnitOfWork,
        letter: Letter,
        purpose: str,
        *,
        link_id: str | None = None,
        person_id: int | None = None,
        not_before: datetime | None = None,
    ) -> int:
        """Put a message in line; it is there when the caller's transaction is. Returns its number.

        Its text is kept sealed until it is sent or given up. What could never be sent is written down as failed, with
        the reason, and costs the caller nothing. A reminder ("reminder") of a link that was opened meanwhile, and
        anything about a link that has ended, is not sent.
        """
        reason = self._unsendable(letter)
        due = max(not_before or work.clock.now(), work.clock.now())
        text = json.dumps([due.isoformat(), letter.address, letter.subject, letter.text], ensure_ascii=False)
        number = store.add(
            work.connection,
            way=letter.way.value,
            purpose=purpose,
            sealed="" if reason else self._keyring.seal(_SEALED_FOR, text),
            shown_to="" if reason else shown(letter.way, letter.address),
            link_id=link_id,
            person_id=person_id,
            state="failed" if reason else "waiting",
            note=reason,
            made_at=work.clock.now(),
        )
        if reason:
            work.audit(_act("message-failed", number, letter.way.value, purpose, link_id))
        else:
            self._jobs.enqueue(work, MESSAGE, {"message": number}, key=_key(number), not_before=not_before)
        return number

    def troubles(self) -> list[Message]:
        """What staff should look at, newest first: failed in the last two weeks, or still tried after a failure."""
        with self._trail.read() as connection:
            return store.troubled(connection, self._clock.now() - _TROUBLE_LASTS, _MOST_LISTED)

    def of_link(self, link_id: str) -> list[Message]:
        """All that was sent because of one link, newest first."""
        with self._trail.read() as connection:
            return store.of_link(connection, link_id, _MOST_LISTED)

    def all(self, states: Collection[str] = STATES) -> list[Message]:
        """At most two hundred, newest first."""
        with self._trail.read() as connection:
            return store.listed(connection, states, _MOST_LISTED)

    def one(self, number: int) -> Message:
        """Raises MessageUnknown."""
        with self._trail.read() as connection:
            found = store.one(connection, number)
        if found is None:
            raise _unknown(number)
        return found

    def retry(self, work: UnitOfWork, number: int, by: str = "operator") -> None:
        """Have a message that waits tried at once. Raises MessageUnknown, and MessageRefused for one that has ended:
        its text is gone."""
        self._waiting(work, number)
        self._jobs.enqueue(work, MESSAGE, {"message": number}, key=_key(number))
        work.audit(Act("message-retried", by, {"message": number}))

    def cancel(self, work: UnitOfWork, number: int, by: str = "operator") -> None:
        """Take a message out of line, its text gone. One that is being sent at this moment may still go. Raises
        MessageUnknown and MessageRefused."""
        self._waiting(work, number)
        store.end(work.connection, number, "cancelled", "", sent_at=None, tries=0)
        work.audit(Act("message-cancelled", by, {"message": number}))

    def carry_out(self, number: int) -> Carried:
        """Send one message, unless that is done or not wanted any more; and write down how it went.

        Where the other side took it and this process died before that was written, it is sent again, under the same
        reference: never losing one is held higher than never repeating one.
        """
        with self._trail.read() as connection:
            row = store.sealed(connection, number)
            ends = store.link_end(connection, row.link_id) if row is not None and row.link_id else None
            opened = row is not None and row.link_id and store.was_opened(connection, row.link_id)
        if row is None or row.state != "waiting":
            return Taken("There was nothing left to do.")
        if row.purpose == REMINDER and opened:
            self._trail.run(lambda work: self._drop(work, number, "Its link was opened before."))
            return Taken("There was nothing left to remind of.")
        carried = self._try(row, self._clock.now(), ends)
        self._trail.run(lambda work: self._write_down(work, number, row.way, row.purpose, row.link_id, carried))
        return carried

    def _try(self, row: Row[Any], now: datetime, ends: datetime | None) -> Carried:
        if ends is not None and ends <= now:
            return Never("Its link ended before it was sent.")
        clear = self._keyring.open(_SEALED_FOR, row.sealed)
        if clear is None:
            return Never("It was sealed with another key (UNDISC_SECRETS_KEY_FILE), and cannot be read.")
        due_at, address, subject, text = json.loads(clear)
        due = datetime.fromisoformat(due_at)
        why_not = policy.stale(row.purpose, due, now)
        if why_not:
            return Never(why_not)
        carried = self._carry(Letter(Way(row.way), address, subject, text), f"{row.id}.{_reference(row.sealed)}")
        return policy.settled(carried, row.purpose, due, self._clock.now())

    def _drop(self, work: UnitOfWork, number: int, note: str) -> None:
        store.end(work.connection, number, "cancelled", note, sent_at=None, tries=0)

    def _carry(self, letter: Letter, reference: str) -> Carried:
        carrier = self._carriers.get(letter.way)
        if carrier is None:
            return NotYet(_no_way(letter.way))
        try:
            return carrier.carry(letter, reference)
        except Exception as error:  # its own text could quote an address, a link or a code
            return NotYet(f"Something went wrong inside Undisc ({type(error).__name__}).")

    def _write_down(
        self, work: UnitOfWork, number: int, way: str, purpose: str, link_id: str | None, carried: Carried
    ) -> None:
        if isinstance(carried, NotYet):
            store.tried(work.connection, number, carried.reason)
            return
        was_sent = isinstance(carried, Taken)
        note = carried.note if isinstance(carried, Taken) else carried.reason
        sent_at = work.clock.now() if was_sent else None
        # What was cancelled while it went out is told as sent as well: the trail says what happened.
        store.end(work.connection, number, "sent" if was_sent else "failed", note, sent_at=sent_at, tries=1)
        work.audit(_act("message-sent" if was_sent else "message-failed", number, way, purpose, link_id))

    def _unsendable(self, letter: Letter) -> str:
        if letter.way not in self._carriers:
            return _no_way(letter.way)
        if not is_address(letter.way, letter.address):
            return "This is no e-mail address." if letter.way is Way.EMAIL else "This is no telephone number."
        return ""

    def _waiting(self, work: UnitOfWork, number: int) -> None:
        row = store.sealed(work.connection, number, lock=True)
        if row is None:
            raise _unknown(number)
        if row.state != "waiting":
            raise MessageRefused(f"Message {number} is {row.state}, and its text is gone. Send the link anew.")


def _key(number: int) -> str:
    return f"message:{number}"


def _reference(sealed: str) -> str:
    """What tells this message from all others, the same at every attempt; its first letters are a random nonce."""
    return sealed[:16]


def _act(action: str, number: int, way: str, purpose: str, link_id: str | None) -> Act:
    subject = {"message": number, "way": way, "purpose": purpose, "link": link_id}
    return Act(action, "system", subject)  # type: ignore[arg-type]


def _no_way(way: Way) -> str:
    if way is Way.EMAIL:
        return "No mail server is set (UNDISC_MAIL_URL)."
    return "No gateway for text messages is set (UNDISC_TEXT_URL)."


def _unknown(number: int) -> MessageUnknown:
    return MessageUnknown(f"There is no message {number}. `undisc messages list` names those that are.")
