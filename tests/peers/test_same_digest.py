"""Every real file that could be kept leaves by each door with the digest that its data set had when it came."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.door.dicom_door import (
    EXPLICIT,
    PATIENT_GET,
    STUDY_MOVE,
    Collected,
    calling,
    destination,
    free_port,
    identifier_of,
)
from tests.peers.dcmtk import code_of, needs_dcmtk, run
from tests.peers.everything import Everything, everything, identity
from tests.shared_data import needs_shared

from undisc.delivery.policy import groups_of_contexts
from undisc.dicom.syntaxes import NEVER_ON_THE_WEB

pytestmark = [pytest.mark.peers, pytest.mark.slow, needs_shared]

_AT_ONCE = 200


@pytest.fixture(scope="module")
def move_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, move_port: int) -> Iterator[Everything]:
    with ExitStack() as closing:
        peers = ("TESTER", f"DEST@127.0.0.1:{move_port}")
        yield closing.enter_context(everything(tmp_path_factory.mktemp("same") / "data", peers))


@pytest.fixture(scope="module")
def came(kept: Everything) -> dict[str, str]:
    """The digest of each file's data set as it lies in the shared data."""
    return {uid: each.digest for uid, each in kept.came.items()}


@pytest.fixture(scope="module")
def came_even(kept: Everything) -> dict[str, str]:
    """The same with a null byte after what is odd (deflated or truncated): DICOM associations carry even ones alone."""
    even = {uid: each.even_digest for uid, each in kept.came.items()}
    assert sum(even[uid] != each.digest for uid, each in kept.came.items()) < 10
    return even


def test_what_is_stored_is_what_came(kept: Everything, came: dict[str, str]) -> None:
    assert len(came) > 900
    assert kept.door.digests() == came


def test_by_wado_rs(kept: Everything, came: dict[str, str]) -> None:
    """But for what the standard does not let go over the web so: that is said anew in Explicit VR Little Endian."""
    usual = [row for row in kept.rows if row.transfer_syntax not in NEVER_ON_THE_WEB]
    assert len(usual) > 900
    answers = (kept.by_web(row, "*") for row in usual)
    got = dict(identity(data) for data in answers if data is not None)
    assert got == {row.names.instance: came[row.names.instance] for row in usual}


def test_by_download(kept: Everything, came: dict[str, str]) -> None:
    assert dict(identity(data) for data in kept.downloads()) == came


def test_by_c_get(kept: Everything, came_even: dict[str, str]) -> None:
    got = Collected()
    for contexts in groups_of_contexts((row.sop_class, row.transfer_syntax) for row in kept.rows):
        classes = list(dict.fromkeys(sop_class for sop_class, _ in contexts))
        uids = [row.names.instance for row in kept.rows if row.sop_class in classes]
        offered = [(PATIENT_GET, (EXPLICIT,)), *contexts[:127]]
        with calling(kept.door, offered, provides=classes, handlers=[got.handler()]) as assoc:
            for start in range(0, len(uids), _AT_ONCE):
                identifier = identifier_of(QueryRetrieveLevel="IMAGE", SOPInstanceUID=uids[start : start + _AT_ONCE])
                *_, (last, _) = assoc.send_c_get(identifier, PATIENT_GET)
                assert last.Status == 0
    assert got.digests == came_even
    assert got.syntaxes == {row.names.instance: row.transfer_syntax for row in kept.rows}


def test_by_c_move(kept: Everything, came_even: dict[str, str], move_port: int) -> None:
    with destination(move_port) as moved, calling(kept.door, [(STUDY_MOVE, (EXPLICIT,))]) as assoc:
        uids = sorted({row.names.study for row in kept.rows})
        identifier = identifier_of(QueryRetrieveLevel="STUDY", StudyInstanceUID=uids)
        *_, (last, _) = assoc.send_c_move(identifier, "DEST", STUDY_MOVE)
        assert last.Status == 0
    assert moved.digests == came_even
    assert moved.syntaxes == {row.names.instance: row.transfer_syntax for row in kept.rows}


@needs_dcmtk
def test_dcmdump_reads_whatever_it_could_read_before(kept: Everything, tmp_path: Path) -> None:
    left = tmp_path / "left.dcm"
    readable = [row for row in kept.one_of_each_kind() if not code_of("dcmdump", kept.came[row.names.instance].path)]
    assert len(readable) > 40
    for syntax in ("*", EXPLICIT):
        for row in readable:
            if (data := kept.by_web(row, syntax)) is not None:
                left.write_bytes(data)
                run("dcmdump", left)
