"""One-time codes of a generator on somebody's phone (RFC 6238), and codes on paper for when the phone is gone."""

import secrets

from undisc.accounts.people import proof_store
from undisc.audit.trail import UnitOfWork
from undisc.keyring import Keyring

_SEED_FOR = "generator"
_PERIOD = 30
_DRIFT = 1  # clocks of phones are off by less than one period
_PAPER_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_PAPER_LENGTH = 10  # 49 bits, for who has the password and a few tries
HOW_MANY = 10


def new_seed() -> str:
    import pyotp

    return pyotp.random_base32()


def address_of(seed: str, who: str, place: str) -> str:
    """What the QR code for a generator says."""
    from pyotp.totp import TOTP

    return TOTP(seed).provisioning_uri(name=who, issuer_name=place)


def picture_of(text: str) -> str:
    """A QR code as a data: address of an SVG picture."""
    import segno

    return segno.make(text, error="m", micro=False).svg_data_uri(scale=6, border=4, light="#fff")


def step_of(seed: str, code: str, now: float) -> int | None:
    """Of which period a code is, one that is over or to come included; None for a wrong one."""
    from pyotp.totp import TOTP

    typed = "".join(character for character in code if character not in " -")
    if not (len(typed) == 6 and typed.isascii() and typed.isdigit()):
        return None
    generator = TOTP(seed, interval=_PERIOD)
    current = int(now) // _PERIOD
    right = [
        step
        for step in range(current - _DRIFT, current + _DRIFT + 1)
        if secrets.compare_digest(generator.generate_otp(step), typed)
    ]
    return right[-1] if right else None


def new_paper_codes() -> list[str]:
    """Ten codes, as they are printed."""
    made = ["".join(secrets.choice(_PAPER_ALPHABET) for _ in range(_PAPER_LENGTH)) for _ in range(HOW_MANY)]
    return [f"{code[:5]}-{code[5:]}" for code in made]


class Codes:
    """Generators and paper codes of persons, in the database."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def keep_generator(self, work: UnitOfWork, person_id: int, seed: str, step: int) -> None:
        """step: of the code by which somebody has shown that it works; that code is used up."""
        now = work.clock.now()
        proof_store.set_generator(work.connection, person_id, self._keyring.seal(_SEED_FOR, seed), step, now)

    def take(self, work: UnitOfWork, person_id: int, code: str) -> bool:
        """Whether a code is right, and was not taken before."""
        row = proof_store.generator_of(work.connection, person_id)
        seed = self._keyring.open(_SEED_FOR, row.sealed) if row else None
        step = step_of(seed, code, work.clock.now().timestamp()) if seed else None
        return step is not None and proof_store.use_step(work.connection, person_id, step)

    def renew_paper(self, work: UnitOfWork, person_id: int) -> list[str]:
        """Ten new ones; those before are void."""
        made = new_paper_codes()
        proof_store.set_recovery_codes(work.connection, person_id, [self._paper(person_id, code) for code in made])
        return made

    def take_paper(self, work: UnitOfWork, person_id: int, code: str) -> bool:
        """Whether a code is one of those on paper; it is used up."""
        digest = self._paper(person_id, code)
        return proof_store.use_recovery_code(work.connection, person_id, digest, work.clock.now())

    def _paper(self, person_id: int, code: str) -> str:
        tidied = "".join(character for character in code.lower() if character.isalnum())
        return self._keyring.digest("recovery", f"{person_id}:{tidied[:40]}")
