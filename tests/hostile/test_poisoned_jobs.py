"""A job that kills whatever process is at it ends as failed; the doors stay open, and other jobs get through."""

import os
import signal
from pathlib import Path

import httpx
import pytest
from tests.door.command_line import undisc
from tests.door.dicom_door import free_port, part10
from tests.door.put_off import SlowPeer, all_jobs, children, let_time_pass, running, slow_peer, state, told, until
from tests.factories.instances import ADA, Place, image

from undisc.jobs import policy
from undisc.jobs.model import State

_POISON, _HARMLESS = image(ADA, Place(1)), image(ADA, Place(2))


class _Deadly(SlowPeer):
    """Whoever sends the first study to it dies of it."""

    def __init__(self) -> None:
        super().__init__(0)
        self.server = 0
        self.deaths = 0

    def _take(self, event: object) -> int:
        answer = super()._take(event)
        if self.came[-1] == _POISON.SOPInstanceUID:
            self.deaths += 1
            for pid in children(self.server):
                os.kill(pid, signal.SIGKILL)
        return answer


@pytest.mark.slow
def test_a_job_that_kills_its_process_each_time_fails_and_takes_nobody_with_it(tmp_path: Path) -> None:
    files, data, port, web = tmp_path / "files", tmp_path / "data", free_port(), free_port()
    files.mkdir()
    for number, made in enumerate((_POISON, _HARMLESS)):
        (files / str(number)).write_bytes(part10(made))
    assert undisc("import", files, data=data).code == 0
    surroundings = {"UNDISC_DATA_DIR": str(data), "UNDISC_WORKERS": "1"}
    told(surroundings, "peers", "add", "deadly", f"DEST@127.0.0.1:{port}")
    poison, harmless = (
        told(surroundings, "send", made.StudyInstanceUID, "--to", "deadly", "--later", "--json").json["jobs"][0]
        for made in (_POISON, _HARMLESS)
    )

    peer = _Deadly()
    with (
        slow_peer(port, 0, peer),
        running("serve", "--port", str(web), surroundings=surroundings) as server,
    ):
        peer.server = server.pid

        def comes_to(job: int, end: State) -> bool:
            # Between two deaths: a lease of somebody who lives stays as it is. Only for the one that is waited for:
            # what ran in one process is spread over time, so that the one which is to blame ends alone.
            if not children(server.pid):
                let_time_pass(surroundings, job)
            return state(surroundings, job) is end

        until(lambda: comes_to(poison, State.FAILED), "it goes on for ever", patience=300)
        until(lambda: comes_to(harmless, State.DONE), "the other one does not get through")
        assert server.poll() is None
        assert httpx.get(f"http://127.0.0.1:{web}/healthz").json() == {"status": "ok"}
    assert peer.deaths == policy.MOST_MISHAPS
    assert "without a word" in all_jobs(surroundings)[poison].note
