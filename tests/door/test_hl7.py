"""Another system's HL7 messages are taken over MLLP, answered once they are kept, and never harm who is next."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.door.command_line import undisc
from tests.factories.instances import ADA, Place, image

from undisc.app import App, build, build_hl7
from undisc.hl7.er7 import Message, read_message
from undisc.hl7.server import opened
from undisc.patients.service import Orders
from undisc.settings import Settings

ORDER = (
    "MSH|^~\\&|RIS|CLINIC|UNDISC|HERE|20261124080000||ORM^O01^ORM_O01|{control}|P|2.5.1|||||GB|UNICODE UTF-8\r"
    "PID|1||TEST-0001^^^CLINIC^MR||TESTPERSON^ADA^K^^Dr||19700131|F|||||^PRN^CP^^44^20^5550142~^NET^Internet^ada@example.org\r"
    "ORC|{code}|P-1|F-1||{state}\r"
    "OBR|1|P-1|F-1^RIS|71250^CT Chest^L||||||||||||||{accession}|||||||||^^^20261124093000\r"
)
REPORT = (
    "MSH|^~\\&|RIS|CLINIC|UNDISC|HERE|20261124101500||ORU^R01^ORU_R01|R1|P|2.5.1\r"
    "PID|1||TEST-0001^^^CLINIC^MR||TESTPERSON^ADA\r"
    "OBR|1|P-1|F-1^RIS|71250^CT Chest^L||||||||||||||{accession}|||||||{status}\r"
    "OBX|1|TX|||No mass.||||||F\r"
)


def order(accession: str = "ACC-9", control: str = "M1", code: str = "NW", state: str = "SC") -> str:
    return ORDER.format(accession=accession, control=control, code=code, state=state)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = build(Settings(data_dir=tmp_path / "data"))
    yield made
    made.close()


@contextmanager
def calling(app: App, allowed: str = "127.0.0.0/8") -> Iterator[socket.socket]:
    with (
        opened(build_hl7(app), "127.0.0.1", 0, [ip_network(allowed)]) as port,
        socket.create_connection(("127.0.0.1", port), timeout=20) as line,
    ):
        yield line


def received(line: socket.socket) -> Message:
    got = b""
    while not got.endswith(b"\x1c\r"):
        part = line.recv(4096)
        assert part, "the line was closed without an answer"
        got += part
    return read_message(got.strip(b"\x0b\x1c\r"))


def said(line: socket.socket, message: str | bytes) -> tuple[str, str]:
    """The code of the answer, and the message that it answers."""
    body = message if isinstance(message, bytes) else message.encode()
    line.sendall(b"\x0b" + body + b"\x1c\r")
    answer = received(line).first("MSA")
    assert answer is not None
    return answer.text(1), answer.text(2)


def test_an_order_is_kept_with_what_it_says_and_brought_up_to_date(app: App) -> None:
    with calling(app) as line:
        assert said(line, order()) == ("AA", "M1")
        kept = Orders(app.trail).by_accession("ACC-9")
        assert kept is not None
        assert (kept.issuer, kept.patient_id, kept.birth_date, kept.sex) == ("CLINIC", "TEST-0001", "19700131", "F")
        assert (kept.patient_name, kept.what, kept.planned_at) == ("TESTPERSON^ADA^K^Dr", "CT Chest", "20261124093000")
        assert (kept.phone, kept.email, kept.state) == ("+44 20 5550142", "ada@example.org", "ordered")
        assert said(line, order(control="M2", code="CA")) == ("AA", "M2")
    again = Orders(app.trail).by_accession("ACC-9")
    assert again is not None
    assert again.state == "cancelled"
    assert [each.accession for each in Orders(app.trail).of_patient("CLINIC", "TEST-0001")] == ["ACC-9"]


@pytest.mark.parametrize("message", [REPORT.format(accession="ACC-9", status="F"), order(code="SC", state="CM")])
def test_a_finished_study_is_complete_at_once(app: App, tmp_path: Path, message: str) -> None:
    (tmp_path / "disc").mkdir()
    picture = image(ADA, Place(1, 1, 1, 1), rows=16, columns=16)
    picture.AccessionNumber = "ACC-9"
    picture.save_as(tmp_path / "disc" / "IM1", enforce_file_format=True)
    assert undisc("import", str(tmp_path / "disc"), data=app.settings.data_dir).code == 0
    study = app.archive.study_id(str(picture.StudyInstanceUID))
    with calling(app) as line:
        assert said(line, REPORT.format(accession="ACC-9", status="P"))[0] == "AA"
        assert app.completions.one(study) is None
        assert said(line, message)[0] == "AA"
        completion = app.completions.one(study)
        assert completion is not None
        assert completion.by == "hl7"
        assert said(line, message)[0] == "AA"


def test_what_is_not_taken_is_answered_and_the_next_message_is_taken(app: App) -> None:
    with calling(app) as line:
        assert said(line, order().replace("ORM^O01^ORM_O01", "SIU^S12"))[0] == "AR"
        assert said(line, order(accession="").replace("F-1^RIS", "").replace("F-1", ""))[0] == "AE"
        assert said(line, b"no message at all")[0] == "AR"
        assert said(line, order().replace("ORM^O01^ORM_O01", "ADT^A08"))[0] == "AA"
        assert said(line, b"\x00\xff" * 500)[0] == "AR"
        assert said(line, order(control="M9")) == ("AA", "M9")


def test_messages_in_pieces_and_two_at_once_are_each_answered(app: App) -> None:
    with calling(app) as line:
        whole = b"noise\x0b" + order(control="A1").encode() + b"\x1c\r\x0b" + order(control="A2").encode() + b"\x1c\r"
        for at in range(0, len(whole), 97):
            line.sendall(whole[at : at + 97])
        got = b""
        while got.count(b"\x1c\r") < 2:
            got += line.recv(4096)
    answers = [read_message(part.strip(b"\x0b\r")).first("MSA") for part in got.split(b"\x1c")[:2]]
    assert [answer.text(2) for answer in answers if answer] == ["A1", "A2"]


def test_a_message_without_an_end_is_cut_off_and_others_are_served(app: App) -> None:
    with opened(build_hl7(app), "127.0.0.1", 0, [ip_network("127.0.0.1/32")]) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as flood, suppress(ConnectionError):
            for _ in range(64):
                flood.sendall(b"\x0b" + b"x" * 65536)
            while flood.recv(65536):
                pass
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            assert said(line, order())[0] == "AA"


def test_strangers_are_not_listened_to(app: App) -> None:
    with calling(app, allowed="10.0.0.0/8") as line:
        line.sendall(b"\x0b" + order().encode() + b"\x1c\r")
        with suppress(ConnectionResetError):
            assert line.recv(100) == b""
    assert Orders(app.trail).by_accession("ACC-9") is None


def test_nothing_of_a_message_is_in_the_log_or_the_trail(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    with calling(app) as line:
        assert said(line, order())[0] == "AA"
        assert said(line, b"MSH|^~\\&|TESTPERSON\rADA")[0] == "AR"
    logged = capsys.readouterr()
    with app.trail.read() as connection:
        entries = str(connection.exec_driver_sql("SELECT * FROM audit_entries").all())
    for name in ("TESTPERSON", "TEST-0001", "19700131", "ada@example.org", "5550142"):
        assert name not in logged.out + logged.err + entries
