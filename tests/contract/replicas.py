"""Two replicas of the web door on one PostgreSQL, before which requests alternate as behind a proxy."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import cast

import httpx
from tests.door.running import Door, TestClock, serving, sharing_on
from tests.door.small_archive import SmallArchive

from undisc.audit.trail import Trail
from undisc.db.engine import open_database
from undisc.db.schema import bring_up_to_date
from undisc.keyring import Keyring
from undisc.sharing.model import Terms
from undisc.web.app import create_web
from undisc.web.services import WebServices

_PLACE, _URL = "Riverside Imaging", "http://pictures.example"


class Alternating(httpx.BaseTransport):
    """Sends each request to the next replica; the Host header stays the one that was asked for."""

    def __init__(self, bases: list[str]) -> None:
        self._next = cycle(httpx.URL(base) for base in bases)
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        base = next(self._next)
        request.url = request.url.copy_with(host=base.host, port=base.port)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


class ReplicatedDoor(Door):
    """A Door whose browsers meet one replica after the other."""

    bases: list[str]

    def another_browser(self) -> httpx.Client:
        self.others.append(_browser(self.bases))
        return self.others[-1]


def _browser(bases: list[str]) -> httpx.Client:
    return httpx.Client(base_url=bases[0], timeout=30, transport=Alternating(bases))


@contextmanager
def replicated_door(folder: Path, url: str) -> Iterator[Door]:
    files = folder / "files"
    files.mkdir()
    archive, clock = SmallArchive(files), TestClock()
    terms = Terms(_PLACE, _URL, link_days=30, session_minutes=240)
    with ExitStack() as closing:
        databases = [open_database(url, folder) for _ in range(2)]
        for database in databases:
            closing.callback(database.close)
        bring_up_to_date(databases[0])
        archive.fill(databases[0])
        trails = [Trail(database, clock, b"k" * 32) for database in databases]
        keyring = Keyring(folder / "secrets.key")
        rooms = [
            sharing_on(trail, database, archive, terms, keyring)
            for trail, database in zip(trails, databases, strict=True)
        ]
        services = [
            WebServices(sharing, archive, archive.reports, _PLACE, _URL, people=people) for sharing, people in rooms
        ]
        apps = [create_web(one, folder / "no viewer") for one in services]
        bases = [closing.enter_context(serving(app)) for app in apps]
        client = closing.enter_context(_browser(bases))
        sharing, people = rooms[1]
        door = ReplicatedDoor(
            bases[0], client, apps[0], sharing, archive, clock, trails[1], databases[1], keyring, people
        )
        door.bases = bases
        yield cast(Door, door)
        for other in door.others:
            other.close()
