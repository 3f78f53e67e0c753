"""Whether a token still stands for its system. Pure."""

from datetime import datetime
from typing import Literal

from undisc.accounts.model import Token

State = Literal["valid", "revoked", "expired"]


def state_of(token: Token, now: datetime) -> State:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is not None and now >= token.expires_at:
        return "expired"
    return "valid"
