"""Role by route, for every page that asks who is signed in: the table says who may come in, and grows with the routes:
a page that it does not name fails the test."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount
from tests.door.people_door import PeopleDoor, people_door
from tests.door.test_routes_closed import all_of, routes
from tests.factories.people import signed_in_as

from undisc.accounts.people.model import Role
from undisc.web.people import SignedInAs

_PATIENTS = frozenset({Role.PATIENT, Role.PROXY})
_EVERYBODY = frozenset(Role)

# The longest beginning of an address that is named here counts.
MAY = {
    "/account": _EVERYBODY,
    "/sign-out": _EVERYBODY,
    "/sign-in/again": _EVERYBODY,
    "/people": frozenset({Role.ADMINISTRATOR}),
    "/glass": frozenset({Role.STAFF, Role.CLINICIAN}),
    "/home": _EVERYBODY,
    "/me": _PATIENTS,
    "/staff": frozenset({Role.STAFF}),
    "/privacy": frozenset({Role.PRIVACY}),
}


def _asking(app: FastAPI) -> Iterator[tuple[str, str, SignedInAs]]:
    """(method, address, what it asks) of every route that asks who is signed in."""
    for route in routes(_without_mounts(app)):
        assert isinstance(route, APIRoute)
        for asks in all_of(route.dependant):
            if isinstance(asks, SignedInAs):
                for method in sorted(route.methods or ()):
                    yield method, route.path, asks


def _without_mounts(app: FastAPI) -> FastAPI:
    """The web door alone: what is mounted beside it asks for tokens and links, and has tests of its own."""
    alone = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    alone.router.routes = [route for route in app.routes if not isinstance(route, Mount)]
    return alone


def _may(path: str) -> frozenset[Role]:
    named = [start for start in MAY if path == start or path.startswith(f"{start}/")]
    assert named, f"say in the table of this test who may see {path}"
    return MAY[max(named, key=len)]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleDoor]:
    with people_door(tmp_path_factory.mktemp("roles")) as running:
        yield running


def _web(door: PeopleDoor) -> FastAPI:
    from undisc.app import build_web

    return build_web(door.app)


def test_what_a_route_asks_is_what_the_table_says(door: PeopleDoor) -> None:
    found = list(_asking(_web(door)))
    assert len(found) >= 20
    for _, path, asks in found:
        assert (asks.roles or _EVERYBODY) <= _may(path), path


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_in_where_the_table_says_and_nowhere_else(door: PeopleDoor, role: Role) -> None:
    token = signed_in_as(door.app, role, name="Robin Role")
    with httpx.Client(base_url=door.base, cookies={"undisc_me": token}, timeout=30) as client:
        for method, path, asks in _asking(_web(door)):
            address = re.sub(r"\{\w+(:path)?\}", "1", path)
            answer = client.request(method, address, headers={"Accept": "text/html"})
            kept_out = answer.status_code == 403 and "not for your account" in answer.text
            assert kept_out == (role not in (asks.roles or _EVERYBODY)), (role, method, path, answer.status_code)
            # Whoever asks for a page of others is told nothing but that.
            assert not (kept_out and "Robin" in answer.text.replace("Robin Role", "")), path
            assert answer.status_code < 500, (method, path)


def test_nobody_who_is_not_signed_in_gets_in(door: PeopleDoor, tmp_path: Path) -> None:
    for method, path, _ in _asking(_web(door)):
        address = re.sub(r"\{\w+(:path)?\}", "1", path)
        answer = httpx.request(method, f"{door.base}{address}", headers={"Accept": "text/html"}, timeout=30)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/sign-in")
