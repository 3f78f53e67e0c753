"""A peer that takes Implicit VR Little Endian alone gets every picture so, with the same values and pixels."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import RLELossless
from tests.door.command_line import undisc
from tests.door.dicom_door import (
    EXPLICIT,
    IMPLICIT,
    STUDY_GET,
    Collected,
    calling,
    destination,
    dicom_door,
    free_port,
    identifier_of,
    part10,
)
from tests.factories.instances import ADA, Place, image
from tests.peers.dcmtk import needs_dcmtk, run, storescp

pytestmark = [pytest.mark.peers, needs_dcmtk]

STUDY = str(image(ADA, Place(1)).StudyInstanceUID)
MR = "1.2.840.10008.5.1.4.1.1.4"


def _made() -> list[FileDataset]:
    """Pictures in Explicit VR Little Endian and in RLE, and one in Implicit VR Little Endian already."""
    made = [image(ADA, Place(1, 1, number)) for number in (1, 2, 3)]
    made[1].compress(RLELossless, generate_instance_uid=False)
    return made


def _files(folder: Path) -> list[Path]:
    folder.mkdir()
    paths = []
    for number, dataset in enumerate(_made()):
        paths.append(folder / f"{number}.dcm")
        paths[-1].write_bytes(part10(dataset))
    run("dcmconv", "+ti", paths[2], paths[2])
    return paths


def _check(out: Path) -> None:
    got = {str(found.SOPInstanceUID): found for found in map(dcmread, out.iterdir())}
    expected = {str(each.SOPInstanceUID): each for each in (image(ADA, Place(1, 1, number)) for number in (1, 2, 3))}
    assert got.keys() == expected.keys()
    for uid, found in got.items():
        assert found.file_meta.TransferSyntaxUID == IMPLICIT
        np.testing.assert_array_equal(found.pixel_array, expected[uid].pixel_array)
        assert {e.tag: e.value for e in found if e.keyword != "PixelData"} == {
            e.tag: e.value for e in expected[uid] if e.keyword != "PixelData"
        }


def test_undisc_send_reaches_it(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    assert undisc("import", *_files(tmp_path / "files"), data=data).code == 0
    assert undisc("peers", "add", "old", f"DEST@127.0.0.1:{port}", data=data).code == 0
    with storescp(port, tmp_path / "out", accepting="+xi"):
        told = undisc("send", STUDY, "--to", "old", data=data)
    assert told.code == 0, told.said
    _check(tmp_path / "out")


def test_movescu_brings_it_there(tmp_path: Path) -> None:
    port = free_port()
    with dicom_door(tmp_path / "data", ("MOVESCU", f"DEST@127.0.0.1:{port}")) as door:
        door.keep(path.read_bytes() for path in _files(tmp_path / "files"))
        keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}")
        with storescp(port, tmp_path / "moved", accepting="+xi"):
            run("movescu", "-aec", "UNDISC", "-S", "-aem", "DEST", *keys, "127.0.0.1", door.port)
        _check(tmp_path / "moved")


def test_who_gets_without_vrs_gets_so(tmp_path: Path) -> None:
    # dcmtk's getscu offers Explicit VR Little Endian even where it is asked for Implicit, so that pynetdicom gets here.
    with dicom_door(tmp_path / "data") as door:
        door.keep(path.read_bytes() for path in _files(tmp_path / "files"))
        got = Collected(datasets=[])
        contexts = [(STUDY_GET, (IMPLICIT,)), (MR, (IMPLICIT,))]
        with calling(door, contexts, provides=[MR], handlers=[got.handler()]) as assoc:
            identifier = identifier_of(QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
            *_, (last, _) = assoc.send_c_get(identifier, STUDY_GET)
    assert last.Status == 0
    assert set(got.syntaxes.values()) == {IMPLICIT}
    assert got.datasets is not None
    by_number = {int(found.InstanceNumber): found for found in got.datasets}
    for number in (1, 2, 3):
        assert by_number[number].PixelData == image(ADA, Place(1, 1, number)).PixelData


def test_a_peer_that_takes_more_gets_the_better_one(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    assert undisc("import", *_files(tmp_path / "files"), data=data).code == 0
    assert undisc("peers", "add", "pacs", f"DEST@127.0.0.1:{port}", data=data).code == 0
    with destination(port, contexts=[(MR, [IMPLICIT, EXPLICIT])]) as collected:
        assert undisc("send", STUDY, "--to", "pacs", data=data).code == 0
    by_number = [collected.syntaxes[str(each.SOPInstanceUID)] for each in _made()]
    assert by_number == [EXPLICIT, EXPLICIT, IMPLICIT]
