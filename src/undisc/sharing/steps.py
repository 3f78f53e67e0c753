"""Codes that go to where somebody is reached, and come back from the browser that asked for them."""

import hmac
import secrets as random
from datetime import timedelta

from undisc.audit.model import Act
from undisc.audit.trail import UnitOfWork
from undisc.messaging import words
from undisc.messaging.model import Way, shown
from undisc.sharing import secrets, steps_store, store
from undisc.sharing.ground import Ground
from undisc.sharing.model import MOST_TRIES, Browser, Link, SecondStep
from undisc.sharing.opening_model import (
    CODE_DIGITS,
    CODE_MINUTES,
    MOST_SENDINGS,
    MOST_WRONG_CODES,
    Answers,
    Asked,
    Asking,
    Closed,
    CodeWay,
)
from undisc.sharing.passcodes import tidy
from undisc.sharing.policy import why_closed

_DIGEST_FOR = "link-code"
_LASTS = timedelta(minutes=CODE_MINUTES)
_COUNTED_OVER = timedelta(hours=1)


class Codes:
    """A code is bound to its link and to the browser that asked for it, lasts ten minutes, and is good once."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def needed(self, link: Link, token: str) -> Asked:
        return self._asked(link, Asking.CODE, token, tuple(self._ways(link)))

    def ask(self, link: Link, browser: Browser, answers: Answers, name: str, token: str) -> Asked | Closed | None:
        """What comes of asking for a code, or of not having said one yet; None where one was said, to be checked.

        name: what tells this browser from others.
        """
        if answers.send_code is not None:
            return self._send(link, browser, answers, answers.send_code, name, token)
        return None if answers.code else self.needed(link, token)

    def check(
        self, work: UnitOfWork, link: Link, browser: Browser, answers: Answers, name: str, token: str
    ) -> Asked | Closed | None:
        """None where the code is right: it is used up then. The transaction must be committed whatever comes of it.

        The try is taken before anything is compared. A code that took its last wrong entry takes one of the link's
        own tries with it, and so do as many wrong entries of several codes: codes without end, each left before its
        last entry, do not give guesses without end.
        """
        who, now = _kept(name), work.clock.now()
        taken = steps_store.take_try(work.connection, link.id, who, now)
        if taken is None:
            return self._asked(link, Asking.CODE, token, tuple(self._ways(link)))
        digest, tries = taken
        said = self._digest(link, name, tidy(answers.code or ""))
        if hmac.compare_digest(said, digest):
            steps_store.use(work.connection, link.id, who, digest, now)
            work.audit(Act("code-right", f"link:{link.id}", _seen(link, browser)))
            return None
        work.audit(Act("code-wrong", f"link:{link.id}", _seen(link, browser)))
        if tries >= MOST_WRONG_CODES or steps_store.wrong_codes(work.connection, link.id) % MOST_WRONG_CODES == 0:
            store.take_try(work.connection, link.id, now)
            if store.tries_taken(work.connection, link.id) >= MOST_TRIES:
                if store.revoke(work.connection, link.id, now):
                    work.audit(Act("link-closed", "system", {"link": link.id, "tries": MOST_TRIES}))
                return Closed()
        return self._asked(link, Asking.CODE_WRONG, token, (), tries_left=MOST_WRONG_CODES - tries)

    def _send(self, link: Link, browser: Browser, answers: Answers, way: Way, name: str, token: str) -> Asked | Closed:
        ground = self._ground
        address = self._addresses(link).get(way)
        if address is None or ground.sends is None:
            return self.needed(link, token)
        code = f"{random.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        with ground.trail.work() as work:
            now = ground.clock.now()
            fresh = store.locked_link(work.connection, link.id)
            if fresh is None or why_closed(fresh, now) is not None:
                return Closed()
            if steps_store.sent_since(work.connection, link.id, now - _COUNTED_OVER) >= MOST_SENDINGS:
                return self._asked(link, Asking.CODE_LATE, token, tuple(self._ways(link)))
            digest = self._digest(link, name, code)
            steps_store.add_code(work.connection, link.id, _kept(name), digest, way, now, _LASTS)
            place = ground.terms.place_name
            letter = words.code_letter(way, address, answers.language, place, code)
            ground.sends.send(work, letter, "code", link_id=link.id)
            work.audit(Act("code-sent", f"link:{link.id}", _seen(link, browser) | {"way": way.value}))
        return self._asked(link, Asking.CODE_SENT, token, (CodeWay(way, shown(way, address)),))

    def _addresses(self, link: Link) -> dict[Way, str]:
        can = self._ground.sends.ways() if self._ground.sends is not None else frozenset()
        told = {Way.TEXT: link.for_phone, Way.EMAIL: link.for_email}
        # Whom a link was shared with got it by e-mail: the code goes elsewhere where there is an elsewhere.
        if link.second_step is SecondStep.CODE and link.for_phone and Way.TEXT in can:
            del told[Way.EMAIL]
        return {way: address for way, address in told.items() if address and way in can}

    def _ways(self, link: Link) -> list[CodeWay]:
        return [CodeWay(way, shown(way, address)) for way, address in self._addresses(link).items()]

    def _digest(self, link: Link, name: str, code: str) -> str:
        return self._ground.keyring.digest(_DIGEST_FOR, f"{link.id} {name} {code}")

    def _asked(
        self, link: Link, what: Asking, token: str, ways: tuple[CodeWay, ...], *, tries_left: int | None = None
    ) -> Asked:
        place = self._ground.terms.place_name
        return Asked(
            what, place, link.expires_at, token, length=CODE_DIGITS, digits=True, ways=ways, tries_left=tries_left
        )


def _kept(name: str) -> str:
    return secrets.digest(name)


def _seen(link: Link, browser: Browser) -> dict[str, str | int | None]:
    return {"link": link.id, "address": browser.address, "browser": browser.agent}
