"""How people sign in, step by step, and how they prove again that it is they who are there."""

from datetime import timedelta
from typing import Any

from undisc.accounts.people import proof_store, store
from undisc.accounts.people.challenges import Challenges
from undisc.accounts.people.codes import Codes
from undisc.accounts.people.devices import Devices
from undisc.accounts.people.guessing import PASSKEYS_OF_ONE_ADDRESS, Guessing
from undisc.accounts.people.model import Caller, Entered, Method, NotRight, Over, Person, Shut, SignedIn
from undisc.accounts.people.passkeys import Passkeys
from undisc.accounts.people.passwords import Passwords
from undisc.accounts.people.policy import email_key
from undisc.accounts.people.service import People
from undisc.audit.model import Act
from undisc.audit.trail import UnitOfWork

_SECOND = "second"
_SECOND_LIFE = timedelta(minutes=10)


class SigningIn:
    """Whatever is wrong, the answer is the same, and so is the work: nobody learns who has an account here."""

    def __init__(
        self, people: People, guessing: Guessing, passkeys: Passkeys, passwords: Passwords, codes: Codes
    ) -> None:
        self._people = people
        self._guessing = guessing
        self._passkeys = passkeys
        self._passwords = passwords
        self._codes = codes
        self._challenges = Challenges(people.keyring)
        self._devices = Devices(people.keyring)
        self._run = people.trail.run

    # By password, and then a code

    def password(self, email: str, password: str, caller: Caller) -> Person | NotRight | Shut:
        """The first step. Where it is right, the browser that has the caller's step is asked for a code next."""
        account = email_key(email) or email.strip().lower()[:254]

        def first(work: UnitOfWork) -> tuple[Person | None, str | None, bool, Shut | None]:
            person = store.person_by_email(work.connection, email)
            kept = proof_store.password_of(work.connection, person.id) if person else None
            known = person is not None and self._devices.knows(person.id, caller.device)
            until = self._guessing.take(work, "password", account, caller, known=known)
            return person, kept, known, Shut(until) if until else None

        person, kept, known, shut = self._run(first)
        if shut is not None:
            return shut
        # Outside any transaction, since it takes its time.
        right = self._passwords.right(password, kept)

        def then(work: UnitOfWork) -> Person | NotRight:
            if person is None or not right:
                # For nobody, too: what is written down takes its time.
                said = {"person": person.id if person else None, "by": "password"}
                work.audit(Act("sign-in-failed", "system", said))
                return NotRight()
            self._guessing.succeeded(work, "password", account, caller, known=known)
            self._challenges.put(work, caller.step, _SECOND, {}, _SECOND_LIFE, person.id)
            return person

        return self._run(then)

    def is_at_second(self, caller: Caller) -> bool:
        """Whether this browser has shown a password, and is to show a code."""
        return self._run(lambda work: self._challenges.look(work, caller.step, _SECOND)) is not None

    def second(
        self, code: str, caller: Caller, *, paper: bool = False, me: SignedIn | None = None
    ) -> Entered | NotRight | Shut | Over:
        """The second step, by a code of the generator or one on paper. me: the session that goes on, where somebody
        only proves again."""

        def act(work: UnitOfWork) -> Entered | NotRight | Shut | Over:
            asked = self._challenges.look(work, caller.step, _SECOND)
            person = store.person(work.connection, asked.person_id) if asked and asked.person_id else None
            if person is None or (me is not None and me.person.id != person.id):
                return Over()
            known = self._devices.knows(person.id, caller.device)
            until = self._guessing.take(work, "second", str(person.id), caller, known=known)
            if until is not None:
                return Shut(until)
            take = self._codes.take_paper if paper else self._codes.take
            if not take(work, person.id, code):
                by = "recovery code" if paper else "code"
                work.audit(Act("sign-in-failed", "system", {"person": person.id, "by": by}))
                return NotRight()
            self._guessing.succeeded(work, "second", str(person.id), caller, known=known)
            self._challenges.take(work, caller.step, _SECOND)
            return self.enter(work, person, Method.RECOVERY if paper else Method.PASSWORD, caller, me)

        return self._run(act)

    # By a passkey

    def ask_for_passkey(self, caller: Caller) -> dict[str, Any] | None:
        """What the browser is to answer with one of its keys; None for an address that asks far too often."""

        def act(work: UnitOfWork) -> dict[str, Any] | None:
            if not self._guessing.take_address(work, "passkey", caller, PASSKEYS_OF_ONE_ADDRESS):
                return None
            return self._passkeys.ask(work, caller.step)

        return self._run(act)

    def passkey(self, answer: dict[str, Any], caller: Caller, me: SignedIn | None = None) -> Entered | NotRight:
        """Two steps in one: what somebody has, and the finger or PIN that opens it."""

        def act(work: UnitOfWork) -> Entered | NotRight:
            person_id = self._passkeys.take(work, caller.step, answer)
            person = store.person(work.connection, person_id) if person_id is not None else None
            if person is None or (me is not None and me.person.id != person.id):
                if person_id is not None:
                    work.audit(Act("sign-in-failed", "system", {"person": person_id, "by": "passkey"}))
                return NotRight()
            return self.enter(work, person, Method.PASSKEY, caller, me)

        return self._run(act)

    def enter(
        self, work: UnitOfWork, person: Person, method: Method, caller: Caller, me: SignedIn | None = None
    ) -> Entered:
        """A session for somebody who has shown who they are, or theirs going on; both under a token that is new."""
        if me is not None:
            token, session_id = self._people.prove_again(work, me), me.session_id
        else:
            token, session_id = self._people.begin(work, person.id, method, caller.address, caller.agent)
        return Entered(person, token, session_id, self._devices.new(person.id))
