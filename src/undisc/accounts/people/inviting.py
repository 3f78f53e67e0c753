"""Letting people in: invitations, the first administrator's link, and how somebody accepts one."""

from datetime import timedelta
from typing import Any

from undisc.accounts.people import invitation_store, proof_store, store
from undisc.accounts.people.challenges import Challenges
from undisc.accounts.people.codes import Codes, new_seed, step_of
from undisc.accounts.people.guessing import Guessing
from undisc.accounts.people.model import (
    Caller,
    Entered,
    Invitation,
    Method,
    NewInvitation,
    NotRight,
    Over,
    PatientKey,
    Person,
    Role,
)
from undisc.accounts.people.passkeys import Passkeys
from undisc.accounts.people.passwords import Passwords, weigh
from undisc.accounts.people.policy import email_key
from undisc.accounts.people.service import People, PeopleRefused, digest
from undisc.accounts.people.signing_in import SigningIn
from undisc.audit.model import Act
from undisc.audit.trail import UnitOfWork

_FOR_ADMINISTRATORS = timedelta(hours=24)
_JOINING, _PROVING = "joining", "joining-code"
_TIME_TO_JOIN = timedelta(minutes=30)
FIRST_START = "first start"


class Inviting:
    def __init__(
        self,
        people: People,
        signing_in: SigningIn,
        guessing: Guessing,
        passkeys: Passkeys,
        passwords: Passwords,
        codes: Codes,
    ) -> None:
        self._people = people
        self._signing_in = signing_in
        self._guessing = guessing
        self._passkeys = passkeys
        self._passwords = passwords
        self._codes = codes
        self._challenges = Challenges(people.keyring)
        self._run = people.trail.run

    # Administrators' links, from the server's own console

    def first_administrator(self) -> NewInvitation | None:
        """A link for whoever starts the place: only while no administrator exists."""
        if self._people.people_with(Role.ADMINISTRATOR):
            return None
        return self.administrator_link(FIRST_START)

    def administrator_link(self, made_by: str = "operator") -> NewInvitation:
        """A link that makes one more administrator, once, within a day."""

        def act(work: UnitOfWork) -> NewInvitation:
            roles = frozenset({Role.ADMINISTRATOR})
            return self._people.invite(work, made_by, name="", email="", roles=roles, lifetime=_FOR_ADMINISTRATORS)

        return self._run(act)

    def renew(self, work: UnitOfWork, person_id: int, by: str) -> NewInvitation:
        """A link for somebody who lost their way of signing in; what they had opens nothing once it is used."""
        found = store.person(work.connection, person_id)
        if found is None:
            raise PeopleRefused("This account was closed.")
        return self._people.invite(
            work,
            by,
            name=found.name,
            email=found.email,
            phone=found.phone,
            roles=found.roles,
            renews=person_id,
            lifetime=_FOR_ADMINISTRATORS,
        )

    def invitations(self) -> list[Invitation]:
        """Those that are open, newest first."""
        with self._people.trail.read() as connection:
            return invitation_store.open_ones(connection, self._people.clock.now())

    def revoke(self, invitation_id: int, by: str) -> bool:
        """Have an invitation open nothing any more; False where it was used or over."""

        def act(work: UnitOfWork) -> bool:
            ended = invitation_store.revoke(work.connection, invitation_id, self._people.clock.now())
            if ended:
                work.audit(Act("invitation-ended", by, {"invitation": invitation_id}))
            return ended

        return self._run(act)

    # Accepting one

    def accept(self, secret: str, caller: Caller) -> Invitation | None:
        """The invitation with this secret, open, and from now on in this browser's hands; None for any other secret."""

        def act(work: UnitOfWork) -> Invitation | None:
            if not self._guessing.take_address(work, "invitation", caller):
                return None
            found = invitation_store.by_secret(work.connection, digest(secret[:200]), self._people.clock.now())
            found = found if found and self._stands(work, found) else None
            if found is not None:
                self._challenges.put(work, caller.step, _JOINING, {"invitation": found.id}, _TIME_TO_JOIN)
            return found

        return self._run(act)

    def joining(self, caller: Caller) -> Invitation | None:
        """The invitation that this browser holds, while it is open."""
        return self._run(lambda work: self._held(work, caller))

    def ask_for_new_passkey(self, name: str, email: str, caller: Caller) -> dict[str, Any] | None:
        """None where the browser holds no invitation. Raises PeopleRefused for a name or address that will not do."""

        def act(work: UnitOfWork) -> dict[str, Any] | None:
            invitation = self._held(work, caller)
            if invitation is None:
                return None
            said = self._said(work, invitation, name, email)
            held = {"invitation": invitation.id, "said": said}
            self._challenges.put(work, caller.step, _JOINING, held, _TIME_TO_JOIN)
            return self._passkeys.ask_for_new(work, caller.step, said["email"], said["name"], [])

        return self._run(act)

    def join_by_passkey(self, answer: dict[str, Any], label: str, caller: Caller) -> Entered | NotRight | Over:
        def act(work: UnitOfWork) -> Entered | NotRight | Over:
            key = self._passkeys.take_new(work, caller.step, answer)
            invitation, said = self._held_with_words(work, caller)
            if invitation is None or said is None:
                return Over()
            if key is None:
                return NotRight()
            person = self._let_in(work, invitation, said)
            self._passkeys.keep(work, person.id, key, label)
            self._challenges.take(work, caller.step, _JOINING)
            return self._signing_in.enter(work, person, Method.INVITATION, caller)

        return self._run(act)

    def choose_password(self, name: str, email: str, password: str, caller: Caller) -> tuple[str, str] | Over:
        """Keep what was chosen until a generator of codes is shown to work: its seed, and whom it is for.

        Raises TooWeak, and PeopleRefused as above.
        """
        weigh(password, (name, email))
        hashed = self._passwords.keep(password)

        def act(work: UnitOfWork) -> tuple[str, str] | Over:
            invitation = self._held(work, caller)
            if invitation is None:
                return Over()
            said = self._said(work, invitation, name, email)
            if not said["email"]:
                raise PeopleRefused("Somebody who signs in by a password needs an e-mail address.")
            seed = new_seed()
            held = {"invitation": invitation.id, "said": said}
            self._challenges.put(work, caller.step, _JOINING, held, _TIME_TO_JOIN)
            self._challenges.put(work, caller.step, _PROVING, {"hash": hashed, "seed": seed}, _TIME_TO_JOIN)
            return seed, said["email"]

        return self._run(act)

    def chosen(self, caller: Caller) -> tuple[str, str] | None:
        """The seed and whom it is for, once more, for showing the page again."""

        def act(work: UnitOfWork) -> tuple[str, str] | None:
            proving = self._challenges.look(work, caller.step, _PROVING)
            _, said = self._held_with_words(work, caller)
            return (proving.data["seed"], said["email"]) if proving and said else None

        return self._run(act)

    def join_by_password(self, code: str, caller: Caller) -> tuple[Entered, list[str]] | NotRight | Over:
        """With the first code of the generator: somebody is let in, and gets codes for paper."""

        def act(work: UnitOfWork) -> tuple[Entered, list[str]] | NotRight | Over:
            proving = self._challenges.look(work, caller.step, _PROVING)
            invitation, said = self._held_with_words(work, caller)
            if proving is None or invitation is None or said is None:
                return Over()
            seed = proving.data["seed"]
            step = step_of(seed, code, self._people.clock.now().timestamp())
            if step is None:
                return NotRight()
            self._challenges.take(work, caller.step, _PROVING)
            self._challenges.take(work, caller.step, _JOINING)
            person = self._let_in(work, invitation, said)
            proof_store.set_password(work.connection, person.id, proving.data["hash"], self._people.clock.now())
            self._codes.keep_generator(work, person.id, seed, step)
            paper = self._codes.renew_paper(work, person.id)
            return self._signing_in.enter(work, person, Method.INVITATION, caller), paper

        return self._run(act)

    def join_by_identity(self, work: UnitOfWork, invitation: Invitation, roles: frozenset[Role] | None) -> Person:
        """Somebody whose e-mail address another place vouches for: invited, and so let in. roles: what it says."""
        said = {"name": invitation.name or invitation.email, "email": invitation.email}
        return self._let_in(work, invitation, said, roles)

    def _stands(self, work: UnitOfWork, invitation: Invitation) -> bool:
        # Every start before there was an administrator printed a link; the first one used is the only one.
        if invitation.made_by == FIRST_START:
            return not store.people_with(work.connection, Role.ADMINISTRATOR)
        kind, _, number = invitation.made_by.partition(":")
        return kind != "person" or self._may_still_invite(work, int(number), invitation)

    def _may_still_invite(self, work: UnitOfWork, maker: int, invitation: Invitation) -> bool:
        """Whoever could ask nobody in any more lets nobody in, themselves under another name least of all."""
        person = store.person(work.connection, maker)
        if person is None:
            return False
        if invitation.patient is None:
            return Role.ADMINISTRATOR in person.roles
        relations = store.relations_of_person(work.connection, maker, self._people.clock.now())
        return any(relation.patient == invitation.patient for relation in relations)

    def _held(self, work: UnitOfWork, caller: Caller) -> Invitation | None:
        return self._held_with_words(work, caller)[0]

    def _held_with_words(self, work: UnitOfWork, caller: Caller) -> tuple[Invitation | None, dict[str, str] | None]:
        asked = self._challenges.look(work, caller.step, _JOINING)
        if asked is None:
            return None, None
        found = invitation_store.by_id(work.connection, asked.data["invitation"], self._people.clock.now())
        if found is None or found.state != "open" or not self._stands(work, found):
            return None, None
        return found, asked.data.get("said")

    def _said(self, work: UnitOfWork, invitation: Invitation, name: str, email: str) -> dict[str, str]:
        """What somebody says of themselves, tidied. The address of an invitation that has one stays."""
        name = " ".join(name.split())[:120]
        if not name:
            raise PeopleRefused("Say your name, as others here should read it.")
        address = invitation.email or email.strip()
        if address and email_key(address) is None:
            raise PeopleRefused("This is no e-mail address.")
        if not address and not invitation.patient:
            raise PeopleRefused("Say your e-mail address.")
        taken = store.person_by_email(work.connection, address) if address else None
        if taken is not None and taken.id != invitation.renews:
            raise PeopleRefused("Somebody with this e-mail address signs in here already.")
        return {"name": name, "email": address}

    def _let_in(
        self, work: UnitOfWork, invitation: Invitation, said: dict[str, str], roles: frozenset[Role] | None = None
    ) -> Person:
        """Use an invitation up, in favour of somebody. Two who use it at once are one too many: the later one fails."""
        now = self._people.clock.now()
        if not self._stands(work, invitation) or not invitation_store.use(work.connection, invitation.id, now):
            raise PeopleRefused("This invitation was used already.")
        if invitation.renews is not None:
            found = store.person(work.connection, invitation.renews)
            if found is None:
                raise PeopleRefused("This account was closed.")
            proof_store.forget_proofs(work.connection, found.id)
            self._people.end_all(work, found.id, f"person:{found.id}")
            store.change_person(work.connection, found.id, name=said["name"], email=said["email"] or found.email)
            person = store.person(work.connection, found.id) or found
        else:
            new = Person(0, said["name"], said["email"], invitation.phone, "", roles or invitation.roles)
            person = self._people.add_person(work, new)
        if invitation.patient is not None:
            key: PatientKey = invitation.patient
            until = invitation.relation_until
            self._people.relate(work, person.id, key, invitation.relation, until, invitation.made_by)
        if Role.ADMINISTRATOR in person.roles:
            invitation_store.revoke_made_by(work.connection, FIRST_START, now)
        work.audit(Act("person-joined", f"person:{person.id}", {"person": person.id, "invitation": invitation.id}))
        return person
