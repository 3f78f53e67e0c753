"""People as pages and policies know them: who is signed in, to whom they belong, whose glass was broken."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from undisc.accounts.people import invitation_store, store
from undisc.accounts.people.model import (
    WORKERS,
    Glass,
    Method,
    NewInvitation,
    PatientKey,
    Person,
    Relation,
    Role,
    SignedIn,
)
from undisc.accounts.people.policy import (
    LONGEST_REASON,
    SHORTEST_REASON,
    Ends,
    email_key,
    is_fresh,
    may_break_glass,
    stands,
)
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.db import locks
from undisc.errors import UndiscError
from undisc.keyring import Keyring

_TOKEN_BYTES = 32
_LONGEST_AGENT = 300
# A session is noted as used at most so often: a page with twenty pictures is one use.
_NOTED_EVERY = timedelta(minutes=1)

OnEnd = Callable[[UnitOfWork, int], None]
"""What ends with a person's session, in the same transaction; it is given the session's number."""


class PeopleRefused(UndiscError):
    """Why something about a person cannot be done, in a plain sentence."""


class ProofTooOld(UndiscError):
    """What was asked for needs a proof of the last minutes."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its person sees it in the list of theirs."""

    id: int
    method: Method
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """A glass as the privacy officer reads of it."""

    glass: Glass
    person_id: int
    name: str
    seen_at: datetime | None
    seen_by: str


class People:
    """One object for one data folder. Every act and its entry in the trail are one transaction."""

    def __init__(
        self, trail: Trail, clock: Clock, keyring: Keyring, ends: Ends | None = None, glass_hours: int = 4
    ) -> None:
        self.trail = trail
        self.clock = clock
        self.keyring = keyring
        self.ends = ends or Ends()
        self._glass = timedelta(hours=glass_hours)
        self._on_end: list[OnEnd] = []
        self._on_glass: Callable[[UnitOfWork, BrokenGlass], None] | None = None

    def when_session_ends(self, act: OnEnd) -> None:
        """Have something done whenever a session is ended, in that transaction."""
        self._on_end.append(act)

    def when_glass_breaks(self, act: Callable[[UnitOfWork, BrokenGlass], None]) -> None:
        """Have this one thing done whenever a glass is broken, in that transaction, and no longer what was before."""
        self._on_glass = act

    # Sessions

    def signed_in(self, token: str) -> SignedIn | None:
        """Whose session this is, with relations and glasses that hold now; None where it stands no more."""
        if not 1 <= len(token) <= 128:
            return None
        now = self.clock.now()
        with self.trail.read() as connection:
            row = store.session_by_digest(connection, digest(token))
            if row is None:
                return None
            roles = store.roles_of(row.roles)
            idle = self.ends.idle_of(roles)
            if not stands(now=now, seen_at=row.seen_at, ends_at=row.ends_at, ended_at=row.ended_at, idle=idle):
                return None
            belongs = store.relations_of_person(connection, row.person_id, now)
            broken = store.glasses_of_person(connection, row.person_id, now) if may_break_glass(roles) else ()
        if now - row.seen_at >= _NOTED_EVERY:
            self.trail.run(lambda work: store.change_session(work.connection, row.id, seen_at=now))
        return SignedIn(
            person=Person(row.person_id, row.name, row.email or "", row.phone, row.language, roles),
            session_id=row.id,
            method=Method(row.method),
            begun_at=row.begun_at,
            ends_at=row.ends_at,
            proven_at=row.proven_at,
            relations=belongs,
            glasses=broken,
            # Not of the token, which changes when somebody proves again who they are: other pages stay usable.
            form_token=self.keyring.digest("form", f"{row.id}:{row.begun_at.isoformat()}")[:32],
        )

    def begin(self, work: UnitOfWork, person_id: int, method: Method, address: str, agent: str) -> tuple[str, int]:
        """A session of somebody who has shown who they are: its token, shown this once, and its number."""
        found = store.person(work.connection, person_id)
        if found is None:
            raise PeopleRefused("This account was closed.")
        now = self.clock.now()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        values = {
            "person_id": person_id,
            "token_hash": digest(token),
            "method": str(method),
            "begun_at": now,
            "proven_at": now,
            "seen_at": now,
            "ends_at": now + self.ends.whole_of(found.roles, method),
            "address": address,
            "agent": agent[:_LONGEST_AGENT],
        }
        session_id = store.add_session(work.connection, values)
        work.audit(Act("signed-in", f"person:{person_id}", {"session": session_id, "by": str(method)}))
        return token, session_id

    def prove_again(self, work: UnitOfWork, me: SignedIn) -> str:
        """Note that somebody has just shown again who they are; the session goes on under the new token."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        store.change_session(work.connection, me.session_id, proven_at=self.clock.now(), token_hash=digest(token))
        work.audit(Act("proven-again", me.actor, {"session": me.session_id}))
        return token

    def end(self, session_id: int, by: str) -> bool:
        """End a session for good, with all that hangs on it; False where it had ended."""
        return self.trail.run(lambda work: self.end_in(work, session_id, by))

    def end_in(self, work: UnitOfWork, session_id: int, by: str) -> bool:
        """As `end`, in the caller's transaction."""
        row = store.session(work.connection, session_id)
        if row is None or not store.change_session(work.connection, session_id, ended_at=self.clock.now()):
            return False
        for act in self._on_end:
            act(work, session_id)
        work.audit(Act("signed-out", by, {"session": session_id, "person": row.person_id}))
        return True

    def end_all(self, work: UnitOfWork, person_id: int, by: str, but: int | None = None) -> int:
        """End every session of somebody, but one; how many those were."""
        found = [row.id for row in store.sessions_of(work.connection, person_id) if row.id != but]
        return sum(self.end_in(work, session_id, by) for session_id in found)

    def end_viewing(self, work: UnitOfWork, person_id: int) -> None:
        """End whatever somebody looks at in any of their sessions, which go on: what they still may, they open anew."""
        for row in store.sessions_of(work.connection, person_id):
            for act in self._on_end:
                act(work, row.id)

    def sessions_of(self, person_id: int) -> list[Session]:
        """Where somebody is signed in, the one used last first."""
        now = self.clock.now()
        with self.trail.read() as connection:
            found = store.person(connection, person_id)
            rows = store.sessions_of(connection, person_id) if found else []
        idle = self.ends.idle_of(found.roles) if found else timedelta(0)
        return [
            Session(row.id, Method(row.method), row.begun_at, row.seen_at, row.ends_at, row.address, row.agent)
            for row in rows
            if stands(now=now, seen_at=row.seen_at, ends_at=row.ends_at, ended_at=None, idle=idle)
        ]

    # Persons and their relations

    def person(self, person_id: int) -> Person | None:
        """Whoever has this number and was not closed."""
        with self.trail.read() as connection:
            return store.person(connection, person_id)

    def people_with(self, role: Role) -> list[Person]:
        with self.trail.read() as connection:
            return store.people_with(connection, role)

    def person_for_patient(
        self, work: UnitOfWork, key: PatientKey, *, name: str, email: str = "", phone: str = "", language: str = ""
    ) -> Person:
        """The patient themselves as a person: the one who has shown it before, or a new one, without any credential."""
        locks.take(work.connection, [f"patient:{key.issuer}\0{key.patient_id}"])
        for found, relation in store.related_to(work.connection, key, self.clock.now()):
            if relation.kind == "self":
                return found
        new = Person(0, name, email, phone, language, frozenset({Role.PATIENT}))
        # Found by the patient's key alone: an address that a link went to is nobody's name for signing in.
        made = store.add_person(work.connection, new, self.clock.now(), findable=False)
        self.relate(work, made.id, key, "self", None, "system")
        return made

    def add_person(self, work: UnitOfWork, person: Person) -> Person:
        """A person without any way of signing in, for a caller who gives them one."""
        return store.add_person(work.connection, person, self.clock.now())

    def relate(
        self, work: UnitOfWork, person_id: int, key: PatientKey, kind: str, until: datetime | None, granted_by: str
    ) -> Relation:
        """Let somebody see a patient's pictures. kind: self | parent | guardian | owner | other."""
        found = store.person(work.connection, person_id)
        if found is None:
            raise PeopleRefused("This account was closed.")
        now = self.clock.now()
        role = Role.PATIENT if kind == "self" else Role.PROXY
        if role not in found.roles:
            store.change_person(work.connection, person_id, roles=store.words_of(found.roles | {role}))
        values = {
            "issuer": key.issuer,
            "patient_id": key.patient_id,
            "kind": kind,
            "since": now,
            "until": until,
            "granted_by": granted_by,
        }
        relation = store.add_relation(work.connection, person_id, values)
        work.audit(Act("related", granted_by, {"person": person_id, "relation": relation.id, "as": kind}))
        return relation

    def end_relation(self, relation_id: int, by: str) -> bool:
        """Let somebody see a patient's pictures no more; False where that had ended."""

        def act(work: UnitOfWork) -> bool:
            row = store.relation(work.connection, relation_id)
            ended = row is not None and store.end_relation(work.connection, relation_id, self.clock.now())
            if row is not None and ended:
                self.end_viewing(work, row.person_id)
                work.audit(Act("relation-ended", by, {"person": row.person_id, "relation": relation_id}))
            return ended

        return self.trail.run(act)

    def relations_of(self, key: PatientKey) -> list[tuple[Person, Relation]]:
        """Who may see a patient's pictures by a relation that holds now."""
        with self.trail.read() as connection:
            return store.related_to(connection, key, self.clock.now())

    def set_language(self, person_id: int, language: str) -> None:
        self.trail.run(lambda work: store.change_person(work.connection, person_id, language=language))

    def change_details(self, me: SignedIn, *, name: str, email: str, phone: str) -> None:
        """What somebody says of themselves. Raises PeopleRefused for an e-mail address by which another signs in."""

        def act(work: UnitOfWork) -> None:
            taken = store.person_by_email(work.connection, email) if email else None
            if taken is not None and taken.id != me.person.id:
                raise PeopleRefused("Somebody with this e-mail address signs in here already.")
            values = {"name": " ".join(name.split())[:120], "phone": phone.strip()}
            if email.strip() != me.person.email:
                if me.person.roles & WORKERS:
                    # By it they are known to who shares pictures with them, and to the place's own provider.
                    raise PeopleRefused("You also work here. An administrator invites you under another address.")
                values["email"] = email.strip()
            store.change_person(work.connection, me.person.id, **values)
            work.audit(Act("details-changed", me.actor, {"person": me.person.id}))

        self.trail.run(act)

    def invite(
        self,
        work: UnitOfWork,
        by: str,
        *,
        name: str,
        email: str,
        roles: frozenset[Role],
        phone: str = "",
        patient: PatientKey | None = None,
        relation: str = "",
        relation_until: datetime | None = None,
        renews: int | None = None,
        lifetime: timedelta = timedelta(days=7),
    ) -> NewInvitation:
        """Ask somebody in, with roles, or as somebody's proxy (patient and relation). The secret is shown this once.

        Raises PeopleRefused for what could let nobody in.
        """
        if email and email_key(email) is None:
            raise PeopleRefused("This is no e-mail address.")
        if not roles:
            raise PeopleRefused("Say what this person does here.")
        taken = store.person_by_email(work.connection, email) if email else None
        if taken is not None and taken.id != renews:
            raise PeopleRefused("Somebody with this e-mail address signs in here already.")
        now = self.clock.now()
        secret = secrets.token_urlsafe(_TOKEN_BYTES)
        values = {
            "secret_hash": digest(secret),
            "name": " ".join(name.split())[:120],
            "email": email.strip(),
            "phone": phone,
            "roles": store.words_of(roles),
            "issuer": patient.issuer if patient else "",
            "patient_id": patient.patient_id if patient else "",
            "relation": relation,
            "relation_until": relation_until,
            "person_id": renews,
            "made_by": by,
            "made_at": now,
            "expires_at": now + lifetime,
        }
        invitation_id = invitation_store.add(work.connection, values)
        said = {"invitation": invitation_id, "roles": store.words_of(roles), "person": renews}
        work.audit(Act("person-invited", "system" if by == "first start" else by, said))
        return NewInvitation(invitation_id, secret, now + lifetime)

    def require_fresh(self, me: SignedIn) -> None:
        """Raises ProofTooOld where it is too long ago that somebody showed that it is they who sit there."""
        if not is_fresh(me.proven_at, self.clock.now()):
            raise ProofTooOld

    # Break-glass

    def break_glass(self, me: SignedIn, key: PatientKey, reason: str) -> Glass:
        """See a patient's pictures without their leave, for some hours; the privacy officer is told of it.

        Raises PeopleRefused for who may not, and for a reason that says nothing.
        """
        if not may_break_glass(me.person.roles):
            raise PeopleRefused("Only staff and clinicians can look at pictures in an emergency.")
        said = " ".join(reason.split())[:LONGEST_REASON]
        if len(said) < SHORTEST_REASON:
            raise PeopleRefused(f"Say in at least {SHORTEST_REASON} letters why you must see these pictures now.")

        def act(work: UnitOfWork) -> Glass:
            now = self.clock.now()
            glass = store.add_glass(work.connection, me.person.id, Glass(0, key, said, now, now + self._glass))
            subject = json.dumps({"glass": glass.id, "person": me.person.id})
            store.add_alert(work.connection, "glass", subject, f"glass:{glass.id}", now)
            if self._on_glass is not None:
                self._on_glass(work, BrokenGlass(glass, me.person.id, me.person.name, None, ""))
            work.audit(Act("glass-broken", me.actor, {"glass": glass.id}))
            return glass

        return self.trail.run(act)

    def glasses(self, *, unseen: bool = False, limit: int = 200) -> list[BrokenGlass]:
        """Glasses that were broken, newest first."""
        with self.trail.read() as connection:
            rows = store.glass_rows(connection, unseen=unseen, limit=limit)
        return [BrokenGlass(store.glass_of(row), row.person_id, row.name, row.seen_at, row.seen_by) for row in rows]

    def see_glass(self, work: UnitOfWork, glass_id: int, by: str) -> bool:
        """Note that the privacy officer has read of it."""
        return store.see_glass(work.connection, glass_id, by, self.clock.now())


def digest(token: str) -> str:
    """How a random token is kept: 256 bits are more than anyone can search, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
