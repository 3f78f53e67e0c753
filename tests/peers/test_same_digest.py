"""Every real file that could be kept leaves by each door with the digest that its data set had when it came."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydicom.fileset import FileSet
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
from tests.peers.media import Medium, elements, first_and_last_frame, medium, syntax_of
from tests.shared_data import needs_shared

from undisc.delivery.policy import groups_of_contexts
from undisc.dicom.syntaxes import NEVER_ON_THE_WEB
from undisc.export.service import Form

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


def test_by_medium_as_it_is_stored(kept: Everything, came: dict[str, str], tmp_path: Path) -> None:
    with medium(kept, tmp_path / "medium", Form.STORED) as made:
        assert dict(identity(data) for data in made.instances()) == came
        assert made.records().keys() == came.keys()


@pytest.fixture(scope="module")
def general(kept: Everything, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Medium]:
    with medium(kept, tmp_path_factory.mktemp("general") / "medium", Form.GENERAL) as made:
        yield made


def test_by_medium_in_general_form(kept: Everything, came: dict[str, str], general: Medium) -> None:
    """What is Explicit VR Little Endian is the same to the byte, and all else says and shows the same."""
    left = {uid: (digest, data) for data in general.instances() for uid, digest in (identity(data),)}
    assert left.keys() == came.keys()
    unchanged = {each.instance for each in general.package.unchanged}
    assert len(unchanged) < 5
    rows = {str(row.names.instance): row for row in kept.rows}
    for uid, (digest, data) in left.items():
        if rows[uid].transfer_syntax == EXPLICIT or rows[uid].id in unchanged:
            assert digest == came[uid]
        else:
            assert syntax_of(data) == EXPLICIT
    for row in kept.one_of_each_kind():
        if row.transfer_syntax != EXPLICIT and row.id not in unchanged:
            before, after = kept.came[row.names.instance].path.read_bytes(), left[row.names.instance][1]
            assert elements(after) == elements(before)
            frames, expected = first_and_last_frame(after), first_and_last_frame(before)
            if frames is not None and expected is not None:
                for one, other in zip(frames, expected, strict=True):
                    assert (one == other).all()


@needs_dcmtk
def test_index_of_everything_is_that_of_dcmtk(general: Medium, tmp_path: Path) -> None:
    """But for what dcmtk leaves out for being of no General Purpose profile, or in no order that it knows."""
    run("dcmdump", general.folder / "DICOMDIR")
    options = ("-q", "+I", "+Nrs", "-Nxc", "-Nec", "-W", "+id", general.folder, "+r", "+D", tmp_path / "THEIRS")
    run("dcmmkdir", *options, "DICOM", expect=None)
    theirs = general.records(tmp_path / "THEIRS")
    assert len(theirs) > 900
    ours = general.records()
    assert {uid: ours[uid] for uid in theirs} == theirs


def test_pydicom_reads_the_index_of_everything(general: Medium) -> None:
    """But for annotations of microscopes, of whose records pydicom 3.0 knows nothing."""
    strange = {path for kind, path in general.records().values() if kind == "ANNOTATION"}
    known = [file for file in general.package.dicom if file.path not in strange and file.instance is not None]
    part = general.package.part([file.instance for file in known if file.instance is not None], 1, 1)
    [index] = [file for file in part.files if file.path == "DICOMDIR"]
    with index.open() as opened:
        (general.folder / "OTHER").write_bytes(opened.read())
    found = FileSet(general.folder / "OTHER")
    assert len(found) == len(known)
    # A name is the same wherever it stands, whatever set its characters are from.
    for instance in found:
        assert instance.load().get("PatientName", "") in (instance.PatientName, None), instance.path


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
