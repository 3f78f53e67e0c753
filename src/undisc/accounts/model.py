"""What accounts speak of: by what other systems are known, and what they may. Values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from undisc.errors import UndiscError


class TokenRefused(UndiscError):
    """A token cannot be made as asked; the text is a plain sentence for the person who asked."""


class Scope(StrEnum):
    """What a system may do: search and retrieve, store, delete."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"


class Service(StrEnum):
    """What a peer on the DICOM network may ask of us. Storing covers asking whether what was stored is safe."""

    STORE = "store"
    FIND = "find"
    RETRIEVE = "retrieve"


@dataclass(frozen=True, slots=True)
class Token:
    """A system as it is known here. The secret itself is kept as a hash alone; `last_used_at` is true to the hour."""

    id: int
    name: str
    scopes: frozenset[Scope]
    made_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """The only moment at which the secret exists in the clear."""

    token: Token
    secret: str
