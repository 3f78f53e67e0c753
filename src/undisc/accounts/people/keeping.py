"""What somebody signs in by, as they keep it themselves; and who is here, as administrators keep it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from undisc.accounts.people import proof_store, store
from undisc.accounts.people.challenges import Challenges
from undisc.accounts.people.codes import Codes, new_seed, step_of
from undisc.accounts.people.model import WORKERS, Caller, NotRight, Over, Passkey, Person, Role, SignedIn
from undisc.accounts.people.passkeys import Passkeys
from undisc.accounts.people.passwords import Passwords, weigh
from undisc.accounts.people.service import People, PeopleRefused, Session
from undisc.audit.model import Act
from undisc.audit.trail import UnitOfWork

_PROVING = "new-password"
_LIFE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Overview:
    """By what somebody signs in, and where they have done so."""

    passkeys: tuple[Passkey, ...]
    password_changed_at: datetime | None
    paper_codes: int
    elsewhere: tuple[str, ...]
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody in the list of people. ways: passkey, password, single sign-on."""

    person: Person
    ways: frozenset[str]
    seen_at: datetime | None
    closed_at: datetime | None


class Keeping:
    """Whatever changes a key or a role needs a fresh proof (ProofTooOld otherwise)."""

    def __init__(self, people: People, passkeys: Passkeys, passwords: Passwords, codes: Codes) -> None:
        self._people = people
        self._passkeys = passkeys
        self._passwords = passwords
        self._codes = codes
        self._challenges = Challenges(people.keyring)
        self._run = people.trail.run

    # One's own

    def overview(self, me: SignedIn) -> Overview:
        with self._people.trail.read() as connection:
            return Overview(
                passkeys=tuple(proof_store.passkeys_of(connection, me.person.id)),
                password_changed_at=proof_store.password_changed_at(connection, me.person.id),
                paper_codes=proof_store.recovery_codes_left(connection, me.person.id),
                elsewhere=tuple(proof_store.identities_of(connection, me.person.id)),
                sessions=tuple(self._people.sessions_of(me.person.id)),
            )

    def ask_for_new_passkey(self, me: SignedIn, caller: Caller) -> dict[str, Any]:
        self._people.require_fresh(me)

        def act(work: UnitOfWork) -> dict[str, Any]:
            have = proof_store.credential_ids_of(work.connection, me.person.id)
            who = me.person.email or f"{me.person.name} ({me.person.id})"
            return self._passkeys.ask_for_new(work, caller.step, who, me.person.name, have)

        return self._run(act)

    def add_passkey(self, me: SignedIn, answer: dict[str, Any], label: str, caller: Caller) -> Passkey | NotRight:
        self._people.require_fresh(me)

        def act(work: UnitOfWork) -> Passkey | NotRight:
            key = self._passkeys.take_new(work, caller.step, answer)
            if key is None:
                return NotRight()
            number = self._passkeys.keep(work, me.person.id, key, label)
            work.audit(Act("key-added", me.actor, {"person": me.person.id, "passkey": number}))
            return next(each for each in proof_store.passkeys_of(work.connection, me.person.id) if each.id == number)

        return self._run(act)

    def remove_passkey(self, me: SignedIn, passkey_id: int) -> bool:
        """False where it is nobody's or somebody else's. Raises PeopleRefused for the last way of who works here."""
        self._people.require_fresh(me)

        def act(work: UnitOfWork) -> bool:
            connection = work.connection
            others = [each for each in proof_store.passkeys_of(connection, me.person.id) if each.id != passkey_id]
            another = others or proof_store.password_of(connection, me.person.id)
            another = another or proof_store.identities_of(connection, me.person.id)
            if not another and me.person.roles & WORKERS:
                raise PeopleRefused("This is the last way by which you can sign in. Add another one first.")
            removed = proof_store.remove_passkey(connection, me.person.id, passkey_id)
            if removed:
                work.audit(Act("key-removed", me.actor, {"person": me.person.id, "passkey": passkey_id}))
            return removed

        return self._run(act)

    def choose_password(self, me: SignedIn, password: str, caller: Caller) -> str:
        """Keep what was chosen until a generator of codes is shown to work: its seed. Raises TooWeak, PeopleRefused."""
        self._people.require_fresh(me)
        if not me.person.email:
            raise PeopleRefused("Somebody who signs in by a password needs an e-mail address.")
        weigh(password, (me.person.name, me.person.email))
        seed, hashed = new_seed(), self._passwords.keep(password)

        def act(work: UnitOfWork) -> str:
            taken = store.person_by_email(work.connection, me.person.email)
            if taken is not None and taken.id != me.person.id:
                raise PeopleRefused("Somebody with this e-mail address signs in here already.")
            data = {"hash": hashed, "seed": seed}
            self._challenges.put(work, caller.step, _PROVING, data, _LIFE, me.person.id)
            return seed

        return self._run(act)

    def chosen(self, me: SignedIn, caller: Caller) -> str | None:
        """The seed once more, for showing the page again."""
        found = self._run(lambda work: self._challenges.look(work, caller.step, _PROVING))
        return found.data["seed"] if found and found.person_id == me.person.id else None

    def confirm_password(self, me: SignedIn, code: str, caller: Caller) -> list[str] | NotRight | Over:
        """With the first code of the generator the password counts, other sessions end, and there are new codes for
        paper."""
        self._people.require_fresh(me)

        def act(work: UnitOfWork) -> list[str] | NotRight | Over:
            proving = self._challenges.look(work, caller.step, _PROVING)
            if proving is None or proving.person_id != me.person.id:
                return Over()
            step = step_of(proving.data["seed"], code, self._people.clock.now().timestamp())
            if step is None:
                return NotRight()
            self._challenges.take(work, caller.step, _PROVING)
            now = self._people.clock.now()
            proof_store.set_password(work.connection, me.person.id, proving.data["hash"], now)
            store.change_person(work.connection, me.person.id, email=me.person.email)  # found by it from now on
            self._codes.keep_generator(work, me.person.id, proving.data["seed"], step)
            self._people.end_all(work, me.person.id, me.actor, but=me.session_id)
            work.audit(Act("key-added", me.actor, {"person": me.person.id, "by": "password"}))
            return self._codes.renew_paper(work, me.person.id)

        return self._run(act)

    def renew_paper(self, me: SignedIn) -> list[str]:
        """Ten new codes for paper; those before are void."""
        self._people.require_fresh(me)

        def act(work: UnitOfWork) -> list[str]:
            if proof_store.password_of(work.connection, me.person.id) is None:
                raise PeopleRefused("Codes for paper stand in for those of the telephone. You sign in without any.")
            work.audit(Act("key-added", me.actor, {"person": me.person.id, "by": "recovery codes"}))
            return self._codes.renew_paper(work, me.person.id)

        return self._run(act)

    def end_session(self, me: SignedIn, session_id: int) -> bool:
        """End one of one's own; False for any other."""
        mine = {each.id for each in self._people.sessions_of(me.person.id)}
        return session_id in mine and self._people.end(session_id, me.actor)

    def end_other_sessions(self, me: SignedIn) -> int:
        return self._run(lambda work: self._people.end_all(work, me.person.id, me.actor, but=me.session_id))

    # Everybody's, for administrators

    def everybody(self) -> list[Listed]:
        with self._people.trail.read() as connection:
            ways, seen = store.ways_of(connection), store.last_seen(connection)
            return [
                Listed(person, frozenset(ways.get(person.id, ())), seen.get(person.id), closed_at)
                for person, closed_at in store.everybody(connection)
            ]

    def listed(self, person_id: int) -> Listed | None:
        return next((each for each in self.everybody() if each.person.id == person_id), None)

    def change_roles(self, by: str, person_id: int, roles: frozenset[Role]) -> None:
        """Roles of those who work here; what somebody is to patients follows from relations and stays.

        Sessions go on, with the new roles from the next page on; those of somebody who did not work here do not, since
        they last longer and may have begun by a link alone. Raises PeopleRefused.
        """

        def act(work: UnitOfWork) -> None:
            person = self._there(work, person_id)
            changed = (roles & WORKERS) | (person.roles - WORKERS)
            if not changed:
                raise PeopleRefused("Somebody without any role can do nothing here. Close the account instead.")
            if Role.ADMINISTRATOR in person.roles - changed:
                self._not_the_last(work, person)
            store.change_person(work.connection, person_id, roles=store.words_of(changed))
            if changed & WORKERS and not person.roles & WORKERS:
                self._people.end_all(work, person_id, by)
            elif person.roles - changed:
                self._people.end_viewing(work, person_id)
            work.audit(Act("roles-changed", by, {"person": person_id, "roles": store.words_of(changed)}))

        self._run(act)

    def close(self, by: str, person_id: int) -> None:
        """Nobody signs in to it any more, and whoever is, is out at once. Can be undone. Raises PeopleRefused."""

        def act(work: UnitOfWork) -> None:
            person = self._there(work, person_id)
            if Role.ADMINISTRATOR in person.roles:
                self._not_the_last(work, person)
            self._people.end_all(work, person_id, by)
            store.close_person(work.connection, person_id, self._people.clock.now())
            work.audit(Act("person-closed", by, {"person": person_id}))

        self._run(act)

    def reopen(self, by: str, person_id: int) -> bool:
        def act(work: UnitOfWork) -> bool:
            done = store.reopen_person(work.connection, person_id)
            if done:
                work.audit(Act("person-reopened", by, {"person": person_id}))
            return done

        return self._run(act)

    def _there(self, work: UnitOfWork, person_id: int) -> Person:
        person = store.person(work.connection, person_id)
        if person is None:
            raise PeopleRefused("There is no such account, or it was closed.")
        return person

    def _not_the_last(self, work: UnitOfWork, person: Person) -> None:
        if not [each for each in store.people_with(work.connection, Role.ADMINISTRATOR) if each.id != person.id]:
            raise PeopleRefused("This is the last administrator. Make another one first.")
