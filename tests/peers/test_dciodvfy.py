"""dicom3tools' dciodvfy finds no error in what leaves by any door that it had not found in what came."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.door.dicom_door import free_port
from tests.peers.dcmtk import GET_WITH, needs_dcmtk, run, storescp
from tests.peers.everything import Everything, everything
from tests.shared_data import needs_shared

from undisc.archive.model import InstanceRow
from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan
from undisc.dicom.syntaxes import DEFLATED, EXPLICIT

pytestmark = [
    pytest.mark.peers,
    pytest.mark.slow,
    needs_shared,
    pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed"),
]

_ERROR = re.compile(r"^Error - .*$", re.MULTILINE)
Errors = Counter[str]
# YBR_FULL of a compressed ultrasound stays YBR_FULL when it is unpacked: RGB would not be the same values any more.
_KEPT_COLOUR = [
    "Error - Unrecognized enumerated value <0> for value 1 of attribute <Planar Configuration>",
    "Error - Unrecognized enumerated value <YBR_FULL> for value 1 of attribute <Photometric Interpretation>",
]


@pytest.fixture(scope="module")
def move_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, move_port: int) -> Iterator[Everything]:
    peers = ("MOVESCU", "GETSCU", f"DEST@127.0.0.1:{move_port}")
    with everything(tmp_path_factory.mktemp("errors") / "data", peers) as made:
        yield made


@pytest.fixture(scope="module")
def sample(kept: Everything) -> list[InstanceRow]:
    """One instance of each SOP class and transfer syntax."""
    rows = kept.one_of_each_kind()
    assert len(rows) > 40
    return rows


@pytest.fixture(scope="module")
def before(kept: Everything, sample: list[InstanceRow], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Errors]:
    """What dciodvfy says of the files as they came, by SOP Instance UID."""
    folder = tmp_path_factory.mktemp("before")
    found = {}
    for row in sample:
        found[row.names.instance] = _errors(kept.came[row.names.instance].path, row.transfer_syntax, folder)
    return found


def _errors(file: Path, transfer_syntax: str, folder: Path) -> Errors:
    if transfer_syntax == DEFLATED:  # which dciodvfy does not read
        run("dcmconv", "+te", file, folder / "inflated.dcm")
        file = folder / "inflated.dcm"
    done = subprocess.run(["dciodvfy", str(file)], capture_output=True, timeout=60, check=False)
    return Counter(_ERROR.findall((done.stdout + done.stderr).decode("latin-1")))


def _new(left: Iterable[bytes], before: dict[str, Errors], folder: Path) -> tuple[set[str], dict[str, list[str]]]:
    """The SOP Instance UIDs of what left, and the errors that what came had not."""
    uids, found = set(), {}
    file = folder / "left.dcm"
    for data in left:
        scanned = scan(data)
        assert isinstance(scanned, Scanned)
        uid = scanned.text("SOPInstanceUID")
        if uid in before:
            uids.add(uid)
            file.write_bytes(data)
            if new := sorted((_errors(file, scanned.transfer_syntax, folder) - before[uid]).elements()):
                found[uid] = new
    return uids, found


def _files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


def test_as_stored_by_wado_rs(
    kept: Everything, sample: list[InstanceRow], before: dict[str, Errors], tmp_path: Path
) -> None:
    answers = [kept.by_web(row, "*") for row in sample]
    assert _new([each for each in answers if each is not None], before, tmp_path) == (before.keys(), {})


def test_unpacked_by_wado_rs(
    kept: Everything, sample: list[InstanceRow], before: dict[str, Errors], tmp_path: Path
) -> None:
    answers = [kept.by_web(row, EXPLICIT) for row in sample]
    uids, found = _new([each for each in answers if each is not None], before, tmp_path)
    assert len(uids) > 40
    assert {uid: new for uid, new in found.items() if new != _KEPT_COLOUR} == {}


def test_by_download(kept: Everything, before: dict[str, Errors], tmp_path: Path) -> None:
    assert _new(kept.downloads(), before, tmp_path) == (before.keys(), {})


@needs_dcmtk
def test_by_c_move_to_storescp(
    kept: Everything, sample: list[InstanceRow], before: dict[str, Errors], move_port: int, tmp_path: Path
) -> None:
    with storescp(move_port, tmp_path / "out"):
        for row in sample:
            _call(kept, row, "movescu", "-aem", "DEST")
    uids, found = _new(_files(tmp_path / "out"), before, tmp_path)
    assert len(uids) > 40
    assert {uid: new for uid, new in found.items() if new != _KEPT_COLOUR} == {}


@needs_dcmtk
def test_by_c_get_with_getscu(
    kept: Everything, sample: list[InstanceRow], before: dict[str, Errors], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    for row in sample:
        _call(kept, row, "getscu", GET_WITH.get(row.transfer_syntax, "+xe"), "+B", "-od", tmp_path / "out")
    uids, found = _new(_files(tmp_path / "out"), before, tmp_path)
    assert len(uids) > 40
    assert {uid: new for uid, new in found.items() if new != _KEPT_COLOUR} == {}


def _call(kept: Everything, row: InstanceRow, program: str, *options: object) -> None:
    levels = {"StudyInstanceUID": row.names.study, "SeriesInstanceUID": row.names.series}
    keys = {"QueryRetrieveLevel": "IMAGE", **levels, "SOPInstanceUID": row.names.instance}
    given = [part for name, value in keys.items() for part in ("-k", f"{name}={value}")]
    # What cannot be had in any form that the program takes is told as a warning, which is not looked at here.
    run(program, "-aec", "UNDISC", "-S", *options, *given, "127.0.0.1", kept.door.port, expect=None)
