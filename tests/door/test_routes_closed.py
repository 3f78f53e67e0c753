"""Proves, for every route that the web door has, that without a grant it gives nothing but what anyone may have."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from tests.door.running import CLOSED, Door
from tests.door.small_archive import NAMES_NEVER_LOGGED

from undisc.web.access import Asks

PUBLIC = {
    "/",
    "/healthz",
    "/robots.txt",
    "/static/page.css",
    "/static/viewer/{name:path}",
    "/s/{link_id}",
    "/s/{link_id}/open",
}
VALUES = {"series_id": "11", "instance_id": "101", "frame": "0", "name": "index.js"}


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
    assert len(found - PUBLIC) == 10


def test_every_other_route_asks_the_one_dependency(door: Door) -> None:
    for route in routes(door.app):
        asks = [call for call in all_of(route.dependant) if isinstance(call, Asks)]
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
            answer = client.request(method, address(route.path, link.link.id), headers=header)
            for name in NAMES_NEVER_LOGGED:
                assert name not in answer.text
            assert "picture" not in answer.text.replace("your pictures", "").lower() or route.path in PUBLIC
            if route.path not in PUBLIC:
                tried += 1
                assert (answer.status_code, answer.json()) == (404, CLOSED), route.path
    assert tried == 10
