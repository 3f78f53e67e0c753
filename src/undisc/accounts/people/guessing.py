"""How many wrong tries there are before somebody is not listened to, and who that shuts out: not the one whose account
is tried, as long as they come with a passkey, by a browser that they used before, or from another address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from undisc.accounts.people.model import Caller
from undisc.accounts.people.policy import network_of
from undisc.accounts.people.tries import Allowed, ShutUntil, Tries
from undisc.audit.trail import UnitOfWork


@dataclass(frozen=True, slots=True)
class Limit:
    most: int
    within: timedelta


A_KNOWN_BROWSER = Limit(10, timedelta(minutes=15))
ONE_ADDRESS_AT_ONE_ACCOUNT = Limit(5, timedelta(minutes=15))
ALL_ADDRESSES_AT_ONE_ACCOUNT = Limit(50, timedelta(hours=1))
ONE_ADDRESS = Limit(100, timedelta(minutes=15))
# Nobody guesses a key: this only bounds the work. A hospital comes from one address.
PASSKEYS_OF_ONE_ADDRESS = Limit(600, timedelta(minutes=15))


class Guessing:
    """Takes a try at an account from every count that it falls under, or tells until when there is none."""

    def __init__(self, tries: Tries) -> None:
        self._tries = tries

    def take(self, work: UnitOfWork, purpose: str, account: str, caller: Caller, *, known: bool) -> datetime | None:
        """None: go on. Otherwise until when this caller is shut out. The transaction must be committed either way."""
        shut: datetime | None = None
        for key, limit in self._counts(account, caller, known):
            found = self._tries.take(work, purpose, key, limit.most, limit.within)
            if isinstance(found, ShutUntil):
                shut = found.at if shut is None else max(shut, found.at)
        return shut

    def succeeded(self, work: UnitOfWork, purpose: str, account: str, caller: Caller, *, known: bool) -> None:
        """What was tried was right: it was no guess. Counts that others share go back by this one try alone."""
        for key, _ in self._counts(account, caller, known):
            if key.startswith(("known:", "pair:")):
                self._tries.forget(work, purpose, key)
            else:
                self._tries.give_back(work, purpose, key)

    def take_address(self, work: UnitOfWork, purpose: str, caller: Caller, limit: Limit = ONE_ADDRESS) -> bool:
        """For what has no account: whether this address may go on."""
        key = f"address:{network_of(caller.address)}"
        return isinstance(self._tries.take(work, purpose, key, limit.most, limit.within), Allowed)

    def _counts(self, account: str, caller: Caller, known: bool) -> list[tuple[str, Limit]]:
        network = network_of(caller.address)
        if known:
            return [(f"known:{account}:{caller.device}", A_KNOWN_BROWSER)]
        return [
            (f"pair:{account}:{network}", ONE_ADDRESS_AT_ONE_ACCOUNT),
            (f"account:{account}", ALL_ADDRESSES_AT_ONE_ACCOUNT),
            (f"address:{network}", ONE_ADDRESS),
        ]
