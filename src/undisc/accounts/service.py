"""Tokens of systems, as the doors use them: make, list, revoke, and tell whose a secret is."""

import hashlib
import re
import secrets
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from undisc.accounts import store
from undisc.accounts.model import NewToken, Scope, Token, TokenRefused
from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.clock import Clock
from undisc.errors import TokenUnknown

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SECRET_BYTES = 32
_LONGEST_SECRET = 128
_MOST_REMEMBERED = 256
_PREFIX = "undisc_"  # so that programs that look for secrets in places where none should be know one when they see it


class Accounts:
    """One object for one data folder. Every act and its entry in the trail are one transaction."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock
        self._remembered: dict[str, tuple[int, Token]] = {}
        self._remembering = threading.Lock()

    def create_token(self, name: str, scopes: Iterable[str], *, lifetime: timedelta | None = None) -> NewToken:
        """Make a token. Raises TokenRefused with a plain sentence for what would make no sound one."""
        if not _NAME.fullmatch(name):
            raise TokenRefused("A token's name is up to 40 letters, digits, dots, hyphens and underscores.")
        if lifetime is not None and lifetime <= timedelta(0):
            raise TokenRefused("A token lives for at least a moment.")
        may = _scopes(scopes)
        secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        with self._trail.work() as work:
            if store.by_name(work.connection, name) is not None:
                raise TokenRefused("There is a token of that name already. Names are never used twice.")
            now = self._clock.now()
            token = Token(0, name, may, now, None if lifetime is None else now + lifetime)
            token_id = store.add(work.connection, token, _digest(secret))
            said = {"token": token_id, "name": name, "scopes": ",".join(sorted(may))}
            work.audit(Act("token-created", "operator", said))
        return NewToken(Token(token_id, name, may, now, token.expires_at), secret)

    def tokens(self) -> list[Token]:
        """Every token there ever was, newest first."""
        with self._trail.read() as connection:
            return store.all_tokens(connection)

    def revoke_token(self, name: str) -> bool:
        """End a token for good; False where it was ended before. Raises TokenUnknown."""
        with self._trail.work() as work:
            token = store.by_name(work.connection, name)
            if token is None:
                raise TokenUnknown("There is no token of that name. `undisc token list` lists those that are.")
            ended = store.revoke(work.connection, token.id, self._clock.now())
            if ended:
                work.audit(Act("token-revoked", "operator", {"token": token.id, "name": name}))
        return ended

    def whose(self, secret: str) -> Token | None:
        """The token with this secret, valid or not, and the hour of its use noted; None where there is none."""
        if not 1 <= len(secret) <= _LONGEST_SECRET:
            return None
        digest = _digest(secret)
        stamp = self._trail.stamp()  # before looking, so that what changes meanwhile is looked at again
        with self._trail.read() as connection:
            token = store.by_secret(connection, digest)
        if token is None:
            return None
        hour = _hour(self._clock.now())
        if token.revoked_at is None and token.last_used_at != hour:
            with self._trail.work() as work:
                store.note_use(work.connection, token.id, hour)
        elif stamp is not None:
            with self._remembering:
                if len(self._remembered) >= _MOST_REMEMBERED:
                    self._remembered.clear()
                self._remembered[digest] = (stamp, token)
        return token

    def recall(self, secret: str) -> Token | None:
        """As `whose`, without asking the database and without waiting; None where only `whose` knows.

        What was looked up holds for as long as nobody has committed anything since, so a token that was revoked, by
        whatever process, is never recalled as valid.
        """
        digest = _digest(secret)
        found = self._remembered.get(digest)
        if found is None or found[0] != self._trail.stamp():
            return None
        token = found[1]
        return token if token.last_used_at == _hour(self._clock.now()) or token.revoked_at is not None else None


def _scopes(names: Iterable[str]) -> frozenset[Scope]:
    found: set[Scope] = set()
    for name in names:
        try:
            found.add(Scope(name.strip().lower()))
        except ValueError:
            raise TokenRefused("Scopes are: read (search and retrieve), write (store), delete.") from None
    if not found:
        raise TokenRefused("A token needs at least one scope: read, write or delete.")
    return frozenset(found)


def _digest(secret: str) -> str:
    # 256 random bits: more than anyone can search, so a slow hash would add nothing.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
