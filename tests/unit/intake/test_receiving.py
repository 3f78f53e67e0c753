"""What is sent is told as stored only once it is; senders that come together share one wait for the disk."""

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.factories.instances import ADA, BERT, Patient, Place, image

from undisc.app import App, build, open_reception
from undisc.intake.model import Outcome
from undisc.intake.receiving import Reception
from undisc.settings import Settings


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    built = build(Settings(data_dir=tmp_path / "data", workers=1))
    yield built
    built.close()


@pytest.fixture
def reception(app: App) -> Iterator[Reception]:
    opened = open_reception(app)
    yield opened
    opened.close()


def _file(patient: Patient = ADA, number: int = 1, study: int = 1) -> bytes:
    out = io.BytesIO()
    image(patient, Place(study, 1, number, 10)).save_as(out, enforce_file_format=True)
    return out.getvalue()


def test_what_is_sent_is_kept_and_told_in_order(app: App, reception: Reception) -> None:
    with reception.delivery("stow", "token:pacs") as delivery:
        for data in (_file(number=1), b"no picture at all", _file(number=2), _file(number=1)):
            delivery.receive(data)
        received = delivery.finish()
    assert [result.outcome for result in received] == [
        Outcome.STORED,
        Outcome.NOT_DICOM,
        Outcome.STORED,
        Outcome.DUPLICATE,
    ]
    assert app.archive.verify().instances == 2
    assert app.archive.verify().damaged == ()


def test_what_is_never_finished_is_never_kept(app: App, reception: Reception) -> None:
    with reception.delivery("stow", "token:pacs") as delivery:
        delivery.receive(_file())
    assert app.archive.studies() == []
    assert [path for path in (app.settings.data_dir / "incoming").rglob("*") if path.is_file()] == []


def test_a_bare_data_set_is_kept_as_it_was_sent(app: App, reception: Reception) -> None:
    dataset = image(ADA, Place(1, 1, 1, 10))
    whole = io.BytesIO()
    dataset.save_as(whole, enforce_file_format=True)
    start = whole.getvalue().index(b"\x08\x00\x05\x00") if b"\x08\x00\x05\x00" in whole.getvalue() else 0
    bare = whole.getvalue()[start:]
    with reception.delivery("dimse", "ae:MODALITY") as delivery:
        delivery.receive_dataset(
            bare,
            sop_class=str(dataset.SOPClassUID),
            sop_instance=str(dataset.SOPInstanceUID),
            transfer_syntax=str(dataset.file_meta.TransferSyntaxUID),
            source_title="MODALITY",
        )
        (received,) = delivery.finish()
    assert received.outcome is Outcome.STORED
    assert received.names is not None
    (stored,) = app.settings.data_dir.glob("studies/*/*/*.dcm")
    assert stored.read_bytes().endswith(bare)


def test_an_association_may_finish_again_and_again(app: App, reception: Reception) -> None:
    with reception.delivery("dimse", "ae:MODALITY") as delivery:
        for number in (1, 2, 3):
            delivery.receive(_file(number=number))
            assert delivery.finish()[0].outcome is Outcome.STORED
        assert delivery.finish() == []
    assert app.archive.studies()[0].instances == 3


def test_a_streamed_file_is_taken_from_its_place(app: App, reception: Reception) -> None:
    with reception.delivery("stow", "token:pacs") as delivery:
        place = delivery.place()
        place.write_bytes(_file())
        delivery.receive_file(place)
        assert delivery.finish()[0].outcome is Outcome.STORED


def test_many_senders_at_once_lose_nothing(app: App, reception: Reception) -> None:
    failures: list[BaseException] = []

    def send(patient: Patient, study: int) -> None:
        try:
            with reception.delivery("stow", "token:pacs") as delivery:
                for number in range(1, 6):
                    delivery.receive(_file(patient, number, study))
                assert all(result.outcome is Outcome.STORED for result in delivery.finish())
        except BaseException as error:
            failures.append(error)

    senders = [threading.Thread(target=send, args=(who, study)) for who in (ADA, BERT) for study in range(1, 5)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert failures == []
    assert app.archive.verify().instances == 40
    assert app.trail.verify()


def test_what_was_received_is_made_ready_in_the_background(app: App, reception: Reception) -> None:
    with reception.delivery("stow", "token:pacs") as delivery:
        delivery.receive(_file())
        delivery.finish()
    study = app.archive.studies()[0].id
    deadline = time.monotonic() + 60
    while app.archive.first_picture(study) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert app.archive.first_picture(study) is not None


def test_a_closed_reception_takes_nothing_more(app: App) -> None:
    opened = open_reception(app)
    opened.close()
    with opened.delivery("stow", "token:pacs") as delivery:
        delivery.receive(_file())
        with pytest.raises(RuntimeError, match="closed"):
            delivery.finish()
