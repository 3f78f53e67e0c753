"""All that the pages about signing in need, put together."""

from dataclasses import dataclass

from undisc.accounts.people.codes import Codes
from undisc.accounts.people.guessing import Guessing
from undisc.accounts.people.inviting import Inviting
from undisc.accounts.people.keeping import Keeping
from undisc.accounts.people.letters import Letters
from undisc.accounts.people.passkeys import Passkeys
from undisc.accounts.people.passwords import Passwords
from undisc.accounts.people.service import People
from undisc.accounts.people.signing_in import SigningIn
from undisc.accounts.people.single_sign_on import Provider, SingleSignOn
from undisc.accounts.people.tries import Tries
from undisc.messaging.service import Messaging


@dataclass(frozen=True, slots=True)
class Entrance:
    """single_sign_on: None where no provider is set."""

    people: People
    signing_in: SigningIn
    inviting: Inviting
    keeping: Keeping
    letters: Letters
    place_name: str
    single_sign_on: SingleSignOn | None = None


def open_entrance(
    people: People,
    tries: Tries,
    public_url: str,
    place_name: str,
    messaging: Messaging,
    provider: Provider | None = None,
) -> Entrance:
    guessing = Guessing(tries)
    passkeys = Passkeys(people.keyring, public_url, place_name)
    passwords, codes = Passwords(), Codes(people.keyring)
    signing_in = SigningIn(people, guessing, passkeys, passwords, codes)
    letters = Letters(people, messaging, public_url, place_name)
    inviting = Inviting(people, signing_in, guessing, passkeys, passwords, codes)
    keeping = Keeping(people, passkeys, passwords, codes)
    single = SingleSignOn(provider, people, signing_in, inviting, f"{public_url}/sign-in/back") if provider else None
    return Entrance(people, signing_in, inviting, keeping, letters, place_name, single)
