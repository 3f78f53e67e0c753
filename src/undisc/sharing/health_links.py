"""SMART Health Links (HL7 "links" STU1): made for who shares, and opened by the programs of who is given one."""

import base64
import hmac
import json
import secrets as random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from undisc.audit.model import Act
from undisc.audit.trail import UnitOfWork
from undisc.sharing import health_store, secrets, store
from undisc.sharing.ground import Ground
from undisc.sharing.health_bundle import Access, Report, Study, Whose, access_file, bundle
from undisc.sharing.making import Making
from undisc.sharing.model import MOST_TRIES, Browser, Kind, Link, ShareChoice, Sharer, ShareRefused
from undisc.sharing.opening import close
from undisc.sharing.opening_model import Busy, Closed
from undisc.sharing.policy import why_closed

FHIR = "application/fhir+json"
ACCESS = "application/smart-api-access"

_KEY_PURPOSE, _TICKET_PURPOSE = "health-link-key", "health-link-file"
_LONGEST_ADDRESS = 128
_LONGEST_LABEL = 80
_LONGEST_RECIPIENT = 200
_TICKET_LASTS = timedelta(minutes=30)  # the standard lets a location live for an hour
# Common libraries for JOSE refuse to inflate more.
_MOST_COMPRESSED = 250_000
_MOST_EMBEDDED = 1_000_000
_NAME_LENGTH = len(secrets.new_link_id())


@dataclass(frozen=True, slots=True)
class NewHealthLink:
    """text: the shlink itself, with the key in it; the only moment at which both are there. passcode: to be told by
    another way; None where there is none."""

    link: Link
    text: str
    passcode: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a program gets of an open link: its files, as JSON's values."""

    files: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PasscodeWanted:
    """None was given, or a wrong one. remaining: how many more wrong ones the link bears in its whole life."""

    remaining: int


class HealthLinks:
    """One object for one data folder. document: the PDF of an instance that carries one."""

    def __init__(self, ground: Ground, document: Callable[[int], bytes | None]) -> None:
        self._ground = ground
        self._making = Making(ground)
        self._document = document
        self._nobody = self._digest(random.token_urlsafe(32))

    def make(
        self,
        me: Sharer,
        studies: Sequence[int],
        *,
        passcode: str | None = "auto",
        lifetime: timedelta | None = None,
        with_report: bool = True,
        for_name: str = "",
        with_access: bool = False,
    ) -> NewHealthLink:
        """Make one to one patient's studies. passcode: "auto" for six digits, a text of one's own, or None.

        with_access: have a file besides by which programs fetch pictures (application/smart-api-access). Some that read
        SMART Health Links refuse a whole link for it, and the Bundle tells the same in an Endpoint.
        Raises ShareRefused for what would make no sound link, StudyUnknown for a study that is not theirs to share.
        """
        ground = self._ground
        secret, key = random.token_urlsafe(32), random.token_urlsafe(32)
        choice = ShareChoice(tuple(studies), for_name=for_name, with_report=with_report, lifetime=lifetime, send=False)
        made = self._making.health_link(choice, me, self._digest(secret), passcode)
        address = f"{ground.terms.public_url}/shl/{made.link.id}{secret}"
        if len(address) > _LONGEST_ADDRESS:
            raise ShareRefused("The server's own address is too long for SMART Health Links.")

        def act(work: UnitOfWork) -> None:
            self._making.write(work, made, me)
            health_store.add(work.connection, made.link.id, ground.keyring.seal(_KEY_PURPOSE, key), with_access)

        ground.trail.run(act)
        said: dict[str, Any] = {
            "url": address,
            "key": key,
            "exp": int(made.link.expires_at.timestamp()),
            "label": f"Pictures from {ground.terms.place_name}"[:_LONGEST_LABEL],
            "v": 1,
        }
        if made.passcode is not None:
            said["flag"] = "P"
        plain = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
        return NewHealthLink(made.link, "shlink:/" + _base64url(plain), made.passcode)

    def open(
        self, name: str, recipient: str, passcode: str | None, most_embedded: int | None, browser: Browser
    ) -> Manifest | PasscodeWanted | Closed | Busy:
        """The manifest for a program that shows what stands in the address.

        name: the link's own and its secret. recipient: as who asks calls themselves. most_embedded: how long a file
        may be to come within the manifest; None for as we like. Unknown, stopped, expired, used up: all are Closed.
        """
        link = self._find(name)
        if link is None:
            return Closed()
        if link.passcode is not None:
            refused = self._try(link, passcode, browser)
            if refused is not None:
                return refused
        return self._let_in(link, recipient, most_embedded, browser)

    def file(self, ticket: str) -> str | None:
        """The file that a manifest pointed to, as a JWE; None once the ticket or the link is over."""
        said = self._ground.keyring.open(_TICKET_PURPOSE, ticket)
        if said is None:
            return None
        link_id, kind, token, ends, until = json.loads(said)
        now = self._ground.clock.now()
        with self._ground.trail.read() as connection:
            grant = store.grant(connection, link_id, secrets.digest(token))
        if now.timestamp() >= until or grant is None or why_closed(grant.link, now) is not None:
            return None
        if now >= grant.session.ends_at:
            return None
        return self._sealed(grant.link, kind, Access(self._address(grant.link), token, datetime.fromisoformat(ends)))

    def _find(self, name: str) -> Link | None:
        """The open link whose name and secret these are; takes as long where there is none."""
        link_id, secret = name[:_NAME_LENGTH], name[_NAME_LENGTH:]
        link = None
        if secrets.is_link_id(link_id):
            with self._ground.trail.read() as connection:
                link = store.link(connection, link_id)
        right = hmac.compare_digest(self._digest(secret), link.secret_hash if link else self._nobody)
        if link is None or not right or link.kind is not Kind.HEALTH or link.is_used_up:
            return None
        return None if why_closed(link, self._ground.clock.now()) is not None else link

    def _try(self, link: Link, passcode: str | None, browser: Browser) -> PasscodeWanted | Closed | Busy | None:
        """None where the passcode is right. The try is taken, and its taking committed, before anything is compared."""
        ground, kept = self._ground, link.passcode
        assert kept is not None
        if not passcode:
            return PasscodeWanted(MOST_TRIES - link.tries_taken)
        with ground.passcodes.turn(link.id) as mine:
            if not mine:
                return Busy()
            with ground.trail.work() as work:
                if not store.take_try(work.connection, link.id, ground.clock.now()):
                    return Closed()
            right = ground.passcodes.right(passcode, kept)
            with ground.trail.work() as work:
                seen = {"link": link.id, "address": browser.address, "browser": browser.agent}
                if right:
                    if not store.give_try_back(work.connection, link.id):
                        return Closed()
                    work.audit(Act("passcode-right", f"link:{link.id}", seen))
                    return None
                work.audit(Act("passcode-wrong", f"link:{link.id}", seen))
                taken = store.tries_taken(work.connection, link.id)
                if taken >= MOST_TRIES:
                    close(work, link, taken)
                return PasscodeWanted(max(0, MOST_TRIES - taken))

    def _let_in(self, link: Link, recipient: str, most_embedded: int | None, browser: Browser) -> Manifest | Closed:
        ground = self._ground
        token = secrets.new_token()
        with ground.trail.work() as work:
            now = ground.clock.now()
            fresh = store.locked_link(work.connection, link.id)
            if fresh is None or why_closed(fresh, now) is not None:
                return Closed()
            if store.count_opening(work.connection, link.id) is None:
                return Closed()
            ends = min(fresh.expires_at, now + timedelta(minutes=ground.terms.session_minutes))
            digest = secrets.digest(token)
            # Who asks, by their own word, is kept beside the session; the trail takes no names.
            agent = _storable(recipient)[:_LONGEST_RECIPIENT]
            session = store.add_session(
                work.connection, link.id, digest, now, ends, address=browser.address, agent=agent, who=""
            )
            told = {"link": link.id, "session": session.id, "address": browser.address, "browser": browser.agent}
            work.audit(Act("link-opened", f"link:{link.id}", told))
            work.audit(Act("health-link-read", f"link:{link.id}", {"link": link.id, "session": session.id}))
            row = health_store.one(work.connection, link.id)
        access = Access(self._address(link), token, ends)
        kinds = [FHIR, ACCESS] if row is not None and row.with_access else [FHIR]
        most = _MOST_EMBEDDED if most_embedded is None else min(most_embedded, _MOST_EMBEDDED)
        return Manifest([self._described(fresh, kind, access, most) for kind in kinds])

    def _described(self, link: Link, kind: str, access: Access, most_embedded: int) -> dict[str, Any]:
        sealed = self._sealed(link, kind, access)
        if len(sealed) <= most_embedded:
            return {"contentType": kind, "embedded": sealed}
        until = int((self._ground.clock.now() + _TICKET_LASTS).timestamp())
        said = json.dumps([link.id, kind, access.token, access.ends_at.isoformat(), until])
        ticket = self._ground.keyring.seal(_TICKET_PURPOSE, said)
        return {"contentType": kind, "location": f"{self._ground.terms.public_url}/shl/files/{ticket}"}

    def _digest(self, secret: str) -> str:
        """Not as a link's own secret is kept: what stands in the address of this opens no page and no DICOMweb."""
        return self._ground.keyring.digest("health-link", secret)

    def _address(self, link: Link) -> str:
        return f"{self._ground.terms.public_url}/s/{link.id}/dicom-web"

    def _sealed(self, link: Link, kind: str, access: Access) -> str:
        """A file as a JWE under the link's key, which is opened for this moment alone."""
        # Loaded here, since hardly any request needs it.
        from joserfc import jwe
        from joserfc.jwk import OctKey

        ground = self._ground
        with ground.trail.read() as connection:
            row = health_store.one(connection, link.id)
        key = ground.keyring.open(_KEY_PURPOSE, row.sealed_key) if row is not None else None
        if key is None:
            raise RuntimeError("the key of a SMART Health Link cannot be opened")
        now = ground.clock.now()
        told = access_file(access, now) if kind == ACCESS else self._bundle(link, access, now)
        plain = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
        header = {"alg": "dir", "enc": "A256GCM", "cty": kind}
        if len(plain) <= _MOST_COMPRESSED:
            header["zip"] = "DEF"
        sealing = OctKey.import_key(base64.urlsafe_b64decode(key + "="))
        return jwe.encrypt_compact(header, plain, sealing, algorithms=["dir", "A256GCM", "DEF"])

    def _bundle(self, link: Link, access: Access, now: datetime) -> dict[str, Any]:
        pictures = self._ground.pictures
        with self._ground.trail.read() as connection:
            rows = health_store.study_rows(connection, link.studies)
            found: list[Study] = []
            for row in rows:
                without = []
                if not link.with_report:
                    every = health_store.series_ids(connection, row.id)
                    without = [number for number in every if pictures.has_reports(number)]
                told = tuple(health_store.series_of(connection, row.id, without=without))
                papers = health_store.documents_of(connection, row.id) if link.with_report else []
                pdfs = [(paper, self._document(paper.id)) for paper in papers]
                reports = tuple(Report(paper.sop_uid, paper.description, pdf) for paper, pdf in pdfs if pdf)
                facts = (row.study_uid, row.study_date, row.description, row.accession, row.institution)
                found.append(Study(*facts, told, reports))
        first = rows[0] if rows else None
        whose = (
            Whose(first.patient_name, first.patient_id, first.issuer, first.birth_date, first.sex)
            if first
            else Whose("", "", "", "", "")
        )
        return bundle(whose, found, access, now)


def _storable(text: str) -> str:
    """On one line, without what JSON can carry and a database cannot: half a surrogate pair, and NUL."""
    return " ".join(text.encode("utf-8", "replace").decode().replace("\0", " ").split())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
