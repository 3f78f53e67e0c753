"""Single sign-on by OpenID Connect: the code flow with PKCE (RFC 7636), state and nonce, with the one configured
provider."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from undisc.accounts.people import invitation_store, proof_store, store
from undisc.accounts.people.challenges import Challenges
from undisc.accounts.people.inviting import Inviting
from undisc.accounts.people.model import WORKERS, Caller, Entered, Method, NotRight, Over, Person, Role, SignedIn
from undisc.accounts.people.service import People, PeopleRefused
from undisc.accounts.people.signing_in import SigningIn
from undisc.audit.model import Act
from undisc.audit.trail import UnitOfWork

_PURPOSE = "single-sign-on"
_LIFE = timedelta(minutes=10)
_PATIENCE = 10.0
_MOST_BYTES = 1024 * 1024
_KEEP_KEYS = 3600.0
_CLOCKS_DIFFER = 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class ProviderDown(Exception):
    """The provider did not answer as OpenID Connect has it."""


@dataclass(frozen=True, slots=True)
class Provider:
    """issuer: its address, as it calls itself. roles_claim: the claim that tells roles, and role_of what its words
    mean here; with no claim, roles are what the invitation says."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    roles_claim: str = ""
    role_of: Mapping[str, Role] | None = None


def read_provider(
    issuer: str, client_id: str, client_secret: str, name: str, roles_claim: str, roles: str
) -> Provider | None:
    """What is set of a provider; None where none is. Raises ValueError, with a plain sentence, for nonsense."""
    if not issuer:
        return None
    inside = issuer.startswith(("http://localhost", "http://127.0.0.1"))
    if not (issuer.startswith("https://") or inside) or "?" in issuer or "#" in issuer:
        raise ValueError("UNDISC_OIDC_ISSUER cannot be used: it has to begin with https://")
    if not client_id or not client_secret:
        raise ValueError("With UNDISC_OIDC_ISSUER, set UNDISC_OIDC_CLIENT_ID and UNDISC_OIDC_CLIENT_SECRET, too")
    role_of: dict[str, Role] = {}
    for part in filter(None, (each.strip() for each in roles.split(","))):
        word, _, role = part.rpartition("=")
        try:
            found = Role(role.strip())
        except ValueError:
            found = None
        if found not in WORKERS or not word.strip():
            raise ValueError("UNDISC_OIDC_ROLES cannot be used: it is spelled word=role, with commas between")
        role_of[word.strip()] = Role(role.strip())
    return Provider(issuer, client_id, client_secret, name, roles_claim, role_of)


class SingleSignOn:
    """get, post: to the provider; JSON comes back. They are handed in, since tests and proxies have their own."""

    def __init__(
        self,
        provider: Provider,
        people: People,
        signing_in: SigningIn,
        inviting: Inviting,
        redirect: str,
        get: "Callable[[str, str], dict[str, Any]] | None" = None,
        post: "Callable[[str, dict[str, str], tuple[str, str]], dict[str, Any]] | None" = None,
    ) -> None:
        self.provider = provider
        self._people = people
        self._signing_in = signing_in
        self._inviting = inviting
        self._redirect = redirect
        self._get = get or _get
        self._post = post or _post
        self._challenges = Challenges(people.keyring)
        self._remembered: dict[str, tuple[float, dict[str, Any]]] = {}
        self._remembering = threading.Lock()

    def begin(self, caller: Caller, after: str, me: SignedIn | None = None) -> str:
        """Where the browser is sent. after: the page here that it comes back to in the end. Raises ProviderDown."""
        endpoint = _address(self._description(), "authorization_endpoint", self.provider.issuer)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {"state": state, "nonce": nonce, "verifier": verifier, "after": after, "again": me is not None}
        person_id = me.person.id if me else None
        self._people.trail.run(lambda work: self._challenges.put(work, caller.step, _PURPOSE, asked, _LIFE, person_id))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self._redirect,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if me is not None:
            query |= {"prompt": "login", "max_age": "0"}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def finish(
        self, state: str, code: str, issuer: str, caller: Caller, me: SignedIn | None
    ) -> tuple[Entered, str] | NotRight | Over:
        """What the provider's answer comes to, and the page to go on to. Raises ProviderDown."""
        asked = self._people.trail.run(lambda work: self._challenges.take(work, caller.step, _PURPOSE))
        if asked is None or not secrets.compare_digest(asked.data["state"].encode(), state.encode()):
            return Over()
        if issuer and issuer != self.provider.issuer:  # RFC 9207: an answer of another provider
            return NotRight()
        if asked.data["again"] and (me is None or me.person.id != asked.person_id):
            return Over()
        claims = self._claims(code, asked.data["verifier"], asked.data["nonce"])
        if claims is None:
            return NotRight()
        if asked.data["again"] and not self._is_of_now(claims):
            return NotRight()

        def act(work: UnitOfWork) -> Entered | NotRight:
            person = self._whose(work, claims)
            if person is None or (asked.data["again"] and me is not None and person.id != me.person.id):
                work.audit(Act("sign-in-failed", "system", {"by": "single sign-on"}))
                return NotRight()
            going_on = me if asked.data["again"] else None
            return self._signing_in.enter(work, person, Method.SINGLE_SIGN_ON, caller, going_on)

        found = self._people.trail.run(act)
        return found if isinstance(found, NotRight) else (found, asked.data["after"])

    def _whose(self, work: UnitOfWork, claims: Mapping[str, Any]) -> Person | None:
        """Who signed in there before, or was invited here under the e-mail address that the provider has verified."""
        subject = str(claims["sub"])[:255]
        roles = self._roles(claims)
        if roles is not None and not roles:
            return None  # the provider tells roles, and none of this person's means anything here
        person_id = proof_store.identity(work.connection, self.provider.issuer, subject)
        if person_id is not None:
            person = store.person(work.connection, person_id)
            return self._with_roles(work, person, roles) if person else None
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            return None
        now = self._people.clock.now()
        person = store.person_by_email(work.connection, email)
        # Patients write any address into their account. Were that theirs who has it, they would get another's roles.
        if person is not None and not person.roles & WORKERS:
            person = None
        invitation = invitation_store.open_for(work.connection, email, now)
        if person is None and invitation is not None and invitation.renews is None:
            try:
                person = self._inviting.join_by_identity(work, invitation, roles)
            except PeopleRefused:
                return None
        if person is None:
            return None
        proof_store.add_identity(work.connection, self.provider.issuer, subject, person.id, now)
        return self._with_roles(work, person, roles)

    def _with_roles(self, work: UnitOfWork, person: Person, roles: frozenset[Role] | None) -> Person:
        changed = person.roles if roles is None else (person.roles - WORKERS) | roles
        if changed == person.roles:
            return person
        store.change_person(work.connection, person.id, roles=store.words_of(changed))
        said = {"person": person.id, "roles": store.words_of(changed), "by": "single sign-on"}
        work.audit(Act("roles-changed", "system", said))
        return Person(person.id, person.name, person.email, person.phone, person.language, changed)

    def _roles(self, claims: Mapping[str, Any]) -> frozenset[Role] | None:
        if not self.provider.roles_claim:
            return None
        told = claims.get(self.provider.roles_claim)
        words = told if isinstance(told, list) else [told]
        known = self.provider.role_of or {}
        return frozenset(known[word] for word in words if isinstance(word, str) and word in known)

    def _is_of_now(self, claims: Mapping[str, Any]) -> bool:
        at = claims.get("auth_time")
        return isinstance(at, int) and at >= self._people.clock.now().timestamp() - _LIFE.total_seconds()

    def _claims(self, code: str, verifier: str, nonce: str) -> Mapping[str, Any] | None:
        """What the provider vouches for, of this code, to us, now; None for anything else."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        described = self._description()
        endpoint = _address(described, "token_endpoint", self.provider.issuer)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": verifier,
        }
        answer = self._post(endpoint, form, (self.provider.client_id, self.provider.client_secret))
        token = answer.get("id_token")
        if not isinstance(token, str):
            return None
        keys = self._fetched(_address(described, "jwks_uri", self.provider.issuer))
        try:
            claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError):
            with self._remembering:
                self._remembered.clear()  # the provider may have new keys: ask anew the next time
            return None
        now = self._people.clock.now().timestamp()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        sound = (
            claims.get("iss") == self.provider.issuer
            and self.provider.client_id in audiences
            and (len(audiences) == 1 or claims.get("azp") == self.provider.client_id)
            and isinstance(claims.get("exp"), int | float)
            and claims["exp"] > now - _CLOCKS_DIFFER
            and isinstance(claims.get("iat"), int | float)
            and claims["iat"] < now + _CLOCKS_DIFFER
            and claims.get("nonce") == nonce
            and isinstance(claims.get("sub"), str)
            and bool(claims["sub"])
        )
        if not sound or not self._lacks_something(claims):
            return claims if sound else None
        return claims | self._more_claims(described, answer.get("access_token"), claims["sub"])

    def _lacks_something(self, claims: Mapping[str, Any]) -> bool:
        claim = self.provider.roles_claim
        return "email" not in claims or bool(claim and claim not in claims)

    def _more_claims(self, described: Mapping[str, Any], access: object, subject: str) -> dict[str, Any]:
        """What the provider tells beside the token, of the same person alone (OpenID Connect Core 5.3.2)."""
        if "userinfo_endpoint" not in described or not isinstance(access, str):
            return {}
        told = self._get(_address(described, "userinfo_endpoint", self.provider.issuer), access)
        wanted = ("email", "email_verified", "name", self.provider.roles_claim)
        return {name: told[name] for name in wanted if name in told} if told.get("sub") == subject else {}

    def _description(self) -> dict[str, Any]:
        issuer = self.provider.issuer
        found = self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:  # OpenID Connect Discovery 4.3
            raise ProviderDown("The provider calls itself by another name than the one that is set here.")
        return found

    def _fetched(self, address: str) -> dict[str, Any]:
        with self._remembering:
            kept = self._remembered.get(address)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        found = self._get(address, "")
        with self._remembering:
            self._remembered[address] = (time.monotonic() + _KEEP_KEYS, found)
        return found


def _address(described: Mapping[str, Any], name: str, issuer: str) -> str:
    found = described.get(name)
    if not isinstance(found, str) or not found.startswith(f"{issuer.partition('://')[0]}://"):
        raise ProviderDown(f"The provider does not tell its {name}.")
    return found


def _get(address: str, access: str) -> dict[str, Any]:
    """access: the token that shows for whom we ask; "" for what everybody may read."""
    import httpx

    headers = {"Authorization": f"Bearer {access}"} if access else {}
    try:
        return _json(httpx.get(address, headers=headers, timeout=_PATIENCE, follow_redirects=False))
    except httpx.HTTPError as error:
        raise ProviderDown("The provider does not answer.") from error


def _post(address: str, form: dict[str, str], client: tuple[str, str]) -> dict[str, Any]:
    import httpx

    # Each part is form-encoded before it is a Basic credential (RFC 6749 2.3.1).
    name, secret = (urlencode({"": part})[1:] for part in client)
    try:
        answer = httpx.post(address, data=form, auth=(name, secret), timeout=_PATIENCE, follow_redirects=False)
    except httpx.HTTPError as error:
        raise ProviderDown("The provider does not answer.") from error
    return {} if answer.status_code in (400, 401) else _json(answer)


def _json(answer: Any) -> dict[str, Any]:
    try:
        found = answer.json() if answer.status_code == 200 and len(answer.content) <= _MOST_BYTES else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProviderDown("The provider's answer makes no sense.")
    return found
