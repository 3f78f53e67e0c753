"""A disc comes in, leaves on a new medium, and comes in again elsewhere: every data set with the digest it had."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.journey.conftest import Place, undisc
from tests.peers.everything import identity
from tests.shared_data import SHARED, needs_shared

pytestmark = pytest.mark.journey


def _kept(data: Path) -> dict[str, str]:
    """The digest of each data set that an archive keeps, by SOP Instance UID."""
    return dict(identity(path.read_bytes()) for path in (data / "studies").rglob("*.dcm"))


def _put_out(data: Path, out: Path, *options: str) -> int:
    """All that is kept onto one medium; returns how many images were verified."""
    studies = [study["study_uid"] for study in json.loads(undisc("studies", "--json", data=data).stdout)]
    made = undisc("disc", *studies, "--out", str(out), "--json", *options, data=data)
    assert made.returncode == 0, made.stdout
    told = json.loads(made.stdout)
    assert told["images"] == told["verified"]
    return told["verified"]


@needs_shared
@pytest.mark.slow
def test_every_real_file_comes_back_from_a_disc_as_it_was(tmp_path: Path) -> None:
    undisc("import", str(SHARED), "--json", data=tmp_path / "first")
    came = _kept(tmp_path / "first")
    assert len(came) > 900
    assert _put_out(tmp_path / "first", tmp_path / "stick", "--as-stored", "--no-viewer") == len(came)
    again = json.loads(undisc("import", str(tmp_path / "stick"), "--json", data=tmp_path / "second").stdout)
    assert (again["missing"], again["quarantined"], again["unreadable"]) == ([], 0, 0)
    assert _kept(tmp_path / "second") == came


@pytest.mark.parametrize("name", ["disc.iso", "disc.zip"])
def test_whole_disc_comes_back_from_an_image_and_a_zip_as_it_was(place: Place, tmp_path: Path, name: str) -> None:
    came = _kept(place.data)
    assert _put_out(place.data, tmp_path / name, "--as-stored") == len(came)
    again = undisc("import", str(tmp_path / name), "--json", data=tmp_path / "second")
    assert again.returncode == 0, again.stdout
    assert _kept(tmp_path / "second") == came


def test_holder_of_a_link_downloads_a_disc_that_opens_here_again(
    place: Place, chromium: Browser, tmp_path: Path
) -> None:
    link = place.share("--no-passcode")
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
    page.goto(link["here"])
    button = page.get_by_test_id("download-disc")
    expect(button).to_have_text("Download as a disc (ZIP)", timeout=20_000)
    with page.expect_download() as waited:
        button.click()
    waited.value.save_as(tmp_path / "disc.zip")
    page.close()
    again = json.loads(undisc("import", str(tmp_path / "disc.zip"), "--json", data=tmp_path / "second").stdout)
    assert again["studies"] == place.imported["studies"][:1]
    assert again["missing"] == []
    assert _kept(tmp_path / "second").keys() <= _kept(place.data).keys()
