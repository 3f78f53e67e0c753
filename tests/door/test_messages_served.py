"""A running server sends what waits, survives being killed while a mail server is down, and shows an operator how it
stands."""

import sqlite3
import time
from pathlib import Path

import pytest
from tests.door.command_line import undisc
from tests.door.put_off import kill, let_time_pass, running, until
from tests.factories.mail import Mailbox, certificate, running_mail
from tests.factories.servers import free_port

from undisc.app import build
from undisc.messaging.model import Letter, Way
from undisc.settings import Settings

_SECRET = "https://pictures.example/s/Abc#dGhpcyBpcyBhIHNlY3JldA"


def _put_in_line(settings: Settings, address: str) -> int:
    app = build(settings)
    letter = Letter(Way.EMAIL, address, "Your pictures", f"Your pictures are ready: {_SECRET}")
    number = app.trail.run(lambda work: app.messaging.send(work, letter, "link"))
    app.close()
    return number


def _state(data: Path, number: int) -> tuple[str, int]:
    with sqlite3.connect(data / "undisc.db") as connection:
        return connection.execute("SELECT state, attempts FROM messages WHERE id = ?", (number,)).fetchone()


@pytest.mark.slow
def test_what_waited_for_a_mail_server_is_sent_once_by_the_next_process_after_a_kill(tmp_path: Path) -> None:
    data, port, box = tmp_path / "data", free_port(), Mailbox()
    files = certificate(tmp_path)
    surroundings = {
        "UNDISC_DATA_DIR": str(data),
        "UNDISC_WORKERS": "1",
        "UNDISC_MAIL_URL": f"smtp://localhost:{port}",
        "UNDISC_MAIL_FROM": "pictures@riverside.example",
        "UNDISC_OUTGOING_AUTHORITIES": str(files[0]),
    }
    settings = {name.removeprefix("UNDISC_").lower(): value for name, value in surroundings.items()}
    number = _put_in_line(Settings.model_validate(settings), "ada@patients.example")
    with running("work", surroundings=surroundings) as process:
        until(lambda: _state(data, number) == ("waiting", 1), "it is not tried", 60)
        kill(process)
    let_time_pass(surroundings)
    with running_mail(box, port, files), running("work", surroundings=surroundings):
        until(lambda: _state(data, number)[0] == "sent", "it is not sent", 60)
        let_time_pass(surroundings)
        time.sleep(1)
    assert len(box.came) == 1


def test_an_operator_lists_hastens_and_cancels_messages_and_sees_no_address_or_secret(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = Settings(data_dir=data)
    first, second = (_put_in_line(settings, address) for address in ("ada@patients.example", "nobody"))
    listed = undisc("messages", "list", "--json", data=data)
    assert [(each["number"], each["to"], each["state"]) for each in listed.json] == [
        (second, "", "failed"),
        (first, "a···@patients.example", "waiting"),
    ]
    assert undisc("messages", "retry", first, data=data).code == 0
    shown = undisc("messages", "list", data=data).out
    assert "This is no e-mail" in shown
    assert "ada@" not in shown + listed.out
    assert "#dGhp" not in shown + listed.out
    assert undisc("messages", "cancel", first, data=data).code == 0
    refused = undisc("messages", "retry", first, data=data)
    assert refused.code == 1
    assert "cancelled, and its text is gone" in refused.err
    assert undisc("messages", "cancel", 99, data=data).code == 1
    assert [each["state"] for each in undisc("messages", "list", "--all", "--json", data=data).json] == [
        "failed",
        "cancelled",
    ]
    assert undisc("audit", "verify", data=data).code == 0
