"""What every part of sharing stands on."""

from dataclasses import dataclass

from undisc.audit.trail import Trail
from undisc.clock import Clock
from undisc.keyring import Keyring
from undisc.sharing.model import Terms
from undisc.sharing.neighbours import KnowsPatients, Sends
from undisc.sharing.passcodes import Passcodes
from undisc.sharing.pictures import Pictures


@dataclass(frozen=True, slots=True)
class Ground:
    """people: None where nobody can be known by more than a link. sends: None where no message can leave."""

    trail: Trail
    pictures: Pictures
    clock: Clock
    terms: Terms
    keyring: Keyring
    passcodes: Passcodes
    people: KnowsPatients | None = None
    sends: Sends | None = None
