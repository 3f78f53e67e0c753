"""The three random things: a link's name, a link's secret, a session's token; and how the latter two are kept."""

import hashlib
import hmac
import secrets
import string

# A link's name is read out over the telephone and typed into `undisc unshare`: nothing that looks like something
# else, and no hyphen that a command line would take for an option.
_NAME_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_NAME_LENGTH = 10

# Letters and digits alone: programs that find addresses in text leave out a hyphen or underscore at the end.
_SECRET_ALPHABET = string.ascii_letters + string.digits
_SECRET_LENGTH = 24  # 142 bits
_TOKEN_BYTES = 32


def new_link_id() -> str:
    return "".join(secrets.choice(_NAME_ALPHABET) for _ in range(_NAME_LENGTH))


def new_secret() -> str:
    """A link's secret: 142 random bits in 24 characters that are safe in any URL."""
    return "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(_SECRET_LENGTH))


def new_token() -> str:
    """A session's token: 256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def is_link_id(text: str) -> bool:
    """Whether a text could name a link at all; what could not never reaches the database."""
    return len(text) == _NAME_LENGTH and all(character in _NAME_ALPHABET for character in text)


def digest(secret: str) -> str:
    """How a random secret is kept. It has more bits than anyone can search, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, kept: str) -> bool:
    """Whether a secret is the one that was kept, in a time that does not depend on where they differ."""
    return hmac.compare_digest(digest(secret), kept)
