"""The trail goes out as DICOM audit messages, over syslog with TLS as well, and as FHIR AuditEvents; nothing is left
out, and no patient's name is in it."""

import base64
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args
from xml.etree.ElementTree import Element, fromstring

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from tests.door.privacy_door import PrivacyDoor, post, privacy_door
from tests.peers.certificates import Authority

from undisc.accounts.people.model import PatientKey, Role
from undisc.app import build_rounds
from undisc.audit.entries import Wanted
from undisc.audit.model import Action
from undisc.disclosures.exporting import Form, exported
from undisc.disclosures.service import Privacy
from undisc.disclosures.syslog import Collector, NotSent, send

NAMES = ("DOE", "JANE", "ROE", "RICHARD")
# PS3.15 A.5.1: what each element has, and in which order.
CHILDREN = {
    "AuditMessage": "EventIdentification (ActiveParticipant )+AuditSourceIdentification "
    "(ParticipantObjectIdentification )*",
    "EventIdentification": "EventID (EventTypeCode )*",
    "ActiveParticipant": "(RoleIDCode )*",
    "AuditSourceIdentification": "(AuditSourceTypeCode )*",
    "ParticipantObjectIdentification": "ParticipantObjectIDTypeCode ParticipantObjectName (ParticipantObjectDetail )*",
}
ATTRIBUTES = {
    "EventIdentification": {
        "EventActionCode": "[CRUDE]",
        "EventDateTime": r".+\+00:00",
        "EventOutcomeIndicator": "0|4|8|12",
    },
    "ActiveParticipant": {"UserID": ".+", "UserIsRequestor": "true|false"},
    "AuditSourceIdentification": {"AuditSourceID": ".+"},
    "AuditSourceTypeCode": {"csd-code": "[1-9]"},
    "ParticipantObjectIdentification": {
        "ParticipantObjectID": ".+",
        "ParticipantObjectTypeCode": "[1-4]",
        "ParticipantObjectTypeCodeRole": "[0-9]+",
    },
    "ParticipantObjectDetail": {"type": ".+", "value": ".+"},
}
CODED = {"EventID", "EventTypeCode", "RoleIDCode", "ParticipantObjectIDTypeCode"}


def conforms(element: Element) -> None:
    children = "".join(f"{child.tag} " for child in element)
    assert re.fullmatch(CHILDREN.get(element.tag, ""), children), (element.tag, children)
    for name, shape in ATTRIBUTES.get(element.tag, {}).items():
        assert re.fullmatch(shape, element.get(name, "")), (element.tag, name)
    if element.tag in CODED:
        assert all(element.get(name) for name in ("csd-code", "codeSystemName", "originalText"))
    for child in element:
        conforms(child)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[PrivacyDoor]:
    with privacy_door(tmp_path) as running:
        yield running


def _one_of_each(door: PrivacyDoor) -> None:
    nurse = door.app.people.signed_in(door.token(door.somebody("Nina Nurse", Role.STAFF)))
    assert nurse
    door.app.people.break_glass(nurse, PatientKey("", "MRN-4711"), "Unconscious in the emergency room")
    link = door.app.sharing.create_link((1,)).link.id
    for action in get_args(Action):
        door.act(action, f"link:{link}", link=link, address="203.0.113.9", session=1)
    door.act("study-retrieved", "token:pacs", study=3)
    door.act("imported", "peer:CT", studies="1.2.1 1.2.3")
    door.act("verified", "operator", instances=3)


def _all(door: PrivacyDoor, form: Form) -> list[bytes]:
    found = Privacy(door.app.trail, door.clock).walk(Wanted())
    return list(exported(found, form, "UNDISC", "Riverside Imaging", str))


def test_every_action_is_an_audit_message_of_the_standards_structure(door: PrivacyDoor) -> None:
    _one_of_each(door)
    for line in _all(door, Form.DICOM):
        assert line.count(b"\n") == 1
        conforms(fromstring(line))
        assert not any(name.encode() in line for name in NAMES)


def test_actions_are_the_events_that_the_standard_has_for_them(door: PrivacyDoor) -> None:
    _one_of_each(door)
    events = {}
    for line in _all(door, Form.DICOM):
        message = fromstring(line)
        codes = [each.get("csd-code") for each in message.findall("EventIdentification/*")]
        events[codes[-1]] = (codes[0], message[0].get("EventActionCode"), message[0].get("EventOutcomeIndicator"))
    assert events["series-viewed"] == ("110103", "R", "0")
    assert events["signed-in"] == ("110114", "E", "0")
    assert events["passcode-wrong"] == ("110114", "E", "4")
    assert events["download-started"] == ("110106", "R", "0")
    assert events["study-retrieved"] == ("110104", "R", "0")
    assert events["queried"] == ("110112", "E", "0")
    assert events["link-closed"] == ("110113", "E", "8")
    assert events["trail-read"] == ("110101", "R", "0")


def test_a_message_is_about_one_patient_and_names_address_and_reason(door: PrivacyDoor) -> None:
    _one_of_each(door)
    messages = [fromstring(line) for line in _all(door, Form.DICOM)]
    imported = [m for m in messages if m.find("ActiveParticipant").get("UserID") == "peer:CT"]  # type: ignore[union-attr]
    numbers = [
        [each.get("ParticipantObjectID") for each in m if each.get("ParticipantObjectTypeCode") == "1"]
        for m in imported
    ]
    assert sorted(numbers) == [["MRN-0815"], ["MRN-4711"]]
    assert {m.find("EventIdentification/EventID").get("csd-code") for m in imported} == {"110104"}  # type: ignore[union-attr]
    seen = [m.find("ActiveParticipant").get("NetworkAccessPointID") for m in messages]  # type: ignore[union-attr]
    assert "203.0.113.9" in seen
    reasons = [
        d.get("value", "") for m in messages for d in m.iter("ParticipantObjectDetail") if d.get("type") == "reason"
    ]
    assert b"Unconscious in the emergency room" in [base64.b64decode(reason) for reason in reasons]


def test_every_action_is_a_valid_fhir_audit_event(door: PrivacyDoor) -> None:
    _one_of_each(door)
    lines = _all(door, Form.FHIR)
    assert len(lines) == len(_all(door, Form.DICOM))
    for line in lines:
        told = AuditEvent.model_validate_json(line)
        assert told.type.system == "http://dicom.nema.org/resources/ontology/DCM"
        assert not any(name.encode() in line for name in NAMES)
    broken = next(json.loads(line) for line in lines if b"BTG" in line)
    assert broken["purposeOfEvent"][0]["text"] == "Unconscious in the emergency room"


def test_an_officer_takes_it_out_and_nobody_else_does(door: PrivacyDoor) -> None:
    _one_of_each(door)
    officer = door.signed_in("Olga Officer", Role.PRIVACY)
    lines = officer.get("/privacy/export.ndjson").text.splitlines()
    assert json.loads(lines[0])["resourceType"] == "AuditEvent"
    assert post(officer, "/privacy/export", "/privacy/export", form="dicom").text.startswith("<?xml")
    assert post(officer, "/privacy/export", "/privacy/export", form="csv", since="2030-01-01").text.count("\n") == 1
    assert post(officer, "/privacy/export", "/privacy/export", form="x").status_code == 422
    assert door.signed_in("Some Body", Role.ADMINISTRATOR).get("/privacy/export.ndjson").status_code == 403


def test_the_command_line_takes_it_out_too(door: PrivacyDoor) -> None:
    _one_of_each(door)
    command = [sys.executable, "-m", "undisc", "audit", "export", "--format", "fhir", "--since", "2026-11-24"]
    command += ["--data-dir", str(door.app.settings.data_dir)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert len(done.stdout.splitlines()) >= len(_all(door, Form.FHIR)) - 1
    assert subprocess.run([*command, "--format", "pdf"], capture_output=True, check=False).returncode == 2


class _Receiver:
    """Reads syslog over TLS as RFC 5425 frames it."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.connections = 0

    def serve(self, listening: socket.socket, context: ssl.SSLContext) -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    self._read(connection)
            except (OSError, ssl.SSLError):
                plain.close()

    def _read(self, connection: ssl.SSLSocket) -> None:
        held = b""
        while some := connection.recv(65536):
            held += some
            while b" " in held and len(held) >= (end := held.index(b" ") + 1 + int(held.split(b" ", 1)[0])):
                self.messages.append(held[held.index(b" ") + 1 : end])
                held = held[end:]
        assert held == b""


@contextmanager
def _collector(folder: Path, *, client: bool = False) -> Iterator[tuple[_Receiver, int, Authority]]:
    authority = Authority(folder / "certificates")
    own = authority.vouch("collector")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    if client:
        context.load_verify_locations(authority.own.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    receiver = _Receiver()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=receiver.serve, args=(listening, context), daemon=True)
        thread.start()
        yield receiver, listening.getsockname()[1], authority
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_entries_reach_a_collector_over_tls_once_and_go_on_where_they_were(tmp_path: Path) -> None:
    with _collector(tmp_path, client=True) as (receiver, port, authority):
        own = authority.vouch("undisc")
        shown = {"audit_syslog_certificate": own.certificate, "audit_syslog_key": own.key}
        where = {"audit_syslog": f"localhost:{port}", "audit_syslog_authorities": authority.own.certificate}
        with privacy_door(tmp_path, **where, **shown) as door:
            _one_of_each(door)
            build_rounds(door.app).go()
            first = len(receiver.messages)
            assert first == len(_all(door, Form.DICOM))
            build_rounds(door.app).go()
            assert len(receiver.messages) == first
            door.act("rebuilt", "operator")
            build_rounds(door.app).go()
            assert len(receiver.messages) == first + 1
    head, _, body = receiver.messages[0].partition(b" - \xef\xbb\xbf")
    assert re.fullmatch(rb"<85>1 2026-11-24T10:00:00\.000000Z \S+ undisc \d+ DICOM\+RFC3881", head)
    conforms(fromstring(body))


def test_a_collector_that_is_away_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with privacy_door(tmp_path, audit_syslog=f"localhost:{port}") as door:
        door.act("rebuilt", "operator")
        with pytest.raises(NotSent):
            build_rounds(door.app).go()
        assert Privacy(door.app.trail, door.clock).alerts()[0] == []
    with _collector(tmp_path / "later") as (receiver, port, authority):
        collector = Collector("localhost", port, authority.own.certificate)
        send(collector, [(door.clock.now(), b"<AuditMessage/>")], "undisc")
    assert len(receiver.messages) == 1


def test_a_collector_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with _collector(tmp_path) as (receiver, port, _), privacy_door(tmp_path, audit_syslog=f"localhost:{port}") as door:
        door.act("rebuilt", "operator")
        with pytest.raises(NotSent, match="nobody here vouches for"):
            build_rounds(door.app).go()
    assert receiver.messages == []
