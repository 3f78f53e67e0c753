"""Transfers that are put off, as an operator orders, sees, stops and repeats them."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.door.command_line import undisc
from tests.door.dicom_door import free_port, part10
from tests.door.put_off import all_jobs, running, until
from tests.factories.instances import ADA, Place, image

from undisc.jobs.model import State

_STUDY = str(image(ADA, Place(1)).StudyInstanceUID)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A data folder with one image of Ada's, and a peer that is away."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "1").write_bytes(part10(image(ADA, Place(1))))
    data = tmp_path / "here"
    assert undisc("import", files, data=data).code == 0
    assert undisc("peers", "add", "pacs", f"PACS@127.0.0.1:{free_port()}", data=data).code == 0
    return data


def _put_off(data: Path, *more: str) -> int:
    (number,) = undisc("send", _STUDY, "--to", "pacs", "--later", "--json", *more, data=data).json["jobs"]
    return number


def _listed(data: Path, *more: str) -> list[dict[str, Any]]:
    return undisc("jobs", "list", "--json", *more, data=data).json


def _trail(data: Path) -> list[tuple[str, dict[str, Any]]]:
    with sqlite3.connect(data / "undisc.db") as connection:
        rows = connection.execute("SELECT action, subject FROM audit_entries ORDER BY seq").fetchall()
    return [(action, json.loads(subject)) for action, subject in rows]


def test_a_transfer_is_put_off_seen_cancelled_and_ordered_anew(here: Path) -> None:
    number = _put_off(here)
    assert _put_off(here) == number
    (job,) = _listed(here)
    assert job | {"due": ""} == {
        "number": number,
        "kind": "send",
        "peer": "pacs",
        "study_uid": _STUDY,
        "state": "waiting",
        "due": "",
        "ended": None,
        "attempts": 0,
        "note": "",
    }
    assert undisc("jobs", "cancel", number, data=here).code == 0
    assert _listed(here) == []
    assert [job["state"] for job in _listed(here, "--all")] == ["cancelled"]
    assert undisc("jobs", "retry", number, data=here).code == 0
    assert [job["state"] for job in _listed(here)] == ["waiting"]
    assert f"{number}" in undisc("jobs", "list", data=here).out


def test_orders_are_in_the_trail_and_hold_no_name_of_a_patient(here: Path) -> None:
    number = _put_off(here)
    undisc("jobs", "cancel", number, data=here)
    undisc("jobs", "retry", number, data=here)
    told = [(action, subject) for action, subject in _trail(here) if subject.get("job") == number]
    assert [action for action, _ in told] == ["transfer-ordered", "job-cancelled", "job-retried"]
    assert told[0][1] == {"job": number, "direction": "send", "study_uid": _STUDY, "peer": "pacs"}
    with sqlite3.connect(here / "undisc.db") as connection:
        ((arguments,),) = connection.execute("SELECT arguments FROM jobs WHERE kind = 'send'").fetchall()
    assert json.loads(arguments) == {"study_uid": _STUDY, "peer": "pacs"}
    assert undisc("audit", "verify", data=here).code == 0


def test_a_time_before_which_nothing_is_to_be_done_is_kept(here: Path) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).astimezone().replace(second=0, microsecond=0)
    _put_off(here, "--at", f"{tomorrow:%Y-%m-%dT%H:%M}")
    (job,) = _listed(here)
    assert datetime.fromisoformat(job["due"]) == tomorrow


def test_several_studies_to_pull_are_as_many_jobs(here: Path) -> None:
    ran = undisc("pull", "--from", "pacs", "--study", "1.2.3", "--study", "1.2.4", "--later", "--json", data=here)
    assert len(ran.json["jobs"]) == 2
    assert {job["study_uid"] for job in _listed(here)} == {"1.2.3", "1.2.4"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["send", _STUDY, "--to", "nobody", "--later"],
        ["send", "1.2.3", "--to", "pacs", "--later"],
        ["pull", "--from", "nobody", "--study", "1.2.3", "--later"],
        ["jobs", "cancel", "99"],
        ["jobs", "retry", "99"],
    ],
)
def test_what_cannot_be_is_refused_at_once_and_leaves_no_job(here: Path, arguments: list[str]) -> None:
    ran = undisc(*arguments, data=here)
    assert (ran.code, _listed(here, "--all")) == (1, [])
    assert "There is no" in ran.err


@pytest.mark.slow
def test_a_peer_that_is_away_is_tried_again_later(here: Path) -> None:
    number = _put_off(here)
    surroundings = {"UNDISC_DATA_DIR": str(here), "UNDISC_WORKERS": "1"}
    with running("work", surroundings=surroundings):
        until(lambda: all_jobs(surroundings)[number].note != "", "it is not tried")
    job = all_jobs(surroundings)[number]
    assert (job.state, job.attempts) == (State.WAITING, 1)
    assert job.note.startswith("pacs does not answer at PACS@127.0.0.1:")
