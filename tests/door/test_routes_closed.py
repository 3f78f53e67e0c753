"""Proves, for every route of the web door and of the DICOMweb door, that without a grant it gives nothing but what
anyone may have."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, series_uid, study_uid
from tests.door.running import CLOSED, Door
from tests.door.small_archive import NAMES_NEVER_LOGGED
from tests.factories.instances import ADA, stable_uid

from undisc.dicomweb import access as dicomweb_access
from undisc.dicomweb.app import LINK, SYSTEMS
from undisc.dicomweb.retrieve_sending import Resource
from undisc.web.access import Asks
from undisc.web.people import SignedInAs

PUBLIC = {
    "/",
    "/healthz",
    "/robots.txt",
    "/static/page.css",
    "/static/viewer/{name:path}",
    "/static/pages/{name:path}",
    "/s/{link_id}",
    "/s/{link_id}/open",
    # Whoever is at the place has its code; without it, no form is taken, and with it nothing that is kept is shown.
    "/check-in/{place_id}",
    "/check-in/{place_id}/open",
    "/check-in/{place_id}/language",
    "/check-in/{place_id}/form",
    "/check-in/{place_id}/sign",
    "/check-in/{place_id}/thank-you",
    # What a telephone needs to keep the portal's shell; nothing there tells of anybody.
    "/me/manifest.webmanifest",
    "/me/offline",
    "/static/icons/{name}",
    "/sw.js",
    "/language",  # a form on every page; keeps the reader's language in a cookie
    # Where nobody is signed in yet: each answers the same to whoever has no account.
    "/sign-in",
    "/sign-in/second",
    "/sign-in/recovery",
    "/sign-in/passkey/options",
    "/sign-in/passkey",
    "/sign-in/single",
    "/sign-in/back",
    "/join",
    "/join/start",
    "/join/passkey/options",
    "/join/passkey",
    "/join/password",
    "/join/code",
}
VALUES = {
    "place_id": "1",
    "consent_id": "1",
    "series_id": "11",
    "instance_id": "101",
    "frame": "0",
    "name": "index.js",
    "group": "0",
    "block": "0",
    "number": "1",
    "study_id": "1",
    "relation_id": "1",
    "medium_id": "1",
    "person_id": "1",
}


def routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route, also inside routers that the application mounts. Anything of an unknown kind fails the test."""
    found = list(app.routes)
    while found:
        route = found.pop()
        if isinstance(route, APIRoute):
            yield route
            continue
        inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        assert inner, f"a route that this test cannot see through: {route!r}"
        found.extend(inner)


def all_of(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from all_of(inner)


def address(template: str, link_id: str) -> str:
    return re.sub(r"\{(\w+)(:path)?\}", lambda name: ({"link_id": link_id} | VALUES)[name[1]], template)


def test_routes_are_found(door: Door) -> None:
    found = {route.path for route in routes(door.app)}
    assert found >= PUBLIC
    assert len({path for path in found - PUBLIC if path.startswith("/s/")}) >= 15


def test_every_other_route_asks_the_one_dependency(door: Door) -> None:
    for route in routes(door.app):
        asks = [call for call in all_of(route.dependant) if isinstance(call, Asks | SignedInAs)]
        assert len(asks) == (0 if route.path in PUBLIC else 1), route.path


@pytest.mark.parametrize(
    "who",
    ["nobody", "a forged cookie", "an expired session", "an expired link", "a revoked link", "another link's cookie"],
)
def test_nobody_without_a_grant_gets_data(door: Door, who: str) -> None:
    link = door.new_link(1, passcode="482913")
    cookies: dict[str, str] = {}
    if who == "a forged cookie":
        cookies["undisc"] = "x" * 43
    elif who == "another link's cookie":
        other = door.new_link(3)
        cookies["undisc"] = door.open(other).cookies["undisc"]
    elif who != "nobody":
        cookies["undisc"] = door.open(link, "482913").cookies["undisc"]
        if who == "a revoked link":
            door.sharing.revoke(link.link.id)
        door.clock.advance(**{"an expired session": {"minutes": 241}, "an expired link": {"days": 31}}.get(who, {}))

    client = door.another_browser()
    tried = 0
    header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
    for route in routes(door.app):
        for method in route.methods or ():
            answer = client.request(method, address(route.path, link.link.id), headers=header, follow_redirects=False)
            for name in NAMES_NEVER_LOGGED:
                assert name not in answer.text
            assert "picture" not in answer.text.replace("your pictures", "").lower() or route.path in PUBLIC
            if route.path not in PUBLIC and not route.path.startswith("/s/"):
                assert answer.status_code in (303, 403), route.path
                assert answer.headers.get("location", "/sign-in").startswith("/sign-in"), route.path
            elif route.path not in PUBLIC:
                tried += 1
                assert (answer.status_code, answer.json()) == (404, CLOSED), route.path
    assert tried >= 15


# What a request to the DICOMweb door names: Ada's study, which everyone below would like to see.
STUDY = study_uid(ADA, 1)
IN_STUDY = {"study": STUDY, "series": series_uid(ADA, 1, 1), "instance": stable_uid(ADA.id, 1, 1, 1)}
NOT_THEIRS = ("TESTPERSON", "ADA", "TEST-0001", "TESTDOCTOR", "Invented")


@pytest.fixture
def dicomweb(tmp_path: Path) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path) as running:
        yield running


def dicomweb_routes(web: FastAPI) -> Iterator[tuple[str, APIRoute | Route]]:
    """Every route of the DICOMweb door, with the place at which the whole application has it."""
    for mount in web.routes:
        if isinstance(mount, Mount):
            assert mount.path in (SYSTEMS, LINK)
            assert isinstance(mount.app, FastAPI)
            for route in mount.app.routes:
                assert isinstance(route, APIRoute | Route), f"a route that this test cannot see through: {route!r}"
                yield mount.path, route


def dicomweb_address(template: str, link_id: str) -> str:
    values = {"link_id": link_id, **IN_STUDY}
    return re.sub(r"\{(\w+)(:path)?\}", lambda name: values.get(name[1], "1"), template)


def test_every_route_of_dicomweb_asks_the_one_dependency(dicomweb: DicomwebDoor) -> None:
    found = list(dicomweb_routes(dicomweb.web))
    assert {place for place, _ in found} == {SYSTEMS, LINK}
    assert len(found) >= 14
    for _, route in found:
        if isinstance(route, APIRoute):
            asks = [call for call in all_of(route.dependant) if isinstance(call, dicomweb_access.Asks)]
            assert len(asks) == 1, route.path
        else:
            assert isinstance(route.endpoint, Resource), route.path


@pytest.mark.parametrize(
    "who",
    [
        "nobody",
        "a forged token",
        "an expired token",
        "a revoked token",
        "another link's secret",
        "a session that is over",
        "a revoked link's secret",
        "an expired link's secret",
        "a secret without its passcode",
    ],
)
def test_nobody_without_a_grant_gets_data_by_dicomweb(dicomweb: DicomwebDoor, who: str) -> None:
    link = dicomweb.link(STUDY, passcode="482913" if who == "a secret without its passcode" else None)
    bearer: str | None = link.secret
    if who == "nobody":
        bearer = None
    elif who == "a forged token":
        bearer = "undisc_" + "x" * 43
    elif who == "an expired token":
        bearer = dicomweb.token("late", "read", "write", "delete", lifetime=timedelta(hours=1))
    elif who == "a revoked token":
        bearer = dicomweb.token("gone", "read", "write", "delete")
        dicomweb.app.accounts.revoke_token("gone")
    elif who == "another link's secret":
        bearer = dicomweb.link(study_uid(ADA, 2)).secret
    elif who == "a session that is over":
        opened = dicomweb.stranger().post(f"/s/{link.link.id}/open", json={"secret": link.secret})
        bearer = opened.cookies["undisc"]
    elif who == "a revoked link's secret":
        dicomweb.app.sharing.revoke(link.link.id)
    days = {"an expired token": 0.5, "a session that is over": 0.5, "an expired link's secret": 31}
    dicomweb.clock.advance(days=days.get(who, 0))

    closed = who.endswith("link's secret") and not who.startswith("another")
    expected = {SYSTEMS: 401, LINK: 404 if closed else 403 if who.startswith("a secret") else 401}
    client = dicomweb.stranger(bearer)
    for place, route in dicomweb_routes(dicomweb.web):
        for method in route.methods or ():
            answer = client.request(method, dicomweb_address(place + route.path, link.link.id))
            assert answer.status_code == expected[place], (method, place, route.path, answer.text[:200])
            for name in NOT_THEIRS:
                assert name not in answer.text


def test_nobody_stores_or_deletes_by_a_link_or_with_a_token_for_reading(dicomweb: DicomwebDoor) -> None:
    link = dicomweb.link(STUDY)
    before = dicomweb.app.archive.verify()
    for bearer, place in ((link.secret, LINK), (dicomweb.token("reader", "read"), SYSTEMS)):
        client = dicomweb.stranger(bearer)
        for _, route in dicomweb_routes(dicomweb.web):
            for method in (route.methods or set()) - {"GET", "HEAD"}:
                answer = client.request(method, dicomweb_address(place + route.path, link.link.id))
                assert answer.status_code == 403, (method, route.path)
    assert dicomweb.app.archive.verify() == before
