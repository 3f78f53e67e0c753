"""`undisc people`, and what `undisc serve` prints while nobody administers the place."""

import re
from pathlib import Path

from tests.door.command_line import undisc

from undisc.app import build, build_entrance
from undisc.settings import Settings


def test_people_are_invited_listed_closed_and_signed_out(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = undisc("people", "invite", "sam@clinic.example", "--role", "staff, privacy", "--json", data=data)
    assert made.code == 0, made.said
    assert re.fullmatch(r"http://localhost:8080/join#[\w-]{43}", made.json["url"])
    assert undisc("people", "list", "--json", data=data).json == []
    app = build(Settings(data_dir=data))
    try:
        invitation = build_entrance(app).inviting.invitations()[0]
        person = app.trail.run(lambda work: build_entrance(app).inviting.join_by_identity(work, invitation, None))
    finally:
        app.close()
    listed = undisc("people", "list", "--json", data=data).json
    assert [(each["number"], each["roles"], each["closed"]) for each in listed] == [
        (person.id, ["privacy", "staff"], None)
    ]
    assert undisc("people", "sessions", str(person.id), "--json", data=data).json == []
    assert undisc("people", "close", str(person.id), data=data).code == 0
    assert undisc("people", "close", str(person.id), data=data).code == 1
    assert undisc("people", "reopen", str(person.id), data=data).code == 0


def test_what_lets_nobody_in_is_refused_with_a_sentence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for arguments in (("sam@clinic.example", "--role", "king"), ("no address", "--role", "staff")):
        ran = undisc("people", "invite", *arguments, data=data)
        assert ran.code == 1
        assert "Traceback" not in ran.said
    link = undisc("people", "admin-link", "--json", data=data)
    assert "/join#" in link.json["url"]
