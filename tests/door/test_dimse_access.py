"""Who is let in: peers, known by AE title and address together; strangers for C-ECHO alone, and only by setting."""

from pathlib import Path

import pytest
from tests.door.dicom_door import EXPLICIT, IMPLICIT, STUDY_FIND, TESTER, VERIFICATION, calling, dicom_door, send
from tests.factories.instances import image

from undisc.delivery.model import PeerUnreachable

MR = "1.2.840.10008.5.1.4.1.1.4"
ECHO = [(VERIFICATION, (IMPLICIT,))]


def test_a_peer_is_answered(tmp_path: Path) -> None:
    with dicom_door(tmp_path / "data") as door, calling(door, ECHO) as assoc:
        assert assoc.send_c_echo().Status == 0


@pytest.mark.parametrize("contexts", [ECHO, [(MR, (EXPLICIT,))], [(STUDY_FIND, (EXPLICIT,))]])
def test_a_stranger_is_turned_away(tmp_path: Path, contexts: list[tuple[str, tuple[str, ...]]]) -> None:
    with dicom_door(tmp_path / "data") as door:
        with pytest.raises(PeerUnreachable, match="does not let us in"), calling(door, contexts, title="STRANGER"):
            pass
        with calling(door, ECHO) as assoc:
            assert assoc.send_c_echo().Status == 0


def test_a_peers_title_from_another_address_is_a_stranger(tmp_path: Path) -> None:
    with (
        dicom_door(tmp_path / "data", ["TESTER@192.0.2.7:104"]) as door,
        pytest.raises(PeerUnreachable, match="does not let us in"),
        calling(door, ECHO),
    ):
        pass


def test_a_peer_by_name_of_its_host_is_known(tmp_path: Path) -> None:
    with dicom_door(tmp_path / "data", ["TESTER@localhost:104"]) as door, calling(door, ECHO) as assoc:
        assert assoc.send_c_echo().Status == 0


def test_a_stranger_may_say_echo_where_that_is_set_and_nothing_else(tmp_path: Path) -> None:
    with dicom_door(tmp_path / "data", [], dicom_echo_from_anyone=True) as door:
        with calling(door, ECHO, title="STRANGER") as assoc:
            assert assoc.send_c_echo().Status == 0
        both = [*ECHO, (MR, (EXPLICIT,))]
        with pytest.raises(PeerUnreachable), calling(door, both, title="STRANGER"):
            pass
        assert door.digests() == {}


def test_another_called_title_is_turned_away(tmp_path: Path) -> None:
    from dataclasses import replace

    from undisc.delivery.associating import associated
    from undisc.delivery.model import Identity

    with dicom_door(tmp_path / "data") as door:
        wrong = replace(door.itself, ae_title="SOMEBODY")
        with pytest.raises(PeerUnreachable), associated(wrong, Identity(TESTER), ECHO):
            pass


def test_a_peer_that_is_removed_is_not_let_in_again(tmp_path: Path) -> None:
    with dicom_door(tmp_path / "data") as door:
        with calling(door, [(MR, (EXPLICIT,))]) as assoc:
            assert send(assoc, image()) == 0
        door.directory.remove(TESTER)
        with pytest.raises(PeerUnreachable), calling(door, ECHO):
            pass
