"""Places where people check in: the code behind the QR code on the wall, and the forms that it lets in.

The code keeps strangers from filling the list with forms; it opens nothing that is kept here. It is derived from the
keyring, so that a poster can be printed again, and shown to nobody by the database.
"""

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from undisc.accounts.people.tries import ShutUntil, Tries
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.keyring import Keyring
from undisc.sharing import check_in_store
from undisc.sharing.check_in_store import Place
from undisc.sharing.consent_model import CHECK_IN, Consent, ConsentForm
from undisc.sharing.consents import Consents

# Without what is read as something else; 10 of 32 letters are 50 bits.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 10
_LONGEST_NAME = 80
_PHONE_LASTS, _TABLET_LASTS = timedelta(hours=2), timedelta(hours=16)
_WITHIN = timedelta(hours=1)
# A whole clinic may come by one address; and one address never shuts a place for all others.
_WRONG_CODES, _FORMS_OF_PLACE, _FORMS_OF_ADDRESS = 20, 300, 100


@dataclass(frozen=True, slots=True)
class FormSession:
    """One person's form in one browser. tablet: it is the place's own, and the next person's after this one.

    form_token: goes into every form of this session. done: the ways that a signed form names, None before it is signed.
    """

    place: Place
    tablet: bool
    form_token: str
    done: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class WrongCode:
    """There is no such place, it has ended, or the code is another."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """More than people fill in here at such a time."""

    until: datetime


class CheckIn:
    """One object for one data folder. Every act and its entry in the trail are one transaction."""

    def __init__(self, trail: Trail, clock: Clock, keyring: Keyring, tries: Tries, consents: Consents) -> None:
        self._trail = trail
        self.clock = clock
        self._keyring = keyring
        self._tries = tries
        self._consents = consents

    def make(self, name: str, by: str) -> Place:
        """A new place. name: as staff call it, such as "Waiting room 2"."""
        with self._trail.work() as work:
            number = check_in_store.add(
                work.connection, name[:_LONGEST_NAME], secrets.token_hex(32), by, self.clock.now()
            )
            check_in_store.set_hash(work.connection, number, self._digest(self._code(number)))
            work.audit(Act("check-in-place-made", by, {"place": number}))
            place = check_in_store.one(work.connection, number)
            assert place is not None
            return place

    def end(self, place_id: int, by: str) -> bool:
        """Whatever was printed for this place opens nothing from now on; forms that are open there are not taken."""
        with self._trail.work() as work:
            ended = check_in_store.end(work.connection, place_id, self.clock.now())
            if ended:
                work.audit(Act("check-in-place-ended", by, {"place": place_id}))
            return ended

    def places(self) -> list[Place]:
        """All of them, those that have ended last."""
        with self._trail.read() as connection:
            return check_in_store.all_places(connection)

    def place(self, place_id: int) -> Place | None:
        with self._trail.read() as connection:
            return check_in_store.one(connection, place_id)

    def code(self, place: Place) -> str:
        """As it stands on the wall: "ABCDE-FGHJK"."""
        code = self._code(place.id)
        return f"{code[:5]}-{code[5:]}"

    def enter(self, place_id: int, code: str, address: str, *, tablet: bool = False) -> str | WrongCode | TooMany:
        """The token of a new form session for whoever has the code; a bounded number of wrong ones from an address."""
        given = "".join(letter for letter in code.upper() if letter.isalnum())
        with self._trail.work() as work:
            taken = self._tries.take(work, "check-in-code", f"{place_id} {address}", _WRONG_CODES, _WITHIN)
            if isinstance(taken, ShutUntil):
                return TooMany(taken.at)
            place = check_in_store.one(work.connection, place_id)
            right = hmac.compare_digest(self._digest(given), place.secret_hash if place else "")
            if place is None or place.ended_at is not None or not right:
                return WrongCode()
            self._tries.forget(work, "check-in-code", f"{place_id} {address}")
        return self._token(place_id, tablet, None)

    def session(self, token: str) -> FormSession | None:
        """The session that a token stands for, as long as it lasts and its place has not ended."""
        opened = self._keyring.open("check-in", token) if token else None
        if opened is None:
            return None
        kept = json.loads(opened)
        if self.clock.now() >= datetime.fromisoformat(kept["until"]):
            return None
        place = self.place(kept["place"])
        if place is None or place.ended_at is not None:
            return None
        done = None if kept["done"] is None else tuple(kept["done"])
        return FormSession(place, kept["tablet"], self._keyring.digest("check-in form", kept["nonce"]), done)

    def anew(self, session: FormSession, done: tuple[str, ...] | None = None) -> str:
        """The token of the next session in this browser: what was filled in before belongs to it no more."""
        return self._token(session.place.id, session.tablet, done)

    def sign(self, session: FormSession, form: ConsentForm, address: str) -> Consent | TooMany:
        """Keep what was signed at a place. A bounded number of forms an hour, by place and by address."""
        place = session.place.id
        with self._trail.work() as work:
            shut = self._shut(work, place, address)
        return TooMany(shut) if shut else self._consents.sign(form, f"{CHECK_IN}{place}")

    def _shut(self, work: UnitOfWork, place: int, address: str) -> datetime | None:
        of_place = self._tries.take(work, "check-in-place", str(place), _FORMS_OF_PLACE, _WITHIN)
        of_address = self._tries.take(work, "check-in-address", address, _FORMS_OF_ADDRESS, _WITHIN)
        return max((taken.at for taken in (of_place, of_address) if isinstance(taken, ShutUntil)), default=None)

    def _token(self, place_id: int, tablet: bool, done: tuple[str, ...] | None) -> str:
        until = self.clock.now() + (_TABLET_LASTS if tablet else _PHONE_LASTS)
        kept = {"place": place_id, "tablet": tablet, "until": until.isoformat(), "nonce": secrets.token_hex(16)}
        return self._keyring.seal("check-in", json.dumps(kept | {"done": done}))

    def _digest(self, code: str) -> str:
        return self._keyring.digest("check-in code", code)

    def _code(self, number: int) -> str:
        derived = bytes.fromhex(self._keyring.digest("check-in place", str(number)))
        return "".join(_LETTERS[byte % len(_LETTERS)] for byte in derived[:_CODE_LENGTH])
