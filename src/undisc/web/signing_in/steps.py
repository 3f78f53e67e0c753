"""What browsers keep for us while somebody signs in, and how somebody who has is let in."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response

from undisc.accounts.people.challenges import new_step
from undisc.accounts.people.entrance import Entrance
from undisc.accounts.people.model import Caller, Entered, Person, Role
from undisc.web import problems
from undisc.web.headers import from_elsewhere
from undisc.web.people import session_token, set_session
from undisc.web.services import WebServices

STEP = "undisc_step"
DEVICE = "undisc_device"
_LONGEST = 200
_MOST_BYTES = 16 * 1024
_STEP_LASTS = 30 * 60
_DEVICE_LASTS = 365 * 24 * 3600
_MOST_WAITING = 64

_T = TypeVar("_T")


class Steps:
    """What all routes about signing in have in common."""

    def __init__(self, services: WebServices) -> None:
        self._services = services
        self.secure = services.public_url.startswith("https:")
        # Passwords wait for each other here, apart from the threads that send pictures.
        self._doorway = CapacityLimiter(8)

    @property
    def entrance(self) -> Entrance:
        """Raises Refusal where nobody can sign in here."""
        if self._services.entrance is None:
            raise problems.Refusal(problems.NOT_HERE)
        return self._services.entrance

    def caller(self, request: Request, *, new: bool = False) -> Caller:
        """new: with a step of its own, which the answer has to bring to the browser (`keep_step`)."""
        return Caller(
            address=request.client.host if request.client else "",
            agent=request.headers.get("user-agent", "")[:_LONGEST],
            device=request.cookies.get(self._name(DEVICE), "")[:_LONGEST],
            step=new_step() if new else request.cookies.get(self._name(STEP), "")[:_LONGEST],
        )

    def keep_step(self, response: Response, caller: Caller) -> None:
        self._set(response, STEP, caller.step, _STEP_LASTS)

    def let_in(self, request: Request, response: Response, entered: Entered) -> None:
        """The browser has the new session; one that it had before is over, whosever that was."""
        before = session_token(request, secure=self.secure)
        found = self.entrance.people.signed_in(before) if before else None
        if found is not None and found.session_id != entered.session_id:
            self.entrance.people.end(found.session_id, f"person:{entered.person.id}")
        set_session(response, entered.token, secure=self.secure)
        self._set(response, DEVICE, entered.device, _DEVICE_LASTS)
        response.delete_cookie(self._name(STEP), path="/", secure=self.secure, httponly=True, samesite="lax")

    async def slowly(self, work: Callable[[], _T]) -> _T:
        """Run what hashes passwords. Raises Refusal while too many wait for that."""
        if self._doorway.statistics().tasks_waiting >= _MOST_WAITING:
            raise problems.Refusal(problems.BUSY_SIGNING_IN)
        return await anyio.to_thread.run_sync(work, limiter=self._doorway)

    async def read_json(self, request: Request) -> dict[str, Any]:
        """An object that a page's own script sent. Raises Refusal for anything else."""
        if from_elsewhere(request, self._services.public_url):
            raise problems.Refusal(problems.OTHER_SITE)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise problems.Refusal(problems.NOT_JSON)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise problems.Refusal(problems.TOO_LARGE)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not _is_text(found):
            raise problems.Refusal(problems.UNREADABLE)
        return found

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            self._name(name), value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name


async def aside(act: Callable[..., _T], *arguments: Any, **named: Any) -> _T:
    """Run what waits for the database, off the loop that serves everybody."""
    return await anyio.to_thread.run_sync(partial(act, *arguments, **named))


def _is_text(found: dict[str, Any]) -> bool:
    """JSON can carry what no database takes: half a surrogate pair, and NUL."""
    written = json.dumps(found, ensure_ascii=False)
    return "\\u0000" not in written and written.encode("utf-8", "replace").decode() == written


def text_in(asked: dict[str, Any], name: str, most: int = 200) -> str:
    found = asked.get(name, "")
    return found[:most].strip() if isinstance(found, str) else ""


def answer_in(asked: dict[str, Any]) -> dict[str, Any]:
    """A key's answer, as navigator.credentials gave it to the page's script. Raises Refusal where there is none."""
    found = asked.get("credential")
    if not isinstance(found, dict):
        raise problems.Refusal(problems.UNREADABLE)
    return found


def home_of(person: Person) -> str:
    """Where somebody's work is, or their pictures are."""
    for role, page in _HOMES:
        if role in person.roles:
            return page
    return "/account"


_HOMES = (
    (Role.STAFF, "/staff"),
    (Role.PRIVACY, "/privacy"),
    (Role.ADMINISTRATOR, "/people"),
    (Role.PATIENT, "/me"),
    (Role.PROXY, "/me"),
)
