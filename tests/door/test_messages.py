"""Messages reach real servers for mail and text, wait while those are away, and are sent again only where they must."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.factories.clocks import FixedClock
from tests.factories.mail import Mailbox, TextGateway, certificate, running_gateway, running_mail
from tests.factories.servers import free_port

from undisc.app import App, build
from undisc.errors import DataFolderUnusable
from undisc.jobs.model import Again, Done, Ending, Hopeless, State
from undisc.messaging.jobs import kind
from undisc.messaging.model import Letter, Message, MessageRefused, Way
from undisc.settings import Settings

_SECRET = "https://pictures.example/s/Abc#dGhpcyBpcyBhIHNlY3JldA"
_MAIL = Letter(Way.EMAIL, "ada@patients.example", "Your pictures", f"Your pictures are ready:\n{_SECRET}\n")
_TEXT = Letter(Way.TEXT, "+49 170 1234567", "", f"Your pictures: {_SECRET}")


class _House:
    """An application with its clock, and one attempt at whatever is due."""

    def __init__(self, folder: Path, clock: FixedClock | None = None, /, **settings: Any) -> None:
        self.folder = folder
        self.clock = clock or FixedClock()
        self.app: App = build(Settings(data_dir=folder / "data", **settings), self.clock)
        self._kind = kind(self.app.messaging)

    def send(self, letter: Letter, purpose: str = "link", **more: Any) -> int:
        return self.app.trail.run(lambda work: self.app.messaging.send(work, letter, purpose, **more))

    def attempt(self) -> Ending | None:
        claim = self.app.jobs.claim(["message"])
        if claim is None:
            return None

        class _Running:
            number, arguments = claim.number, claim.arguments

            def check(self) -> None:
                pass

        ending = self._kind.run(_Running())
        self.app.jobs.end(claim, ending, self._kind.patience)
        return ending

    def message(self, number: int) -> Message:
        return self.app.messaging.one(number)

    def sealed(self, number: int) -> str:
        with sqlite3.connect(self.folder / "data" / "undisc.db") as connection:
            return connection.execute("SELECT sealed FROM messages WHERE id = ?", (number,)).fetchone()[0]

    def acts(self) -> list[str]:
        with sqlite3.connect(self.folder / "data" / "undisc.db") as connection:
            return [row[0] for row in connection.execute("SELECT action FROM audit_entries ORDER BY seq")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mailing(tmp_path: Path, files: tuple[Path, Path]) -> Iterator[tuple[_House, int]]:
    """A house whose mail server has the port that is given, with STARTTLS and a password."""
    port = free_port()
    house = _House(
        tmp_path,
        mail_url=f"smtp://undisc:s%2Fcret@localhost:{port}",
        mail_from="Riverside Imaging <pictures@riverside.example>",
        outgoing_authorities=files[0],
    )
    yield house, port
    house.app.close()


_LOGIN = ("undisc", "s/cret")


def test_mail_goes_out_encrypted_with_a_sender_people_can_answer(
    mailing: tuple[_House, int], files: tuple[Path, Path]
) -> None:
    house, port = mailing
    box = Mailbox()
    number = house.send(_MAIL)
    assert house.sealed(number)
    assert "secret" not in house.sealed(number)
    with running_mail(box, port, files, login=_LOGIN):
        assert house.attempt() == Done()
        assert house.attempt() is None
    (message,) = box.came
    assert message["From"] == "Riverside Imaging <pictures@riverside.example>"
    assert (message["To"], message["Subject"]) == ("ada@patients.example", "Your pictures")
    assert message["Message-ID"].startswith(f"<undisc.{number}.")
    assert message["Auto-Submitted"] == "auto-generated"
    assert _SECRET in message.get_content()
    told = house.message(number)
    assert (told.state, told.attempts, told.shown_to) == ("sent", 1, "a···@patients.example")
    assert told.sent_at == house.clock.now()
    assert house.sealed(number) == ""
    assert house.acts() == ["message-sent"]


def test_mail_goes_out_over_tls_from_the_first_byte(tmp_path: Path, files: tuple[Path, Path]) -> None:
    port, box = free_port(), Mailbox()
    urls: dict[str, Any] = {"mail_url": f"smtps://undisc:s%2Fcret@localhost:{port}", "mail_from": "p@riverside.example"}
    house = _House(tmp_path, **urls, outgoing_authorities=files[0])
    house.send(_MAIL)
    with running_mail(box, port, files, implicit=True, login=_LOGIN):
        assert house.attempt() == Done()
    assert len(box.came) == 1
    house.app.close()


def test_a_certificate_nobody_vouches_for_is_not_spoken_to(tmp_path: Path, files: tuple[Path, Path]) -> None:
    port, box = free_port(), Mailbox()
    house = _House(tmp_path, mail_url=f"smtps://localhost:{port}", mail_from="p@riverside.example")
    number = house.send(_MAIL)
    with running_mail(box, port, files, implicit=True):
        assert isinstance(house.attempt(), Again)
    assert box.came == []
    assert house.message(number).note == "The mail server's certificate is not one that can be trusted."
    assert house.message(number).state == "waiting"
    house.app.close()


def test_nothing_is_lost_while_the_mail_server_is_down_and_it_is_sent_once_when_it_is_back(
    mailing: tuple[_House, int], files: tuple[Path, Path]
) -> None:
    house, port = mailing
    box = Mailbox()
    number = house.send(_MAIL)
    assert house.attempt() == Again("The mail server cannot be reached, or broke off (SMTPConnectError).")
    assert [message.id for message in house.app.messaging.troubles()] == [number]
    assert house.attempt() is None  # it waits before it tries again
    for _ in range(5):
        house.clock.forward(timedelta(hours=1))
        assert isinstance(house.attempt(), Again)
    house.clock.forward(timedelta(hours=1))
    with running_mail(box, port, files, login=_LOGIN):
        assert house.attempt() == Done()
    house.clock.forward(timedelta(hours=2))
    assert house.attempt() is None
    assert len(box.came) == 1
    assert house.message(number).attempts == 7
    assert house.app.messaging.troubles() == []


def test_what_cannot_be_sent_for_two_days_is_given_up_and_its_text_is_gone(mailing: tuple[_House, int]) -> None:
    house, _ = mailing
    number = house.send(_MAIL)
    for _ in range(47):
        assert isinstance(house.attempt(), Again)
        house.clock.forward(timedelta(hours=1))
    assert house.message(number).state == "waiting"
    house.clock.forward(timedelta(hours=1))
    assert isinstance(house.attempt(), Hopeless)
    assert (house.message(number).state, house.sealed(number)) == ("failed", "")
    assert [message.id for message in house.app.messaging.troubles()] == [number]
    assert house.acts() == ["message-failed"]


def test_a_code_is_not_sent_once_it_is_over(mailing: tuple[_House, int], files: tuple[Path, Path]) -> None:
    house, port = mailing
    number = house.send(_MAIL, "code")
    assert isinstance(house.attempt(), Again)
    house.clock.forward(timedelta(minutes=10))
    box = Mailbox()
    with running_mail(box, port, files, login=_LOGIN):
        assert house.attempt() == Hopeless("The code in it is over.")
    assert (box.came, house.message(number).state, house.sealed(number)) == ([], "failed", "")


@pytest.mark.parametrize(
    ("to_recipient", "to_message", "state", "note"),
    [
        ("550 5.1.1 <ada@patients.example> unknown", "", "failed", "The mail server refuses this address (550)."),
        ("", "554 5.7.1 spam", "failed", "The mail server refuses this message (554)."),
        ("450 4.2.1 try later", "", "waiting", "The mail server refuses this address for now (450)."),
        ("", "451 4.3.0 try later", "waiting", "The mail server refuses this message for now (451)."),
    ],
)
def test_what_a_mail_server_refuses_for_good_fails_at_once_and_what_it_refuses_for_now_waits(
    mailing: tuple[_House, int],
    files: tuple[Path, Path],
    to_recipient: str,
    to_message: str,
    state: str,
    note: str,
) -> None:
    house, port = mailing
    number = house.send(_MAIL)
    with running_mail(Mailbox(to_recipient=to_recipient, to_message=to_message), port, files, login=_LOGIN):
        house.attempt()
    assert (house.message(number).state, house.message(number).note) == (state, note)
    assert bool(house.sealed(number)) == (state == "waiting")


def test_a_wrong_password_or_a_server_without_encryption_is_the_operators_to_mend_and_loses_nothing(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    port, box = free_port(), Mailbox()
    urls: dict[str, Any] = {"mail_url": f"smtp://undisc:wrong@localhost:{port}", "mail_from": "p@riverside.example"}
    house = _House(tmp_path, **urls, outgoing_authorities=files[0])
    number = house.send(_MAIL)
    with running_mail(box, port, files, login=_LOGIN):
        assert isinstance(house.attempt(), Again)
    assert house.message(number).note == "The mail server refuses the user or the password of UNDISC_MAIL_URL."
    house.app.close()


def test_where_the_answer_is_lost_the_message_comes_again_under_the_same_identifier(
    mailing: tuple[_House, int], files: tuple[Path, Path]
) -> None:
    house, port = mailing
    box = Mailbox(hang_up=True)
    number = house.send(_MAIL)
    with running_mail(box, port, files, login=_LOGIN):
        assert isinstance(house.attempt(), Again)
        box.hang_up = False
        house.clock.forward(timedelta(hours=1))
        assert house.attempt() == Done()
    first, second = box.came
    assert first["Message-ID"] == second["Message-ID"]
    assert house.message(number).state == "sent"


def test_a_text_goes_to_the_gateway_in_the_shape_it_wants_with_the_token_from_a_file(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    port, gateway = free_port(), TextGateway(statuses=[503, 200])
    token = tmp_path / "token"
    token.write_text("a token\n")
    house = _House(
        tmp_path,
        text_url=f"https://localhost:{port}/send",
        text_token_file=token,
        text_body='{"messages": [{"destination": "{to}", "body": "{text}", "id": "{reference}"}], "flash": false}',
        outgoing_authorities=files[0],
    )
    number = house.send(_TEXT)
    assert house.attempt() == Again("The text gateway cannot be reached.")
    house.clock.forward(timedelta(hours=1))
    with running_gateway(gateway, port, files):
        assert house.attempt() == Again("The text gateway does not take messages at the moment (503).")
        house.clock.forward(timedelta(hours=1))
        assert house.attempt() == Done()
    (first, headers), (second, _) = gateway.came
    reference = headers["idempotency-key"].removeprefix("undisc.")
    assert first == second
    assert first == {
        "messages": [{"destination": "+491701234567", "body": _TEXT.text, "id": reference}],
        "flash": False,
    }
    assert headers["authorization"] == "Bearer a token"
    assert house.message(number).shown_to == "···67"
    assert house.message(number).attempts == 3
    house.app.close()


def test_a_gateway_cannot_send_a_message_elsewhere_and_refuses_for_good_or_for_now(tmp_path: Path) -> None:
    port, gateway = free_port(), TextGateway(statuses=[307, 422])
    other_port, other = free_port(), TextGateway()
    gateway.place = f"http://localhost:{other_port}/"
    house = _House(tmp_path, text_url=f"http://localhost:{port}/send")
    number = house.send(_TEXT)
    with running_gateway(gateway, port), running_gateway(other, other_port):
        assert isinstance(house.attempt(), Again)
        house.clock.forward(timedelta(hours=1))
        assert house.attempt() == Hopeless("The text gateway refuses this message (422).")
    assert other.came == []
    assert (house.message(number).state, house.sealed(number)) == ("failed", "")
    house.app.close()


def test_what_could_never_be_sent_is_written_down_as_failed_and_stops_nobody(mailing: tuple[_House, int]) -> None:
    house, _ = mailing
    for address in ("nobody", "a@b\r\nBcc: all@example.org", "a@b, c@d", "", "-f@example.org", "a@b c"):
        number = house.send(Letter(Way.EMAIL, address, "s", "t"))
        assert (house.message(number).state, house.message(number).note) == ("failed", "This is no e-mail address.")
    number = house.send(_TEXT)
    assert house.message(number).note == "No gateway for text messages is set (UNDISC_TEXT_URL)."
    assert house.app.messaging.ways() == {Way.EMAIL}
    assert house.attempt() is None


def test_an_address_in_other_letters_gets_its_mail_where_the_server_takes_such(
    mailing: tuple[_House, int], files: tuple[Path, Path]
) -> None:
    house, port = mailing
    box = Mailbox()
    letter = Letter(Way.EMAIL, "мария@пример.example", "صورك", "صورك جاهزة\n")
    first, second = house.send(letter), house.send(letter)
    with running_mail(box, port, files, login=_LOGIN):
        assert house.attempt() == Done()
    with running_mail(box, port, files, login=_LOGIN, ascii_only=True):
        assert isinstance(house.attempt(), Hopeless)
    (message,) = box.came
    assert (message["To"], message["Subject"]) == (letter.address, letter.subject)
    assert message.get_content().split() == letter.text.split()
    assert [house.message(number).state for number in (first, second)] == ["sent", "failed"]


def test_a_subject_cannot_add_a_header(mailing: tuple[_House, int], files: tuple[Path, Path]) -> None:
    house, port = mailing
    box = Mailbox()
    number = house.send(Letter(Way.EMAIL, "ada@patients.example", "Hello\r\nBcc: all@example.org", "t"))
    with running_mail(box, port, files, login=_LOGIN):
        house.attempt()
    assert [message["Bcc"] for message in box.came] in ([], [None])
    assert house.message(number).state in ("sent", "waiting")


def test_one_is_taken_out_and_its_text_is_gone_and_one_that_ended_is_not_sent_again(
    mailing: tuple[_House, int], files: tuple[Path, Path]
) -> None:
    house, port = mailing
    number = house.send(_MAIL)
    house.app.trail.run(lambda work: house.app.messaging.cancel(work, number))
    assert (house.message(number).state, house.sealed(number)) == ("cancelled", "")
    box = Mailbox()
    with running_mail(box, port, files, login=_LOGIN):
        assert house.attempt() == Done("There was nothing left to do.")
    assert box.came == []
    with pytest.raises(MessageRefused):
        house.app.trail.run(lambda work: house.app.messaging.retry(work, number))


def test_one_that_waits_is_tried_at_once_when_somebody_says_so(
    mailing: tuple[_House, int], files: tuple[Path, Path]
) -> None:
    house, port = mailing
    number = house.send(_MAIL)
    for _ in range(3):
        house.attempt()
        house.clock.forward(timedelta(minutes=5))
    house.attempt()
    assert house.attempt() is None
    house.app.trail.run(lambda work: house.app.messaging.retry(work, number))
    box = Mailbox()
    with running_mail(box, port, files, login=_LOGIN):
        assert house.attempt() == Done()
    assert len(box.came) == 1


def test_a_process_that_dies_between_attempts_loses_nothing(
    mailing: tuple[_House, int], files: tuple[Path, Path], tmp_path: Path
) -> None:
    house, port = mailing
    number = house.send(_MAIL)
    assert house.app.jobs.claim(["message"]) is not None  # and is never heard of again
    house.clock.forward(timedelta(minutes=5))
    another = _House(
        tmp_path,
        house.clock,
        mail_url=f"smtp://undisc:s%2Fcret@localhost:{port}",
        mail_from="pictures@riverside.example",
        outgoing_authorities=files[0],
    )
    box = Mailbox()
    with running_mail(box, port, files, login=_LOGIN):
        assert another.attempt() == Done()
    assert len(box.came) == 1
    assert house.message(number).state == "sent"
    another.app.close()


def test_what_is_rolled_back_is_never_sent(mailing: tuple[_House, int]) -> None:
    house, _ = mailing

    def fail() -> None:
        with house.app.trail.work() as work:
            house.app.messaging.send(work, _MAIL, "link")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (house.app.messaging.all(), house.attempt()) == ([], None)


def test_neither_an_address_nor_a_secret_is_in_logs_jobs_or_the_trail(
    mailing: tuple[_House, int], files: tuple[Path, Path]
) -> None:
    house, port = mailing
    with capture_logs() as lines, running_mail(Mailbox(to_recipient="550 <ada@patients.example>"), port, files):
        house.send(_MAIL)
        ending = house.attempt()
    with sqlite3.connect(house.folder / "data" / "undisc.db") as connection:
        jobs = connection.execute("SELECT arguments, note FROM jobs").fetchall()
        trail = connection.execute("SELECT subject FROM audit_entries").fetchall()
        kept = connection.execute("SELECT * FROM messages").fetchall()
    told = json.dumps([lines, jobs, trail, kept, str(ending)], default=str)
    for word in ("ada@", "#dGhpcyBp", "s/cret", "Your pictures are"):
        assert word not in told


def test_without_a_server_the_console_shows_what_would_be_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = _House(tmp_path)
    assert house.app.messaging.ways() == {Way.EMAIL, Way.TEXT}
    for letter in (_MAIL, _TEXT):
        house.send(letter)
        house.attempt()
    shown = capsys.readouterr().err
    assert shown.count(_SECRET) == 2
    assert {message.state for message in house.app.messaging.all()} == {"sent"}
    house.app.close()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"mail_url": "http://host"}, "UNDISC_MAIL_URL cannot be used: it is spelled smtps://"),
        ({"mail_url": "smtps://u:geheim@host:port", "mail_from": "a@b"}, "its port is no number"),
        ({"mail_url": "smtps://host"}, "UNDISC_MAIL_FROM cannot be used"),
        ({"text_url": "http://gateway.example/"}, "UNDISC_TEXT_URL cannot be used"),
        ({"text_url": "https://gateway.example/", "text_body": '{"to": "{to}"}'}, "UNDISC_TEXT_BODY cannot be used"),
        ({"text_url": "https://gateway.example/", "text_body": "{to}{text}"}, "it is no JSON"),
    ],
)
def test_a_setting_that_cannot_be_used_says_so_and_quotes_no_password(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(DataFolderUnusable) as error:
        build(Settings.model_validate({"data_dir": tmp_path, **settings}))
    assert sentence in str(error.value)
    assert "geheim" not in str(error.value)


def test_the_state_of_a_job_follows_its_message(mailing: tuple[_House, int]) -> None:
    house, _ = mailing
    house.send(_MAIL)
    house.attempt()
    (job,) = house.app.jobs.all()
    assert (job.kind, job.state, set(job.arguments)) == ("message", State.WAITING, {"message"})
