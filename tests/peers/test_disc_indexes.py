"""An index written by dcmtk is read whole, and dcmtk accepts the discs that our tests are made with."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.factories.discs import MadeDisc, make_disc, two_patients

from undisc.discs import open_source, survey

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(shutil.which("dcmmkdir") is None, reason="dcmtk is not installed"),
]


@pytest.mark.parametrize("make", [make_disc, two_patients])
def test_index_written_by_dcmtk_lists_every_image(tmp_path: Path, make: Callable[[Path], MadeDisc]) -> None:
    made = make(tmp_path / "disc")
    (made.folder / "DICOMDIR").unlink()
    folders = sorted({path.split("/")[0] for path in made.images})
    subprocess.run(["dcmmkdir", "+r", *folders], check=True, cwd=made.folder, capture_output=True)
    found = survey(open_source(made.folder), 1000)
    assert found.index is not None
    assert found.index.notes == ()
    assert set(found.listed) == set(made.images)
    assert {file.sop_instance for file in found.listed.values()} == set(made.sop_uids)
    assert all(file.series_uid and file.study_uid and file.patient_id for file in found.listed.values())


def test_dcmtk_finds_no_fault_in_a_disc_of_ours(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc")
    for path in ("DICOMDIR", *made.images):
        told = subprocess.run(["dcmftest", str(made.folder / path)], capture_output=True, text=True)
        assert told.stdout.startswith("yes:"), told.stdout
    dumped = subprocess.run(["dcmdump", str(made.folder / "DICOMDIR")], capture_output=True)
    assert dumped.returncode == 0
