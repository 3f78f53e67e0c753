"""Proves, for every service of the DIMSE door, that a caller who is not granted it gets nothing but the standard's
refusal, and that what is withdrawn is withdrawn at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_FIND, C_GET, C_MOVE, C_STORE, N_ACTION, N_GET
from tests.door.dicom_door import (
    EXPLICIT,
    IMPLICIT,
    PATIENT_FIND,
    PATIENT_GET,
    PATIENT_MOVE,
    STUDY_FIND,
    STUDY_GET,
    STUDY_MOVE,
    TESTER,
    VERIFICATION,
    DicomDoor,
    calling,
    destination,
    dicom_door,
    free_port,
    identifier_of,
    part10,
    send,
    send_dataset,
)
from tests.factories.instances import ADA, Place, image

from undisc.accounts.model import Service
from undisc.delivery.model import PeerUnreachable
from undisc.dimse.association import SERVED
from undisc.dimse.server import _OFFERED
from undisc.sharing.model import Use

MR = "1.2.840.10008.5.1.4.1.1.4"
COMMITMENT, WELL_KNOWN = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
REFUSED = 0x0124
# Every SOP class that is offered, besides storage, with the request that it is for and what that needs.
WALK: dict[str, tuple[type, Service | None]] = {
    VERIFICATION: (object, None),
    PATIENT_FIND: (C_FIND, Service.FIND),
    STUDY_FIND: (C_FIND, Service.FIND),
    PATIENT_GET: (C_GET, Service.RETRIEVE),
    STUDY_GET: (C_GET, Service.RETRIEVE),
    PATIENT_MOVE: (C_MOVE, Service.RETRIEVE),
    STUDY_MOVE: (C_MOVE, Service.RETRIEVE),
    COMMITMENT: (N_ACTION, Service.STORE),
    MR: (C_STORE, Service.STORE),
}


class Got:
    """Whatever reached the caller, by sub-operation or report, besides the answers."""

    def __init__(self) -> None:
        self.instances = 0
        self.reports = 0

    def handlers(self) -> list[Any]:
        return [(evt.EVT_C_STORE, self._instance), (evt.EVT_N_EVENT_REPORT, self._report)]

    def _instance(self, _event: Any) -> int:
        self.instances += 1
        return 0

    def _report(self, _event: Any) -> tuple[int, None]:
        self.reports += 1
        return 0, None


@pytest.fixture
def door(tmp_path: Path) -> Iterator[DicomDoor]:
    with dicom_door(tmp_path / "data", [TESTER, f"DEST@127.0.0.1:{free_port()}"]) as running:
        running.keep([part10(image(place=Place(slice=number))) for number in (1, 2)])
        yield running


def _asked(assoc: Association, sop_class: str) -> list[tuple[int | None, Any]]:
    """(status, what came with it) of every answer to the request that the class is for."""
    if sop_class == MR:
        return [(send(assoc, image(place=Place(study=7))), None)]
    if sop_class == COMMITMENT:
        item, asked = Dataset(), Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = MR, image(place=Place(slice=1)).SOPInstanceUID
        asked.TransactionUID, asked.ReferencedSOPSequence = generate_uid(), Sequence([item])
        status, reply = assoc.send_n_action(asked, 1, COMMITMENT, WELL_KNOWN)
        return [(status.get("Status"), reply)]
    level, key = (
        ("PATIENT", {"PatientID": ADA.id})
        if sop_class in (PATIENT_FIND, PATIENT_GET, PATIENT_MOVE)
        else (
            "STUDY",
            {"StudyInstanceUID": str(image().StudyInstanceUID)},
        )
    )
    identifier = identifier_of(QueryRetrieveLevel=level, **key)
    if sop_class in (PATIENT_FIND, STUDY_FIND):
        answers = assoc.send_c_find(identifier, sop_class)
    elif sop_class in (PATIENT_GET, STUDY_GET):
        answers = assoc.send_c_get(identifier, sop_class)
    else:
        answers = assoc.send_c_move(identifier, "DEST", sop_class)
    return [(status.get("Status"), found or None) for status, found in answers]


def _contexts(sop_class: str) -> list[tuple[str, tuple[str, ...]]]:
    own = (sop_class, (EXPLICIT,))
    return [own, (MR, (EXPLICIT,))] if sop_class in (STUDY_GET, PATIENT_GET) else [own]


def _provides(sop_class: str) -> list[str]:
    return [MR] if sop_class in (STUDY_GET, PATIENT_GET) else []


def test_the_walk_knows_every_service_that_is_offered() -> None:
    assert set(WALK) - {MR} == set(_OFFERED)
    assert {kind for kind, _ in WALK.values()} - {object} == set(SERVED)


def test_every_service_asks_for_what_the_walk_says_it_needs() -> None:
    needs = {Use.STORE: Service.STORE, Use.FIND: Service.FIND, Use.DOWNLOAD: Service.RETRIEVE}
    for kind, service in WALK.values():
        if service is not None:
            assert needs[SERVED[kind][0]] is service


@pytest.mark.parametrize("sop_class", [each for each in WALK if each != VERIFICATION])
def test_a_peer_without_the_grant_is_refused_and_nothing_leaves(door: DicomDoor, sop_class: str) -> None:
    needed = WALK[sop_class][1]
    assert needed is not None
    before, told = door.digests(), len(door.trail())
    dest = door.directory.named("DEST")
    with destination(dest.port) as collected:
        for left in (frozenset(Service) - {needed}, frozenset[Service]()):
            door.directory.allow(TESTER, left)
            got = Got()
            with calling(door, _contexts(sop_class), provides=_provides(sop_class), handlers=got.handlers()) as assoc:
                assert _asked(assoc, sop_class) == [(REFUSED, None)]
            assert (got.instances, got.reports, collected.digests) == (0, 0, {})
    assert door.digests() == before
    assert {action for action, _, _ in door.trail()[told:]} == {"peer-allowed"}


@pytest.mark.parametrize("sop_class", [each for each in WALK if each != VERIFICATION])
def test_a_peer_with_that_grant_alone_is_answered(door: DicomDoor, sop_class: str) -> None:
    needed = WALK[sop_class][1]
    assert needed is not None
    door.directory.allow(TESTER, frozenset({needed}))
    with (
        destination(door.directory.named("DEST").port),
        calling(door, _contexts(sop_class), provides=_provides(sop_class), handlers=Got().handlers()) as assoc,
    ):
        assert _asked(assoc, sop_class)[-1][0] == 0


def test_a_peer_that_may_ask_nothing_is_still_told_that_we_are_here(door: DicomDoor) -> None:
    door.directory.allow(TESTER, frozenset())
    with calling(door, [(VERIFICATION, (IMPLICIT,))]) as assoc:
        assert assoc.send_c_echo().Status == 0


@pytest.mark.parametrize("sop_class", list(WALK))
def test_a_stranger_is_rejected_whatever_it_wants(door: DicomDoor, sop_class: str) -> None:
    with (
        pytest.raises(PeerUnreachable, match="does not let us in"),
        calling(door, [(sop_class, (EXPLICIT, IMPLICIT))], title="STRANGER"),
    ):
        pass


def test_a_stranger_who_may_say_echo_is_refused_all_else_that_it_says_there(tmp_path: Path) -> None:
    with dicom_door(tmp_path / "data", [], dicom_echo_from_anyone=True) as door:
        with calling(door, [(VERIFICATION, (IMPLICIT,))], title="STRANGER") as assoc:
            data = b"\x08\x00\x18\x00\x04\x00\x00\x001.2\x00"
            context_id = assoc.accepted_contexts[0].context_id
            assert send_dataset(assoc, data, sop_class=MR, sop_instance="1.2", context_id=context_id) == REFUSED
        assert door.digests() == {}
        assert not list((tmp_path / "data" / "scratch" / "dimse").iterdir())


def test_what_is_withdrawn_is_refused_in_an_association_that_is_open(door: DicomDoor) -> None:
    with calling(door, [(MR, (EXPLICIT,)), (STUDY_FIND, (EXPLICIT,))]) as assoc:
        assert send(assoc, image(place=Place(study=5))) == 0
        door.directory.allow(TESTER, frozenset({Service.FIND}))
        assert send(assoc, image(place=Place(study=6))) == REFUSED
        assert _asked(assoc, STUDY_FIND)[-1][0] == 0
        door.directory.remove(TESTER)
        assert _asked(assoc, STUDY_FIND) == [(REFUSED, None)]


def test_a_data_set_that_is_not_granted_is_kept_nowhere_on_its_way(door: DicomDoor, tmp_path: Path) -> None:
    door.directory.allow(TESTER, frozenset({Service.FIND}))
    scratch = tmp_path / "data" / "scratch" / "dimse"
    large = image(place=Place(study=8), rows=1600, columns=1600)
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        assert send(assoc, large) == REFUSED
        assert not list(scratch.iterdir())
        # Granted in the meantime: the next association is the first that is listened to.
        door.directory.allow(TESTER, frozenset(Service))
        assert send(assoc, large) == REFUSED
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        assert send(assoc, large) == 0


def test_a_request_that_nothing_offered_has_ends_the_association(door: DicomDoor) -> None:
    with calling(door, [(COMMITMENT, (EXPLICIT,))]) as assoc:
        request = N_GET()
        request.MessageID, request.RequestedSOPClassUID = 1, COMMITMENT
        request.RequestedSOPInstanceUID = WELL_KNOWN
        assoc.dimse.send_msg(request, assoc.accepted_contexts[0].context_id or 0)
        assoc.join(10)
        assert not assoc.is_established
