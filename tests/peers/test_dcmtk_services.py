"""dcmtk's clients are served: echo, store, find, get, move, over plain connections and over TLS."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from tests.door.command_line import undisc
from tests.door.dicom_door import DicomDoor, dicom_door, free_port, part10
from tests.factories.instances import ADA, BERT, Place, image, stable_uid
from tests.peers.certificates import Authority
from tests.peers.dcmtk import STORE_WITH, code_of, needs_dcmtk, run, storescp
from tests.shared_data import SHARED, manifest, needs_shared

from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan

pytestmark = [pytest.mark.peers, needs_dcmtk]

PEERS = ("ECHOSCU", "STORESCU", "FINDSCU", "GETSCU", "MOVESCU", "DCMSEND")


@pytest.fixture
def move_port() -> int:
    return free_port()


@pytest.fixture
def door(tmp_path: Path, move_port: int) -> Iterator[DicomDoor]:
    with dicom_door(tmp_path / "data", (*PEERS, f"DEST@127.0.0.1:{move_port}")) as running:
        yield running


def _call(door: DicomDoor, program: str, *arguments: object, expect: int | None = 0) -> str:
    return run(program, "-aec", "UNDISC", *arguments, expect=expect)


def _at(door: DicomDoor) -> tuple[str, int]:
    return "127.0.0.1", door.port


def _files(folder: Path) -> list[Path]:
    folder.mkdir()
    made = [image(ADA, Place(1, series, number)) for series in (1, 2) for number in (1, 2)]
    made += [image(ADA, Place(study=2), modality="CT"), image(BERT, Place(study=3))]
    paths = []
    for number, dataset in enumerate(made):
        paths.append(folder / f"{number}.dcm")
        paths[-1].write_bytes(part10(dataset))
    return paths


def test_echoscu_is_answered_and_a_stranger_is_not(door: DicomDoor) -> None:
    _call(door, "echoscu", *_at(door))
    assert "Calling AE Title Not Recognized" in _call(door, "echoscu", "-aet", "NOBODY", *_at(door), expect=1)
    assert "Called AE Title Not Recognized" in run("echoscu", "-aec", "OTHER", *_at(door), expect=1)


def test_storescu_and_dcmsend_store(door: DicomDoor, tmp_path: Path) -> None:
    files = _files(tmp_path / "files")
    _call(door, "storescu", *_at(door), *files[:3])
    run("dcmsend", "-aec", "UNDISC", *_at(door), *files[3:])
    assert set(door.digests()) == {str(dcmread(path).SOPInstanceUID) for path in files}


def test_findscu_finds_at_both_roots(door: DicomDoor) -> None:
    door.keep([part10(image(ADA, Place(1))), part10(image(ADA, Place(2))), part10(image(BERT, Place(3)))])
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID", "-k", "PatientName=TESTPERSON^ADA")
    assert _call(door, "findscu", "-S", *keys, *_at(door)).count("(Pending)") == 2
    assert _call(door, "findscu", "-P", *keys, *_at(door)).count("(Pending)") == 2
    patients = ("-k", "QueryRetrieveLevel=PATIENT", "-k", "PatientID", "-k", "PatientName=TESTPERSON*")
    assert _call(door, "findscu", "-P", *patients, *_at(door)).count("(Pending)") == 2


def test_getscu_gets_a_study(door: DicomDoor, tmp_path: Path) -> None:
    made = [image(ADA, Place(1, 1, number)) for number in (1, 2, 3)]
    door.keep([part10(each) for each in made])
    out = tmp_path / "out"
    out.mkdir()
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={made[0].StudyInstanceUID}")
    _call(door, "getscu", "-S", *keys, "-od", out, *_at(door))
    got = [dcmread(path) for path in out.iterdir()]
    assert {each.SOPInstanceUID for each in got} == {each.SOPInstanceUID for each in made}
    assert all(each == next(m for m in made if m.SOPInstanceUID == each.SOPInstanceUID) for each in got)


def _digests(folder: Path) -> dict[str, str]:
    import hashlib

    found = {}
    for path in folder.iterdir():
        data = path.read_bytes()
        scanned = scan(data)
        assert isinstance(scanned, Scanned)
        found[scanned.text("SOPInstanceUID")] = hashlib.sha256(data[scanned.dataset_start :]).hexdigest()
    return found


def test_movescu_moves_a_study_to_storescp_bit_for_bit(door: DicomDoor, move_port: int, tmp_path: Path) -> None:
    made = [image(ADA, Place(1, 1, number)) for number in (1, 2, 3)]
    door.keep([part10(each) for each in made])
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={made[0].StudyInstanceUID}")
    with storescp(move_port, tmp_path / "out"):
        _call(door, "movescu", "-S", "-aem", "DEST", *keys, *_at(door))
    assert _digests(tmp_path / "out") == door.digests()


def _named(file: Path, copy: Path) -> Path:
    dataset = dcmread(file)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = stable_uid("named"), stable_uid("named", 1)
    dataset.save_as(copy)
    return copy


@needs_shared
@pytest.mark.slow
def test_storescu_stores_each_transfer_syntax_that_real_files_have_and_it_moves_back(
    door: DicomDoor, move_port: int, tmp_path: Path
) -> None:
    assert SHARED is not None
    taken: dict[str, int] = {}
    for row in manifest():
        syntax = row["transfer_syntax"].rpartition("[")[2].rstrip("]")
        usable = row["sop_uid"] and row["dcmtk"] == "ok" and int(row["size"] or 0) < 8 << 20
        if syntax in STORE_WITH and usable and taken.get(syntax, 0) < 3:
            # Several of these files share an identifier, and the second of them is kept apart and not taken.
            file = SHARED / row["path"]
            if not row["study_uid"]:  # without one it can be kept nowhere
                file = _named(file, tmp_path / "named.dcm")
            code = code_of("storescu", "-aec", "UNDISC", STORE_WITH[syntax], *_at(door), file)
            taken[syntax] = taken.get(syntax, 0) + (code == 0)
    there = {row["transfer_syntax"].rpartition("[")[2].rstrip("]") for row in manifest()}
    assert {syntax for syntax, count in taken.items() if count} == there & STORE_WITH.keys()
    archive = door.app.archive
    rows = [
        row
        for study in archive.studies()
        for series in archive.series_of(study.id)
        for row in archive.instances_of(series.id)
    ]
    assert {row.transfer_syntax for row in rows} >= {syntax for syntax, count in taken.items() if count}
    with storescp(move_port, tmp_path / "out"):
        for study in archive.studies():
            keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study.study_uid}")
            _call(door, "movescu", "-S", "-aem", "DEST", *keys, *_at(door))
    assert _digests(tmp_path / "out") == door.digests()


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@needs_openssl
def test_tls_is_spoken_and_plain_is_not(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "keys")
    server = authority.vouch("server")
    settings = {"dicom_tls_certificate": server.certificate, "dicom_tls_key": server.key, "dicom_seconds": 5.0}
    with dicom_door(tmp_path / "data", PEERS, **settings) as door:
        _call(door, "echoscu", "+tla", "+cf", authority.own.certificate, *_at(door))
        _call(door, "echoscu", "-ta", "5", *_at(door), expect=1)
        files = _files(tmp_path / "files")
        _call(door, "storescu", "+tla", "+cf", authority.own.certificate, *_at(door), *files)
        assert len(door.digests()) == 6


@needs_openssl
def test_client_certificates_are_asked_for_where_set(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "keys"), Authority(tmp_path / "other", "other")
    server, client, stranger = authority.vouch("server"), authority.vouch("client"), other.vouch("stranger")
    settings = {
        "dicom_tls_certificate": server.certificate,
        "dicom_tls_key": server.key,
        "dicom_tls_authorities": authority.own.certificate,
        "dicom_tls_client_certificates": True,
    }
    with dicom_door(tmp_path / "data", PEERS, **settings) as door:
        trust = ("+cf", authority.own.certificate)
        _call(door, "echoscu", "+tls", client.key, client.certificate, *trust, *_at(door))
        _call(door, "echoscu", "+tla", *trust, *_at(door), expect=1)
        _call(door, "echoscu", "+tls", stranger.key, stranger.certificate, *trust, *_at(door), expect=1)
        _call(door, "echoscu", "+tls", client.key, client.certificate, *trust, *_at(door))


@needs_openssl
def test_we_call_a_peer_over_tls_and_only_one_that_is_vouched_for(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "keys"), Authority(tmp_path / "other", "other")
    server, client = authority.vouch("server"), authority.vouch("client")
    port, out, data = free_port(), tmp_path / "out", tmp_path / "data"
    keys = ("+tls", server.key, server.certificate, "+cf", authority.own.certificate)
    files: dict[str, Any] = {
        "UNDISC_DICOM_TLS_CERTIFICATE": str(client.certificate),
        "UNDISC_DICOM_TLS_KEY": str(client.key),
    }
    trusting: dict[str, Any] = files | {"UNDISC_DICOM_TLS_AUTHORITIES": str(authority.own.certificate)}
    with storescp(port, out, *keys):
        assert undisc("peers", "add", "dest", f"DEST@127.0.0.1:{port}", "--tls", data=data).code == 0
        assert undisc("import", *_files(tmp_path / "files"), data=data).code == 0
        assert undisc("peers", "echo", "dest", data=data, **trusting).code == 0
        study = image(ADA, Place(1)).StudyInstanceUID
        assert undisc("send", study, "--to", "dest", data=data, **trusting).code == 0
        assert len(list(out.iterdir())) == 4
        distrusting: dict[str, Any] = files | {"UNDISC_DICOM_TLS_AUTHORITIES": str(other.own.certificate)}
        assert undisc("peers", "echo", "dest", data=data, **distrusting).code == 1
