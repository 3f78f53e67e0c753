"""What was published is known alike on both databases, and is put in line to be removed with the act that published."""

from functools import partial
from io import BytesIO
from pathlib import Path

from tests.contract.job_replicas import DAY, Replica
from tests.factories.clocks import FixedClock

from undisc.export.model import Kind, PackageFile
from undisc.export.publishing import Publishing
from undisc.export.sealing import Sealer, new_package


def test_a_publication_is_kept_listed_and_removed_alike_everywhere(
    here: Replica, clock: FixedClock, tmp_path: Path
) -> None:
    publishing = Publishing(here.trail, here.jobs, tmp_path / "scratch")
    texts = {"INDEX.HTM": b"page", "DATA/C0000000.JS": b"index", "DATA/C0000001.JS": b"content"}
    files = [PackageFile(path, Kind.DATA, len(data), partial(BytesIO, data)) for path, data in texts.items()]
    ends = clock.now() + DAY
    made = publishing.publish(
        files, Sealer(new_package()), ["1.2", "1.3"], str(tmp_path / "host"), url="https://a.example", expires_at=ends
    )
    (listed,) = publishing.all()
    assert (listed.files, listed.bytes) == (3, sum(map(len, texts.values())))
    assert listed.publication == made
    assert (made.studies, made.expires_at, made.state) == (("1.2", "1.3"), ends, "published")
    (job,) = here.jobs.all()
    assert (job.kind, job.arguments, job.due_at) == ("unpublish", {"publication": made.id}, ends)
    assert publishing.unpublish_expired() == []
    clock.forward(DAY)
    assert [each.state for each in publishing.unpublish_expired()] == ["removed"]
    assert list((tmp_path / "host").iterdir()) == []
    assert [(each.files, each.bytes) for each in publishing.all()] == [(0, 0)]
