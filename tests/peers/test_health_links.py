"""Somebody else's program opens our SMART Health Links: kill-the-clipboard, on Node."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from tests.door.health_door import HealthDoor, health_door
from tests.factories.discs import pdf

NODE = Path(__file__).parent / "node"

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(
        shutil.which("node") is None or not (NODE / "node_modules" / "kill-the-clipboard").is_dir(),
        reason="needs Node and `make test`'s packages for it",
    ),
]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HealthDoor]:
    # Real clocks: the program refuses a link whose end is past.
    with health_door(
        tmp_path_factory.mktemp("health"), pdf("No abnormality seen.") + b"% " + b"x" * 300_000
    ) as running:
        yield running


def _opened(door: HealthDoor, *asked: tuple[str, str | None]) -> list[dict[str, Any]]:
    lines = [
        json.dumps({"link": text, "server": door.base} | ({"passcode": passcode} if passcode else {}))
        for text, passcode in asked
    ]
    done = subprocess.run(
        ["node", "open_health_link.mjs"], cwd=NODE, input="\n".join(lines), text=True, capture_output=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_opens_ours_with_the_passcode_and_is_told_how_many_tries_are_left(door: HealthDoor) -> None:
    sealed = door.links.make("operator", [door.study], passcode="482913")
    plain = door.links.make("operator", [door.study], passcode=None, with_report=False)
    wrong, right, free = _opened(door, (sealed.text, "111112"), (sealed.text, "482913"), (plain.text, None))

    assert wrong["error"] == "SHLInvalidPasscodeError"
    assert json.loads(wrong["answers"][0]["body"]) == {"remainingAttempts": 9}
    assert (right["flag"], right["label"]) == ("P", "Pictures from Riverside Imaging")
    # The report makes it too large to be embedded: it was fetched from its location.
    assert [answer["type"] for answer in right["answers"]] == ["application/json", "application/jose"]
    for opened, kinds in ((right, 4), (free, 3)):
        (told,) = opened["resources"]
        found = Bundle.model_validate_json(json.dumps(told))
        assert len(found.entry or []) == kinds


def test_it_finds_a_stopped_link_gone(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode=None)
    door.app.sharing.revoke(link.link.id)
    (closed,) = _opened(door, (link.text, None))
    assert closed["error"] == "SHLManifestNotFoundError"
