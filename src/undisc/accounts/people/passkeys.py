"""Passkeys (WebAuthn level 3): what a browser is asked, and whether its answer is this key's, for this place, now."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from undisc.accounts.people import proof_store
from undisc.accounts.people.challenges import Challenges
from undisc.audit.trail import UnitOfWork
from undisc.keyring import Keyring

_LIFE = timedelta(minutes=5)
_MOST_LABEL = 60
_NEW, _SHOWN = "passkey-new", "passkey"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that a browser has just made, not kept yet."""

    credential_id: str
    public_key: str
    sign_count: int


class Passkeys:
    """For the one host and origin that people reach the server under, wherever a request says it came to."""

    def __init__(self, keyring: Keyring, public_url: str, place: str) -> None:
        parts = urlsplit(public_url)
        self._keyring = keyring
        self._challenges = Challenges(keyring)
        self._host = parts.hostname or "localhost"
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._place = place

    def ask_for_new(self, work: UnitOfWork, step: str, who: str, name: str, have: list[str]) -> dict[str, Any]:
        """What navigator.credentials.create() is called with. who: e-mail, or whatever tells people apart; have: the
        credential IDs of keys that this person has already."""
        from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        options = generate_registration_options(
            rp_id=self._host,
            rp_name=self._place,
            user_name=who or name,
            user_display_name=name or who,
            # Opaque, and the same for the same person, so that one device keeps one key of theirs.
            user_id=bytes.fromhex(self._keyring.digest("passkey-user", who or name)),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in have],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        self._challenges.put(work, step, _NEW, {"challenge": options.challenge.hex()}, _LIFE)
        return json.loads(options_to_json(options))

    def take_new(self, work: UnitOfWork, step: str, answer: dict[str, Any]) -> NewKey | None:
        """The key that the browser has made for us; None where its answer is not one to what it was asked."""
        from webauthn import verify_registration_response
        from webauthn.helpers import bytes_to_base64url

        asked = self._challenges.take(work, step, _NEW)
        if asked is None:
            return None
        try:
            made = verify_registration_response(
                credential=answer,
                expected_challenge=bytes.fromhex(asked.data["challenge"]),
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except Exception:  # whatever a hostile answer breaks in the reading of it, it is no key
            return None
        credential_id = bytes_to_base64url(made.credential_id)
        if proof_store.passkey(work.connection, credential_id) is not None:
            return None
        return NewKey(credential_id, bytes_to_base64url(made.credential_public_key), made.sign_count)

    def keep(self, work: UnitOfWork, person_id: int, key: NewKey, label: str) -> int:
        return proof_store.add_passkey(
            work.connection,
            person_id,
            key.credential_id,
            key.public_key,
            key.sign_count,
            " ".join(label.split())[:_MOST_LABEL] or "Passkey",
            work.clock.now(),
        )

    def ask(self, work: UnitOfWork, step: str) -> dict[str, Any]:
        """What navigator.credentials.get() is called with: any key that the browser has for us."""
        from webauthn import generate_authentication_options, options_to_json
        from webauthn.helpers.structs import UserVerificationRequirement

        options = generate_authentication_options(
            rp_id=self._host, user_verification=UserVerificationRequirement.REQUIRED
        )
        self._challenges.put(work, step, _SHOWN, {"challenge": options.challenge.hex()}, _LIFE)
        return json.loads(options_to_json(options))

    def take(self, work: UnitOfWork, step: str, answer: dict[str, Any]) -> int | None:
        """Whose key has answered; None where none of ours has, or one that may have been copied."""
        from webauthn import base64url_to_bytes, verify_authentication_response

        asked = self._challenges.take(work, step, _SHOWN)
        named = answer.get("id")
        key = proof_store.passkey(work.connection, named) if isinstance(named, str) and len(named) < 2000 else None
        if asked is None or key is None:
            return None
        try:
            shown = verify_authentication_response(
                credential=answer,
                expected_challenge=bytes.fromhex(asked.data["challenge"]),
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(key.public_key),
                credential_current_sign_count=key.sign_count,
                require_user_verification=True,
            )
        except Exception:  # as above
            return None
        now = work.clock.now()
        used = proof_store.use_passkey(work.connection, key.id, key.sign_count, shown.new_sign_count, now)
        return key.person_id if used else None
