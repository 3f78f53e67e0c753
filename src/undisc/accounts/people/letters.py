"""What people are told by e-mail: that they are invited, and, if they watch over privacy, that a glass was broken."""

from undisc.accounts.people import store
from undisc.accounts.people.model import NewInvitation, Role
from undisc.accounts.people.service import BrokenGlass, People
from undisc.audit.trail import UnitOfWork
from undisc.messaging.model import Way
from undisc.messaging.service import Messaging
from undisc.messaging.words import alert_letter, invitation_letter


class Letters:
    """Letters are in line when the caller's transaction is; there is none where no e-mail can be sent."""

    def __init__(self, people: People, messaging: Messaging, public_url: str, place_name: str) -> None:
        self._people = people
        self._messaging = messaging
        self._public_url = public_url
        self._place_name = place_name
        people.when_glass_breaks(self._tell_of_glass)

    def address_of(self, made: NewInvitation) -> str:
        """Where an invitation is accepted. Its secret stands after the #, which browsers send to no server."""
        return f"{self._public_url}/join#{made.secret}"

    def can_send(self) -> bool:
        return Way.EMAIL in self._messaging.ways()

    def send_invitation(self, work: UnitOfWork, made: NewInvitation, email: str, language: str = "en") -> None:
        if email and self.can_send():
            url = self.address_of(made)
            letter = invitation_letter(Way.EMAIL, email, language, self._place_name, url, made.expires_at)
            self._messaging.send(work, letter, "invitation")

    def _tell_of_glass(self, work: UnitOfWork, broken: BrokenGlass) -> None:
        if not self.can_send():
            return
        for officer in store.people_with(work.connection, Role.PRIVACY):
            if officer.email:
                url = f"{self._public_url}/privacy/alerts"
                letter = alert_letter(Way.EMAIL, officer.email, officer.language or "en", self._place_name, url)
                self._messaging.send(work, letter, "alert", person_id=officer.id)
