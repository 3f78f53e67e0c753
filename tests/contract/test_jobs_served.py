"""Transfers that were put off are carried out by whatever server runs, once in effect, whoever is killed meanwhile."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.contract.conftest import Place
from tests.door.dicom_door import free_port, part10
from tests.door.put_off import all_jobs, children, kill, let_time_pass, running, slow_peer, state, told, until
from tests.factories.instances import ADA, image
from tests.factories.instances import Place as Where

from undisc.app import build
from undisc.jobs.model import State


def _take_in(folder: Path, place: Place, studies: int, slices: int) -> list[str]:
    """UIDs of studies that are here."""
    files = folder / "files"
    files.mkdir()
    uids = []
    for study in range(1, studies + 1):
        for number in range(1, slices + 1):
            (files / f"{study}-{number}").write_bytes(part10(image(ADA, Where(study, 1, number))))
        uids.append(str(image(ADA, Where(study)).StudyInstanceUID))
    assert told(place.surroundings(), "import", files).code == 0
    return uids


def _digests(place: Place) -> dict[str, str]:
    app = build(place.settings())
    try:
        return {
            row.names.instance: row.dataset_sha256
            for study in app.archive.studies()
            for series in app.archive.series_of(study.id)
            for row in app.archive.instances_of(series.id)
        }
    finally:
        app.close()


def test_a_server_killed_amid_a_transfer_loses_nothing_and_another_goes_on(place: Place, tmp_path: Path) -> None:
    (study,) = _take_in(tmp_path, place, 1, 120)
    port = free_port()
    told(place.surroundings(), "peers", "add", "there", f"DEST@127.0.0.1:{port}")
    (number,) = told(place.surroundings(), "send", study, "--to", "there", "--later", "--json").json["jobs"]
    with slow_peer(port, 0.02) as peer:
        with running("serve", "--port", "0", surroundings=place.surroundings("a")) as first:
            until(lambda: len(peer.came) >= 60, "nothing is sent")
            kill(first)
        before = len(peer.came)
        assert before < 120
        assert state(place.surroundings(), number) is State.RUNNING
        let_time_pass(place.surroundings())
        with running("serve", "--port", "0", surroundings=place.surroundings("b")):
            until(lambda: state(place.surroundings(), number) is State.DONE, "it is not done")
    job = all_jobs(place.surroundings())[number]
    assert (job.note, job.attempts) == ("All 120 images are there.", 2)
    assert peer.digests == _digests(place)
    # What was confirmed and written down, in fifties, is not sent again. One was on its way when its sender died.
    assert 120 <= len(peer.came) <= before + 1 + 120 - 50


def test_servers_side_by_side_send_each_image_once(place: Place, tmp_path: Path) -> None:
    studies = _take_in(tmp_path, place, 6, 5)
    port = free_port()
    told(place.surroundings(), "peers", "add", "there", f"DEST@127.0.0.1:{port}")
    for study in studies:
        told(place.surroundings(), "send", study, "--to", "there", "--later")
    with slow_peer(port, 0.02) as peer, ExitStack() as closing:
        servers = [
            closing.enter_context(running("serve", "--port", "0", surroundings=place.surroundings(replica)))
            for replica in ("a", "b")
        ]
        until(
            lambda: all(job.state is State.DONE for job in all_jobs(place.surroundings()).values()), "not all is done"
        )
        assert all(server.poll() is None for server in servers)
    assert sorted(peer.came) == sorted(_digests(place))
    assert {job.attempts for job in all_jobs(place.surroundings()).values()} == {1}


def test_a_server_that_is_stopped_gives_back_what_it_was_at(place: Place, tmp_path: Path) -> None:
    (study,) = _take_in(tmp_path, place, 1, 100)
    port = free_port()
    told(place.surroundings(), "peers", "add", "there", f"DEST@127.0.0.1:{port}")
    (number,) = told(place.surroundings(), "send", study, "--to", "there", "--later", "--json").json["jobs"]
    with slow_peer(port, 0.05) as peer:
        with running("serve", "--port", "0", surroundings=place.surroundings("a")) as server:
            until(lambda: len(peer.came) >= 5, "nothing is sent")
            beside = children(server.pid)
        assert beside
        job = all_jobs(place.surroundings())[number]
        assert (job.state, job.attempts) == (State.WAITING, 0)
        stopped_at = len(peer.came)
        assert stopped_at < 100
        peer.pause = 0
        with running("work", surroundings=place.surroundings("b")):
            until(lambda: state(place.surroundings(), number) is State.DONE, "it is not done")
    # Given back in order, the ledger knows all but the one that was on its way.
    assert 100 <= len(peer.came) <= 101


def test_a_pull_that_was_put_off_is_carried_out(place: Place, tmp_path: Path) -> None:
    other = Place("sqlite+folder", tmp_path / "there", None, None)
    (study,) = _take_in(tmp_path, other, 1, 4)
    port = free_port()
    told(other.surroundings(), "peers", "add", "UNDISC", f"UNDISC@127.0.0.1:{free_port()}")
    told(place.surroundings(), "peers", "add", "there", f"UNDISC@127.0.0.1:{port}")
    with (
        running("serve-dicom", "--dicom-port", str(port), surroundings=other.surroundings()),
        running("work", surroundings=place.surroundings()),
    ):
        until(lambda: told(place.surroundings(), "peers", "echo", "there").code == 0, "the peer is away")
        answer = told(place.surroundings(), "pull", "--from", "there", "--patient-id", ADA.id, "--later", "--json")
        (number,) = answer.json["jobs"]
        until(lambda: state(place.surroundings(), number) is State.DONE, "it is not done")
    assert all_jobs(place.surroundings())[number].arguments["study_uid"] == study
    assert _digests(place) == _digests(other)


@pytest.mark.parametrize("what", ["peer", "study"])
def test_what_is_gone_meanwhile_makes_a_transfer_fail_with_a_plain_reason(
    place: Place, tmp_path: Path, what: str
) -> None:
    (study,) = _take_in(tmp_path, place, 1, 1)
    told(place.surroundings(), "peers", "add", "there", f"DEST@127.0.0.1:{free_port()}")
    (number,) = told(place.surroundings(), "send", study, "--to", "there", "--later", "--json").json["jobs"]
    if what == "peer":
        told(place.surroundings(), "peers", "remove", "there")
    else:
        told(place.surroundings(), "reject", study, "--reason", "of somebody else")
    with running("work", surroundings=place.surroundings()):
        until(lambda: state(place.surroundings(), number) is State.FAILED, "it does not fail")
    reasons = {
        "peer": "There is no peer named there. `undisc peers list` names those that are.",
        "study": "There is no such study here. `undisc studies` lists those that are.",
    }
    assert all_jobs(place.surroundings())[number].note == reasons[what]
