"""Storing over DICOMweb: every instance has its own outcome, and nothing is told as stored that is not durable."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from tests.door.storing import (
    BOUNDARY,
    FAILED,
    MODEL,
    MULTIPART,
    OTHERS,
    REFERENCED,
    StoringDoor,
    as_bytes,
    codes,
    multipart,
    part,
    picture,
    storing_door,
)
from tests.shared_data import SHARED, needs_shared

from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan


@pytest.fixture
def door(tmp_path: Path) -> Iterator[StoringDoor]:
    with storing_door(tmp_path / "data") as door:
        yield door


def _dataset_digest(data: bytes) -> str:
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    return hashlib.sha256(data[scanned.dataset_start :]).hexdigest()


def test_instances_are_stored_and_each_is_named_with_its_address(door: StoringDoor) -> None:
    sent = [picture(number=number) for number in (1, 2, 3)]
    answer = door.store(multipart(*(as_bytes(each) for each in sent)))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MODEL
    said = Dataset.from_json(answer.text)
    base = f"http://pictures.example/dicom-web/studies/{sent[0].StudyInstanceUID}"
    assert said.RetrieveURL == base
    assert "FailedSOPSequence" not in said
    for item, each in zip(said.ReferencedSOPSequence, sent, strict=True):
        assert (item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID) == (each.SOPClassUID, each.SOPInstanceUID)
        assert item.RetrieveURL == f"{base}/series/{each.SeriesInstanceUID}/instances/{each.SOPInstanceUID}"
        got = door.client.get(item.RetrieveURL.replace("http://pictures.example", ""), headers={"Accept": "*/*"})
        assert got.status_code == 200
    digests = {_dataset_digest(as_bytes(each)) for each in sent}
    assert {_dataset_digest(path.read_bytes()) for path in door.originals()} == digests
    (imported,) = [act for act in door.acts() if act[0] == "imported"]
    assert imported[1] == "token:pacs"
    assert imported[2]["stored"] == 3


def test_the_same_again_is_a_success_and_other_content_is_kept_apart(door: StoringDoor) -> None:
    first = picture()
    assert door.store(multipart(as_bytes(first))).status_code == 200
    assert door.store(multipart(as_bytes(first))).status_code == 200
    first.PixelData = bytes(len(first.PixelData))
    answer = door.store(multipart(as_bytes(first), as_bytes(picture(number=2))))
    assert answer.status_code == 202
    assert codes(answer, FAILED) == [0x0111]
    assert answer.json()[FAILED]["Value"][0]["00081155"]["Value"] == [str(first.SOPInstanceUID)]
    assert len(answer.json()[REFERENCED]["Value"]) == 1
    assert len(door.originals()) == 2
    assert len(list((door.folder / "quarantine").iterdir())) == 1


def test_of_another_study_than_the_address_nothing_is_stored(door: StoringDoor) -> None:
    mine, other = picture(1), picture(2)
    answer = door.store(multipart(as_bytes(mine), as_bytes(other)), f"studies/{mine.StudyInstanceUID}")
    assert answer.status_code == 202
    assert codes(answer, FAILED) == [0xA900]
    assert len(door.originals()) == 1
    only_other = door.store(multipart(as_bytes(other)), f"studies/{mine.StudyInstanceUID}")
    assert only_other.status_code == 409
    assert len(door.originals()) == 1
    assert not (door.folder / "quarantine").exists()


def test_one_instance_may_be_the_whole_body(door: StoringDoor) -> None:
    assert door.store(as_bytes(picture()), content_type="application/dicom").status_code == 200
    assert len(door.originals()) == 1
    assert door.store(b"no instance", content_type="application/dicom").status_code == 409


def test_a_body_without_a_length_is_taken_in_pieces(door: StoringDoor) -> None:
    body = multipart(*(as_bytes(picture(number=number)) for number in range(1, 6)))
    answer = door.store(body[at : at + 777] for at in range(0, len(body), 777))
    assert answer.status_code == 200
    assert len(door.originals()) == 5


def test_a_large_instance_goes_by_way_of_a_file_and_arrives_whole(door: StoringDoor) -> None:
    large = as_bytes(picture(rows=2048, columns=2048))
    assert len(large) > 8 << 20
    answer = door.store(multipart(as_bytes(picture(number=2)), large, as_bytes(picture(number=3))))
    assert answer.status_code == 200
    assert _dataset_digest(large) in {_dataset_digest(path.read_bytes()) for path in door.originals()}
    assert door.staged() == []


def test_what_is_damaged_is_stored_with_a_warning(door: StoringDoor) -> None:
    whole = as_bytes(picture())
    answer = door.store(multipart(whole[:-100]))
    assert answer.status_code == 200
    (item,) = answer.json()[REFERENCED]["Value"]
    assert item["00081196"]["Value"] == [0xB007]
    assert item["00091001"]["Value"][0]


def test_parts_that_are_no_instances_fail_by_themselves(door: StoringDoor) -> None:
    body = (
        part(as_bytes(picture()), "Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1")
        + part(b"", "Content-Type: application/dicom")
        + part(b"some text", "Content-Type: application/dicom")
        + part(as_bytes(picture(number=2)), "Content-Type: text/plain")
        + part(as_bytes(picture(number=3)))
        + f"--{BOUNDARY}--".encode()
    )
    answer = door.store(body)
    assert answer.status_code == 202
    assert len(answer.json()[REFERENCED]["Value"]) == 2
    assert codes(answer, OTHERS) == [0xC000] * 3


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("multipart/form-data; boundary=a-boundary", 415),
        ('multipart/related; type="application/dicom+xml"; boundary=a-boundary', 415),
        ("multipart/related; boundary=a-boundary", 415),
        ('multipart/related; type="application/dicom"', 400),
        ('multipart/related; type="application/dicom"; boundary="[]"', 400),
        ("", 415),
        ("multipart/related; type=application/dicom; boundary=a-boundary", 200),
        ('Multipart/Related; BOUNDARY="a-boundary"; Type="application/dicom"; start="<1>"', 200),
    ],
)
def test_only_what_the_standard_names_is_taken(door: StoringDoor, content_type: str, status: int) -> None:
    assert door.store(multipart(as_bytes(picture())), content_type=content_type).status_code == status


def test_an_answer_in_xml_cannot_be_had(door: StoringDoor) -> None:
    body = multipart(as_bytes(picture()))
    assert door.store(body, Accept="application/dicom+xml").status_code == 406
    assert door.originals() == []
    assert door.store(body, Accept="*/*").status_code == 200


def test_only_who_may_write_stores_and_only_who_may_delete_deletes(door: StoringDoor) -> None:
    body = multipart(as_bytes(picture()))
    assert door.store(body).status_code == 200
    study = door.app.archive.studies()[0]
    link = door.app.sharing.create_link([study.id])
    read = door.app.accounts.create_token("viewer", ["read"]).secret
    write = door.app.accounts.create_token("modality", ["read", "write"]).secret
    target = f"studies/{study.study_uid}"
    for bearer, prefix, stores, deletes in (
        (read, "/dicom-web", 403, 403),
        (write, "/dicom-web", 200, 403),
        ("undisc_nobody", "/dicom-web", 401, 401),
        (link.secret, f"/s/{link.link.id}/dicom-web", 403, 403),
    ):
        headers = {"Authorization": f"Bearer {bearer}"}
        said = headers | {"Content-Type": MULTIPART, "Accept": MODEL}
        assert door.client.post(f"{prefix}/studies", content=body, headers=said).status_code == stores
        assert door.client.post(f"{prefix}/{target}", content=body, headers=said).status_code == stores
        assert door.client.delete(f"{prefix}/{target}", headers=headers).status_code == deletes
    assert len(door.originals()) == 1
    assert door.client.get(f"/dicom-web/{target}", headers={"Accept": "*/*"}).status_code == 200


def test_deleting_hides_at_every_level_and_the_same_is_refused_until_restored(door: StoringDoor) -> None:
    sent = [picture(1, 1, 1), picture(1, 1, 2), picture(1, 2, 1)]
    body = multipart(*(as_bytes(each) for each in sent))
    assert door.store(body).status_code == 200
    study, series, instance = (
        str(sent[0][name].value) for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    )
    link = door.app.sharing.create_link([door.app.archive.study_id(study)])

    def found(level: str) -> int:
        return len(door.client.get(f"/dicom-web/{level}").json())

    for target, counts in (
        (f"studies/{study}/series/{series}/instances/{instance}", (1, 2, 2)),
        (f"studies/{study}/series/{series}", (1, 1, 1)),
        (f"studies/{study}", (0, 0, 0)),
    ):
        assert door.client.delete(f"/dicom-web/{target}").status_code == 204
        assert door.client.delete(f"/dicom-web/{target}").status_code == 404
        assert tuple(found(level) for level in ("studies", "series", "instances")) == counts
        for prefix in ("/dicom-web", f"/s/{link.link.id}/dicom-web"):
            headers = {"Authorization": f"Bearer {link.secret}"} if prefix.startswith("/s") else {}
            assert door.client.get(f"{prefix}/{target}/metadata", headers=headers).status_code == 404
    opened = door.client.post(f"/s/{link.link.id}/open", json={"secret": link.secret})
    assert sent[0].PatientName.family_name not in opened.text
    assert len(door.originals()) == 3
    again = door.store(body)
    assert again.status_code == 409
    assert codes(again, FAILED) == [0x0124] * 3
    assert door.app.archive.retention.restore(study, actor="operator") == 3
    assert door.store(body).status_code == 200
    assert found("instances") == 3
    assert [act[1] for act in door.acts() if act[0] == "rejected"] == ["token:pacs"] * 3


def test_metadata_and_bulk_data_are_put_together(door: StoringDoor) -> None:
    sent = picture()
    model = json.loads(sent.to_json(bulk_data_threshold=1 << 20))
    pixels = sent.PixelData
    model["7FE00010"] = {"vr": "OW", "BulkDataURI": "bulk/1"}
    body = (
        part(json.dumps([model]).encode(), f"Content-Type: {MODEL}")
        + part(pixels, "Content-Type: application/octet-stream", "Content-Location: bulk/1")
        + f"--{BOUNDARY}--".encode()
    )
    described = MULTIPART.replace("application/dicom", MODEL)
    answer = door.store(body, content_type=described)
    assert answer.status_code == 200, answer.text
    (path,) = door.originals()
    stored = dcmread(path)
    assert stored.PixelData == pixels
    assert str(stored.PatientName) == str(sent.PatientName)
    lonely = part(json.dumps([model]).encode(), f"Content-Type: {MODEL}") + f"--{BOUNDARY}--".encode()
    assert door.store(lonely, content_type=described).status_code == 409
    for nonsense in (b"[", b"7", b"[" * 100_000, b'{"00100010": 7}', b'{"7FE00010": {"vr": "OW", "BulkDataURI": []}}'):
        refused = door.store(
            part(nonsense, f"Content-Type: {MODEL}") + f"--{BOUNDARY}--".encode(), content_type=described
        )
        assert refused.status_code in (400, 409)
    assert len(door.originals()) == 1


def test_what_was_finished_of_a_broken_upload_stays_and_the_rest_is_dropped(
    door: StoringDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("undisc.dicomweb.store_upload._FINISH_PARTS", 2)
    monkeypatch.setattr("undisc.dicomweb.store._BLOCK", 100)
    body = multipart(*(as_bytes(picture(number=number)) for number in range(1, 6)))
    answer = door.store(body[:-200])
    assert answer.status_code == 400
    assert len(door.originals()) == 4
    assert door.staged() == []
    assert door.store(body).status_code == 200
    assert len(door.originals()) == 5


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    with storing_door(tmp_path / "data", free_space_mb=1 << 30) as door:
        answer = door.store(multipart(as_bytes(picture())))
        assert answer.status_code == 507
        assert answer.headers["retry-after"] == "300"
        assert door.originals() == []


def test_an_instance_that_is_too_large_fails_by_itself(tmp_path: Path) -> None:
    with storing_door(tmp_path / "data", largest_file_mb=1) as door:
        large = as_bytes(picture(rows=1024, columns=1024))
        answer = door.store(multipart(as_bytes(picture(number=2)), large))
        assert answer.status_code == 202
        assert codes(answer, OTHERS) == [0xA700]
        assert door.store(large, content_type="application/dicom").status_code == 413
        assert len(door.originals()) == 1
        assert door.staged() == []


@needs_shared
def test_every_file_that_can_be_kept_is_stored_with_the_same_data_set(door: StoringDoor) -> None:
    assert SHARED is not None
    wanted: dict[str, str] = {}
    for path in sorted(SHARED.rglob("*")):
        if not path.is_file() or path.stat().st_size > 64 << 20:
            continue
        data = path.read_bytes()
        scanned = scan(data) if data else None
        if not isinstance(scanned, Scanned):
            continue
        answer = door.store(multipart(data))
        assert answer.status_code in (200, 409), path.name
        if answer.status_code == 200:
            (item,) = answer.json()[REFERENCED]["Value"]
            wanted[item["00081155"]["Value"][0]] = _dataset_digest(data)
    assert len(wanted) > 50
    assert {path.stem: _dataset_digest(path.read_bytes()) for path in door.originals()} == wanted
    assert door.app.archive.verify().damaged == ()
