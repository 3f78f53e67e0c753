"""Proves that every answer carries the headers that keep pictures in, and that every refusal has the one shape."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.door.running import Door, running_door
from tests.door.small_archive import DOCUMENT, NAMES_NEVER_LOGGED

from undisc.web.headers import CONTENT_POLICY

ANSWERS = {
    "/": 200,
    "/healthz": 200,
    "/robots.txt": 200,
    "/static/page.css": 200,
    "/s/abcdefghjk": 503,
    "/s/abcdefghjk/study": 404,
    "/s/abcdefghjk/open": 405,
    "/nothing": 404,
    "/openapi.json": 404,
    "/docs": 404,
    "/static/viewer/nothing.js": 404,
}


def check(answer: httpx.Response) -> None:
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert "cache-control" in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize(("path", "status"), ANSWERS.items())
def test_every_answer_carries_the_headers(standing_door: Door, path: str, status: int) -> None:
    answer = standing_door.client.get(path)
    assert answer.status_code == status
    check(answer)


def test_policy_lets_no_script_in_but_the_viewers_own() -> None:
    policy = {name: value for name, _, value in (part.partition(" ") for part in CONTENT_POLICY.split("; "))}
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe-inline" not in CONTENT_POLICY


def test_pictures_and_refusals_are_never_cached(door: Door) -> None:
    link = door.opened()
    for path in ("study", "frames/101/0", "series/11/thumbnail", f"documents/{DOCUMENT}", "download", "nothing"):
        assert door.get(link, path).headers["cache-control"] == "no-store"
    assert door.open(link).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/s/abcdefghjk/study", "/s/abcdefghjk/frames/1/0", "/static/page.css"])
def test_other_methods_are_refused_in_the_one_shape(standing_door: Door, method: str, path: str) -> None:
    answer = standing_door.client.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (405, "method-not-allowed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "GET" in answer.headers["allow"]
    assert "access-control-allow-origin" not in answer.headers
    check(answer)


@pytest.mark.parametrize("path", ["/", "/s/abcdefghjk", "/healthz", "/static/page.css"])
def test_head_answers_like_get_without_a_body(standing_door: Door, path: str) -> None:
    got, head = standing_door.client.get(path), standing_door.client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]


def test_own_fault_tells_nothing_about_itself(door: Door, logged: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    link = door.opened()
    door.archive.fault = ValueError("while reading DOE^JANE born 19700101")
    answer = door.get(link, "frames/101/0")
    assert (answer.status_code, answer.json()["type"]) == (500, "own-fault")
    assert answer.headers["content-type"] == "application/problem+json"
    check(answer)
    for name in NAMES_NEVER_LOGGED:
        assert name not in answer.text + json.dumps(logged) + caplog.text
    failed = [line for line in logged if line["event"] == "failed"]
    assert failed[0]["error"] == "ValueError"
    assert failed[0]["where"].startswith("links.py:")


def test_log_tells_method_route_status_and_time_only(tmp_path: Path, logged: list[Any]) -> None:
    with running_door(tmp_path) as door:
        link = door.opened(passcode="482913")
        door.get(link, "frames/101/0?name=DOE")
        door.get(link, f"nothing-called-{link.secret}")
        cookie = door.client.cookies["undisc"]
    lines = [line for line in logged if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/s/{link_id}/open", 200),
        ("GET", "/s/{link_id}/frames/{instance_id}/{frame}", 200),
        ("GET", "-", 404),
    ]
    for line in lines:
        assert set(line) == {"event", "log_level", "method", "route", "status", "ms"}
    text = json.dumps(logged)
    for secret in (link.secret, "482913", link.link.id, cookie, "DOE"):
        assert secret not in text


def test_host_header_is_never_used(door: Door) -> None:
    answer = door.client.get("/s/abcdefghjk", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in answer.text + str(answer.headers)
    assert door.new_link().url.startswith("http://pictures.example/s/")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A viewer as the build leaves it."""
    folder = tmp_path / "viewer"
    (folder / ".vite").mkdir(parents=True)
    (folder / "assets").mkdir()
    entry = {
        "file": "assets/main-B4d3f_9x.js",
        "src": "src/main.tsx",
        "isEntry": True,
        "css": ["assets/main-a1b2c3d4.css"],
    }
    (folder / ".vite" / "manifest.json").write_text(json.dumps({"src/main.tsx": entry}))
    (folder / "assets" / "main-B4d3f_9x.js").write_text("console.log('viewer');" * 50)
    (folder / "assets" / "main-a1b2c3d4.css").write_text("body{}")
    (folder / "assets" / "decoder.wasm").write_bytes(b"\0asm\1\0\0\0")
    (folder / "notes.txt").write_text("not for the web")
    return folder


def test_built_viewer_is_served_and_cached_for_ever_where_its_name_says_what_it_holds(
    tmp_path: Path, built: Path
) -> None:
    (tmp_path / "data").mkdir()
    with running_door(tmp_path / "data", viewer=built) as door:
        script = door.client.get("/static/viewer/assets/main-B4d3f_9x.js")
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-encoding"] == "gzip"
        assert script.text == "console.log('viewer');" * 50
        check(script)
        decoder = door.client.get("/static/viewer/assets/decoder.wasm")
        assert decoder.headers["content-type"] == "application/wasm"
        assert decoder.headers["cache-control"] == "no-cache"
        again = door.client.get(
            "/static/viewer/assets/decoder.wasm", headers={"If-None-Match": decoder.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")


def test_nothing_but_the_built_files_is_served(tmp_path: Path, built: Path) -> None:
    (tmp_path / "data").mkdir()
    others = [".vite/manifest.json", "notes.txt", "..%2f..%2fapp.py", "%2e%2e/%2e%2e/app.py", "//etc/passwd", "%00", ""]
    with running_door(tmp_path / "data", viewer=built) as door:
        for path in others:
            assert door.client.get(f"/static/viewer/{path}").status_code == 404


def test_page_says_plainly_that_the_viewer_was_not_built(standing_door: Door) -> None:
    page = standing_door.client.get("/s/abcdefghjk")
    assert page.status_code == 503
    assert "npm run build" in page.text


def test_home_page_says_what_this_is(standing_door: Door) -> None:
    page = standing_door.client.get("/")
    assert "Riverside Imaging" in page.text
    assert "Open it from the message you were sent." in page.text
