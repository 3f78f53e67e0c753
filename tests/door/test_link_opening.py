"""Proves that a link opens for whoever holds its secret and passcode, as long as it was meant to, and no one else."""

import base64
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.door.running import CLOSED, Door, running_door
from tests.door.small_archive import HEAD

from undisc.sharing.model import NewLink


def test_page_is_the_same_for_every_link_there_is_or_is_not(standing_door: Door) -> None:
    link = standing_door.new_link()
    real, unreal = standing_door.client.get(f"/s/{link.link.id}"), standing_door.client.get("/s/nosuchlink")
    assert real.content == unreal.content
    assert real.status_code == unreal.status_code
    assert {**real.headers, "date": ""} == {**unreal.headers, "date": ""}


def test_looking_at_the_page_uses_nothing_up(door: Door) -> None:
    link = door.new_link()
    for _ in range(20):
        door.client.get(f"/s/{link.link.id}")
        door.client.head(f"/s/{link.link.id}")
    assert door.actions() == ["shared"]
    assert door.open(link).status_code == 200


def test_open_link_brings_the_first_picture_in_its_first_answer(door: Door) -> None:
    answer = door.open(door.new_link(1, 2))
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    manifest = answer.json()
    assert manifest["from"] == "Riverside Imaging"
    assert manifest["until"] == "2026-12-24T10:00:00Z"
    assert manifest["may_download"] is True
    assert manifest["patient"]["name"] == "DOE^JANE"
    assert [study["id"] for study in manifest["studies"]] == [1, 2]
    picture = base64.b64decode(manifest["first"]["preview"].removeprefix("data:image/webp;base64,"))
    assert (manifest["first"]["series"], manifest["first"]["index"], picture) == (HEAD, 1, b"first of head")
    assert manifest["series"] == {"id": HEAD, "frames": []}
    assert door.actions() == ["shared", "shared", "link-opened", "series-viewed"]


def test_reload_gets_the_manifest_without_the_picture(door: Door) -> None:
    answer = door.get(door.opened(), "study")
    assert answer.status_code == 200
    assert "first" not in answer.json()


def test_cookie_is_of_that_link_alone_and_out_of_reach_of_scripts(door: Door) -> None:
    link = door.new_link()
    cookie = door.open(link).headers["set-cookie"]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes == {f"path=/s/{link.link.id}", "httponly", "samesite=strict"}
    assert len(cookie.split(";")[0].partition("=")[2]) >= 43


def test_cookie_is_secure_where_the_server_is_reached_by_https(tmp_path: Path) -> None:
    with running_door(tmp_path, public_url="https://pictures.example") as door:
        answer = door.open(door.new_link())
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def test_passcode_is_asked_for_with_what_the_page_needs(door: Door) -> None:
    answer = door.open(door.new_link(passcode="auto"))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in answer.headers
    told = answer.json()
    assert {name: told[name] for name in ("type", "from", "until", "digits", "length")} == {
        "type": "passcode-needed",
        "from": "Riverside Imaging",
        "until": "2026-12-24T10:00:00Z",
        "digits": True,
        "length": 6,
    }
    assert "DOE" not in answer.text


def test_passcode_of_words_says_so(door: Door) -> None:
    told = door.open(door.new_link(passcode="blue door")).json()
    assert (told["digits"], told["length"]) == (False, 9)


def test_right_passcode_opens(door: Door) -> None:
    link = door.new_link(passcode="482913")
    assert door.open(link, "482 913").status_code == 200
    assert door.actions() == ["shared", "passcode-right", "link-opened", "series-viewed"]


def test_tries_left_are_told_from_the_third_wrong_one_on_and_the_tenth_closes_for_good(door: Door) -> None:
    link = door.new_link(passcode="482913")
    told = [door.open(link, f"00000{wrong}") for wrong in range(10)]
    assert [answer.json()["type"] for answer in told] == ["passcode-wrong"] * 9 + ["link-closed"]
    assert [answer.json().get("tries_left") for answer in told] == [None, None, 7, 6, 5, 4, 3, 2, 1, None]
    assert door.open(link, "482913").json() == CLOSED
    assert door.open(link).json() == CLOSED
    assert door.actions() == ["shared"] + ["passcode-wrong"] * 10 + ["link-closed"]
    assert [summary.state for summary in door.sharing.links()] == ["used up"]


def test_right_passcode_costs_no_try_and_gives_none_back_that_were_wrong(door: Door) -> None:
    link = door.new_link(passcode="482913")
    for _ in range(12):
        assert door.open(link, "482913").status_code == 200
    for wrong in range(9):
        assert door.open(link, f"00000{wrong}").status_code == 401
    assert door.open(link, "482913").status_code == 200
    assert door.open(link, "000009").json() == CLOSED


def test_closing_by_wrong_tries_ends_what_was_open(door: Door) -> None:
    link = door.opened(passcode="482913")
    for wrong in range(10):
        door.open(link, f"00000{wrong}", door.another_browser())
    assert door.get(link, "study").json() == CLOSED


def closed_links(door: Door) -> dict[str, tuple[str, str]]:
    """Every way in which a link may not open: the id and the secret that somebody tries."""
    wrong = door.new_link(passcode="482913", expires=timedelta(days=300))
    revoked = door.new_link(passcode="482913", expires=timedelta(days=300))
    used_up = door.new_link(passcode="482913", expires=timedelta(days=300))
    expired = {"expired": door.new_link(passcode="482913"), "expired, without a passcode": door.new_link()}
    door.sharing.revoke(revoked.link.id)
    for number in range(10):
        door.open(used_up, f"00000{number}")
    with_secret: dict[str, NewLink] = {"revoked": revoked, "used up": used_up} | expired
    found = {name: (link.link.id, link.secret) for name, link in with_secret.items()}
    found["wrong secret"] = (wrong.link.id, revoked.secret)
    found["empty secret"] = (wrong.link.id, "")
    found["unknown"] = ("abcdefghjk", wrong.secret)
    found["no id at all"] = ("No-Such-Link", wrong.secret)
    return found


def test_wrong_unknown_expired_revoked_and_used_up_are_answered_alike_to_the_byte(door: Door) -> None:
    links = closed_links(door)
    door.clock.advance(days=31)
    answers: list[httpx.Response] = []
    for link_id, secret in links.values():
        for asked in ({"secret": secret}, {"secret": secret, "passcode": "482913"}):
            answers.append(door.another_browser().post(f"/s/{link_id}/open", json=asked))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted({**answer.headers, "date": ""}.items())) for answer in answers}) == 1
    assert answers[0].json() == CLOSED
    assert answers[0].headers["content-type"] == "application/problem+json"


def test_link_opens_until_its_last_moment_and_not_after(door: Door) -> None:
    link = door.new_link()
    door.clock.advance(days=30, seconds=-1)
    assert door.open(link).status_code == 200
    door.clock.advance(seconds=1)
    assert door.open(link).json() == CLOSED
    assert door.get(link, "study").json() == CLOSED


def test_session_ends_though_the_link_lives_on(door: Door) -> None:
    link = door.opened()
    door.clock.advance(minutes=240, seconds=-1)
    assert door.get(link, "study").status_code == 200
    door.clock.advance(seconds=1)
    assert door.get(link, "study").json() == CLOSED
    assert door.open(link).status_code == 200
    assert door.get(link, "study").status_code == 200


def test_session_does_not_outlive_its_link(door: Door) -> None:
    link = door.new_link()
    door.clock.advance(days=30, minutes=-5)
    door.open(link)
    door.clock.advance(minutes=5)
    assert door.get(link, "study").json() == CLOSED


def test_revoked_link_shows_nothing_from_that_moment_on(door: Door) -> None:
    link = door.opened()
    assert door.get(link, f"series/{HEAD}").status_code == 200
    door.sharing.revoke(link.link.id)
    for path in ("study", f"series/{HEAD}", "frames/101/0", "download"):
        assert door.get(link, path).json() == CLOSED
    assert door.open(link).json() == CLOSED


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind"),
    [
        (b'{"secret": "' + b"x" * 5000 + b'"}', "application/json", 413, "too-large"),
        (b'{"secret": "x"}', "text/plain", 415, "not-json"),
        (b"secret=x", "application/x-www-form-urlencoded", 415, "not-json"),
        (b'{"secret": "x"}', "", 415, "not-json"),
        (b"", "application/json", 422, "unreadable"),
        (b"{", "application/json", 422, "unreadable"),
        (b"[]", "application/json", 422, "unreadable"),
        (b'{"passcode": "x"}', "application/json", 422, "unreadable"),
        (b'{"secret": 5}', "application/json", 422, "unreadable"),
        (b'{"secret": "x", "passcode": 482913}', "application/json", 422, "unreadable"),
    ],
)
def test_what_is_no_opening_is_refused(
    standing_door: Door, body: bytes, content_type: str, status: int, kind: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = standing_door.client.post(f"/s/{standing_door.new_link().link.id}/open", content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (status, kind)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_page_of_another_site_cannot_open_a_link_nor_read_one(standing_door: Door, headers: dict[str, str]) -> None:
    link = standing_door.opened()
    posted = standing_door.client.post(f"/s/{link.link.id}/open", json={"secret": link.secret}, headers=headers)
    assert (posted.status_code, posted.json()["type"]) == (403, "other-site")
    assert standing_door.get(link, "study", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://pictures.example"}, {"Origin": "null"}]
)
def test_page_of_the_link_can(standing_door: Door, headers: dict[str, str]) -> None:
    link = standing_door.new_link()
    answer = standing_door.client.post(f"/s/{link.link.id}/open", json={"secret": link.secret}, headers=headers)
    assert answer.status_code == 200


def test_browser_that_names_the_server_as_its_origin_can(standing_door: Door) -> None:
    link = standing_door.new_link()
    answer = standing_door.client.post(
        f"/s/{link.link.id}/open", json={"secret": link.secret}, headers={"Origin": standing_door.base}
    )
    assert answer.status_code == 200


def test_page_elsewhere_is_never_told_that_it_may_post_json(standing_door: Door) -> None:
    """What a browser asks before it posts JSON across sites, and what would let it."""
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = standing_door.client.options("/s/abcdefghjk/open", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]
