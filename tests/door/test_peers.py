"""Sending to peers and pulling from them: each image as it is stored, going on where it was, and told truly."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.dataset import FileDataset
from pydicom.uid import RLELossless
from tests.door.command_line import undisc
from tests.door.dicom_door import (
    EXPLICIT,
    STUDY_MOVE,
    DicomDoor,
    calling,
    destination,
    dicom_door,
    free_port,
    identifier_of,
    part10,
)
from tests.factories.instances import ADA, BERT, Place, image

MR = "1.2.840.10008.5.1.4.1.1.4"
STUDY = str(image(ADA, Place(1)).StudyInstanceUID)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A data folder with one study of Ada's, of six images."""
    files = tmp_path / "files"
    files.mkdir()
    for series in (1, 2):
        for number in (1, 2, 3):
            (files / f"{series}{number}").write_bytes(part10(image(ADA, Place(1, series, number))))
    data = tmp_path / "here"
    assert undisc("import", files, data=data).code == 0
    return data


@pytest.fixture
def there(tmp_path: Path) -> Iterator[DicomDoor]:
    """Another archive, which knows us as UNDISC and holds Ada's study and one of Bert's."""
    with dicom_door(tmp_path / "there", ["UNDISC"]) as door:
        door.keep([part10(image(ADA, Place(1, series, number))) for series in (1, 2) for number in (1, 2, 3)])
        door.keep([part10(image(BERT, Place(3)))])
        yield door


def _add(data: Path, port: int, title: str = "UNDISC") -> None:
    assert undisc("peers", "add", "there", f"{title}@127.0.0.1:{port}", data=data).code == 0


def _digests(data: Path) -> dict[str, str]:
    with dicom_door(data) as door:
        return door.digests()


def test_peers_are_added_listed_and_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert undisc("peers", "add", "pacs", "PACS@10.0.0.5:104", "--tls", "--may", "find,store", data=data).code == 0
    assert undisc("peers", "add", "web", "--web", "https://pacs.example/dicom-web/", data=data).code == 0
    listed = undisc("peers", "list", "--json", data=data).json
    assert listed == [
        {"name": "pacs", "address": "PACS@10.0.0.5:104", "tls": True, "web": "", "may": ["find", "store"]},
        {
            "name": "web",
            "address": "https://pacs.example/dicom-web",
            "tls": False,
            "web": "https://pacs.example/dicom-web",
            "may": [],
        },
    ]
    assert undisc("peers", "add", "pacs", "OTHER@10.0.0.6:104", data=data).code == 1
    assert undisc("peers", "remove", "pacs", data=data).code == 0
    assert undisc("peers", "remove", "pacs", data=data).code == 1
    assert [each["name"] for each in undisc("peers", "list", "--json", data=data).json] == ["web"]


def test_what_a_peer_may_is_said_when_it_is_added_and_changed_later(tmp_path: Path) -> None:
    data = tmp_path / "data"

    def may() -> list[str]:
        return undisc("peers", "list", "--json", data=data).json[0]["may"]

    assert undisc("peers", "add", "pacs", "PACS@10.0.0.5:104", data=data).code == 0
    assert may() == ["find", "retrieve", "store"]
    for said, then in (("store", ["store"]), ("nothing", []), ("Retrieve, find", ["find", "retrieve"])):
        assert undisc("peers", "allow", "pacs", said, data=data).code == 0
        assert may() == then
    for said in ("delete", "", "store;find", "nothing,store"):
        assert undisc("peers", "allow", "pacs", said, data=data).code == 1
    assert undisc("peers", "allow", "nobody", "store", data=data).code == 1
    assert may() == ["find", "retrieve"]


def test_what_a_peer_may_is_not_said_of_one_without_a_dicom_address(tmp_path: Path) -> None:
    data, web = tmp_path / "data", ("web", "--web", "https://pacs.example/dicom-web")
    assert undisc("peers", "add", *web, "--may", "find", data=data).code == 1
    assert undisc("peers", "add", *web, data=data).code == 0
    assert undisc("peers", "allow", "web", "find", data=data).code == 1


@pytest.mark.parametrize(
    "address",
    ["PACS", "PACS@host", "PACS@host:0", "PACS@host:99999", "@host:104", "A" * 17 + "@host:104", "A\\B@host:104"],
)
def test_addresses_that_cannot_be_are_refused_with_the_spelling(tmp_path: Path, address: str) -> None:
    ran = undisc("peers", "add", "pacs", address, data=tmp_path / "data")
    assert ran.code == 1
    assert "AE" in ran.err


@pytest.mark.parametrize("url", ["ftp://host/", "host/dicom-web", "https://a:b@host/", "https://host/?q=1", "https://"])
def test_web_addresses_that_cannot_be_are_refused(tmp_path: Path, url: str) -> None:
    assert undisc("peers", "add", "web", "--web", url, data=tmp_path / "data").code == 1


def test_echo_says_whether_the_peer_answers(here: Path, there: DicomDoor) -> None:
    _add(here, there.port)
    assert undisc("peers", "echo", "there", data=here).code == 0
    assert undisc("peers", "echo", "nobody", data=here).code == 1
    undisc("peers", "remove", "there", data=here)
    _add(here, free_port())
    ran = undisc("peers", "echo", "there", data=here)
    assert (ran.code, "does not answer" in ran.err) == (1, True)


def test_a_study_is_sent_as_it_is_stored(here: Path) -> None:
    port = free_port()
    _add(here, port, "DEST")
    with destination(port, contexts=[(MR, [EXPLICIT])]) as collected:
        told = undisc("send", STUDY, "--to", "there", "--json", data=here)
    assert told.code == 0
    assert told.json["studies"][0] | {"study_uid": ""} == {
        "study_uid": "",
        "peer": "there",
        "instances": 6,
        "confirmed": 6,
        "confirmed_before": 0,
        "failed": [],
    }
    assert collected.digests == _digests(here)


def test_what_the_peer_refuses_is_named_and_sent_again_the_next_time(here: Path) -> None:
    port = free_port()
    _add(here, port, "DEST")
    with destination(port, contexts=[(MR, [EXPLICIT])]) as collected:
        collected.status = 0xA700
        refused = undisc("send", STUDY, "--to", "there", "--json", data=here)
        assert refused.code == 1
        assert len(refused.json["studies"][0]["failed"]) == 6
        collected.status = 0
        collected.digests.clear()
        again = undisc("send", STUDY, "--to", "there", "--json", data=here)
    assert (again.code, len(collected.digests)) == (0, 6)


def test_sending_goes_on_where_it_was(here: Path) -> None:
    port = free_port()
    _add(here, port, "DEST")
    with destination(port, contexts=[(MR, [EXPLICIT])]) as collected:
        original = collected._take

        def four(event: object) -> int:
            return original(event) if len(collected.digests) < 4 else 0xA700

        collected._take = four  # type: ignore[method-assign]
        undisc("send", STUDY, "--to", "there", "--json", data=here)
    with destination(port, contexts=[(MR, [EXPLICIT])]) as rest:
        again = undisc("send", STUDY, "--to", "there", "--json", data=here)
    assert again.code == 0
    assert (again.json["studies"][0]["confirmed"], len(rest.digests)) == (
        6,
        6 - again.json["studies"][0]["confirmed_before"],
    )


def test_a_study_is_pulled_with_c_get(there: DicomDoor, tmp_path: Path) -> None:
    data = tmp_path / "new"
    _add(data, there.port)
    ran = undisc("pull", "--from", "there", "--study", STUDY, "--json", data=data)
    assert ran.code == 0, ran.said
    assert ran.json["studies"][0]["confirmed"] == 6
    theirs = there.digests()
    mine = _digests(data)
    assert len(mine) == 6
    assert mine == {uid: theirs[uid] for uid in mine}


def test_a_patients_studies_are_pulled_and_nothing_is_pulled_twice(there: DicomDoor, tmp_path: Path) -> None:
    data = tmp_path / "new"
    _add(data, there.port)
    assert undisc("pull", "--from", "there", "--patient-id", BERT.id, data=data).code == 0
    again = undisc("pull", "--from", "there", "--patient-id", BERT.id, "--json", data=data)
    assert again.code == 0
    assert len(_digests(data)) == 1


def test_a_study_that_the_peer_has_not_is_nothing(there: DicomDoor, tmp_path: Path) -> None:
    data = tmp_path / "new"
    _add(data, there.port)
    assert undisc("pull", "--from", "there", "--study", "1.2.3", data=data).code == 2
    assert undisc("pull", "--from", "there", "--patient-id", "NOBODY", data=data).code == 2


def test_a_peer_that_knows_us_can_move_a_study_to_our_own_port(tmp_path: Path) -> None:
    port = free_port()
    with (
        dicom_door(tmp_path / "there", [f"UNDISC@127.0.0.1:{port}"]) as there,
        dicom_door(tmp_path / "new", ["UNDISC"]) as new,
    ):
        there.keep([part10(image(ADA, Place(1, 1, number))) for number in (1, 2)])
        moved_to = there.directory.named("UNDISC")
        there.directory.remove("UNDISC")
        from dataclasses import replace

        there.directory.add(replace(moved_to, port=new.port))
        _add(tmp_path / "new", there.port)
        ran = undisc("pull", "--from", "there", "--study", STUDY, "--how", "move", "--json", data=tmp_path / "new")
        assert ran.code == 0, ran.said
        assert new.digests() == there.digests()


def test_what_was_sent_and_pulled_is_in_the_trail(here: Path) -> None:
    port = free_port()
    _add(here, port, "DEST")
    with destination(port, contexts=[(MR, [EXPLICIT])]):
        undisc("send", STUDY, "--to", "there", data=here)
    with dicom_door(here) as door:
        entries = {action: subject for action, _, subject in door.trail()}
    assert entries["transfer-begun"]["code"] == "110102"
    assert entries["instances-sent"] == {
        "code": "110104",
        "peer": "there",
        "study_uid": STUDY,
        "confirmed": 6,
        "failed": 0,
    }
    assert ADA.name not in json.dumps(entries)


def _compressed() -> FileDataset:
    dataset = image(ADA, Place(5))
    dataset.compress(RLELossless, generate_instance_uid=False)
    return dataset


@pytest.mark.parametrize("way", ["send", "move"])
def test_a_peer_that_does_not_take_the_compression_gets_it_decoded(tmp_path: Path, way: str) -> None:
    port, compressed = free_port(), _compressed()
    taken: list[FileDataset] = []
    with dicom_door(tmp_path / "data", ["TESTER", f"DEST@127.0.0.1:{port}"]) as door:
        door.keep([part10(compressed)])
        with destination(port, contexts=[(MR, [EXPLICIT])]) as collected:
            collected.datasets = taken
            if way == "send":
                told = undisc("send", compressed.StudyInstanceUID, "--to", "DEST", data=tmp_path / "data")
                assert told.code == 0, told.said
            else:
                keys = identifier_of(QueryRetrieveLevel="STUDY", StudyInstanceUID=compressed.StudyInstanceUID)
                with calling(door, [(STUDY_MOVE, (EXPLICIT,))]) as assoc:
                    *_, (last, _) = assoc.send_c_move(keys, "DEST", STUDY_MOVE)
                assert last.Status == 0
    assert list(collected.syntaxes.values()) == [EXPLICIT]
    (dataset,) = taken
    assert dataset.PixelData == image(ADA, Place(5)).PixelData


def test_what_a_peer_takes_in_no_form_is_named(tmp_path: Path) -> None:
    port, compressed = free_port(), _compressed()
    with dicom_door(tmp_path / "data", [f"DEST@127.0.0.1:{port}"]) as door:
        door.keep([part10(compressed)])
        other = [(MR, [EXPLICIT]), ("1.2.840.10008.5.1.4.1.1.2", [EXPLICIT])]
        ct = image(ADA, Place(5, 2), modality="CT")
        door.keep([part10(ct)])
        with destination(port, contexts=other[:1]):
            told = undisc("send", compressed.StudyInstanceUID, "--to", "DEST", "--json", data=tmp_path / "data")
    assert told.code == 1
    (failed,) = told.json["studies"][0]["failed"]
    assert failed["sop_uid"] == ct.SOPInstanceUID
