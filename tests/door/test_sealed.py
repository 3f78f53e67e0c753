"""A sealed medium says nothing of whom to whoever searches its bytes, and comes in again with the same digests."""

import base64
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest
from tests.door.command_line import undisc
from tests.factories.discs import make_disc
from tests.factories.packages import imported, write

from undisc.app import App, build, build_exporting
from undisc.export.sealing import Sealer, new_package, new_passphrase
from undisc.export.service import Choices, Form
from undisc.export.viewer import BUILT
from undisc.settings import Settings

pytestmark = pytest.mark.skipif(not BUILT.is_dir(), reason="the viewer for discs was not built")
PLACE = "Riverside Imaging"


@dataclass
class Sealed:
    folder: Path
    disc: Path
    app: App
    passphrase: str


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    top = tmp_path_factory.mktemp("sealed")
    make_disc(top / "disc", studies=1, series=2, slices=4, rows=64, columns=64)
    app = build(Settings(data_dir=top / "data", workers=1, place_name=PLACE))
    try:
        studies, passphrase = imported(app, [top / "disc"]), new_passphrase()
        choices = Choices(form=Form.STORED, sealer=Sealer(new_package()), passphrase=passphrase, for_whom="Dr Listener")
        with build_exporting(app).package(studies, choices) as package:
            write(package.files, top / "out")
        yield Sealed(top / "out", top / "disc", app, passphrase)
    finally:
        app.close()


def secrets_of(disc: Path) -> set[bytes]:
    """Every word of the headers that says who, what, where or when; short codes are in any bytes by chance."""
    words = {PLACE.encode(), b"Dr Listener", b"DICOMDIR", b"DICM"}
    for path in filter(Path.is_file, disc.rglob("*")):
        if path.read_bytes()[128:132] != b"DICM" or path.name == "DICOMDIR":
            continue
        for element in pydicom.dcmread(path, force=True, stop_before_pixels=True).iterall():
            if (
                element.VR in ("UI", "PN", "LO", "DA", "SH")
                and element.value
                and "1.2.840.10008" not in str(element.value)
            ):
                words.update(word.encode() for word in re.split(r"[\^\\=]", str(element.value)) if len(word) >= 6)
    return words


def test_nothing_that_tells_of_the_patient_is_on_the_medium(sealed: Sealed) -> None:
    secrets = secrets_of(sealed.disc) | {sealed.passphrase.encode()}
    assert len(secrets) > 20
    # The viewer is the same for everybody, and names things of DICOM.
    files = [path for path in sealed.folder.rglob("*") if path.is_file() and path.parent.name != "VIEWER"]
    assert {path.parent.name for path in files} == {"out", "DATA"}
    for path in files:
        data = path.read_bytes()
        inner = b"".join(base64.b64decode(run) for run in re.findall(rb'"([A-Za-z0-9+/]{40,}={0,2})"', data))
        about = secrets - ({b"DICOMDIR"} if path.parent == sealed.folder else set())
        found = [word for word in about if word in data or word in inner or word.decode().encode("utf-16-le") in data]
        assert found == [], path.name


def test_it_comes_in_again_with_the_same_digests(sealed: Sealed, tmp_path: Path) -> None:
    archive = tmp_path / "sealed.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(sealed.folder.rglob("*")):
            packed.write(path, path.relative_to(sealed.folder))
    secret = tmp_path / "passphrase"
    secret.write_text(f"  {sealed.passphrase}\n")
    answer = undisc("import", archive, "--passphrase-file", secret, "--json", data=tmp_path / "data")
    assert answer.code == 0, answer.said
    again = build(Settings(data_dir=tmp_path / "data", workers=1))
    try:
        assert digests(again) == digests(sealed.app)
        assert len(digests(again)) == 8
    finally:
        again.close()


def test_without_its_passphrase_it_is_refused_in_a_plain_sentence(sealed: Sealed, tmp_path: Path) -> None:
    asked = undisc("import", sealed.folder, "--json", data=tmp_path / "data")
    assert (asked.code, "--passphrase-file" in asked.json["message"]) == (2, True)
    (tmp_path / "wrong").write_text("orbit velvet cactus thunder mosaic pickle")
    wrong = undisc("import", sealed.folder, "--passphrase-file", tmp_path / "wrong", "--json", data=tmp_path / "data")
    assert wrong.code == 2
    assert wrong.json["message"] == "This passphrase does not open the sealed package. Check each word, and try again."


def test_with_a_chunk_missing_the_rest_is_taken_in(sealed: Sealed, tmp_path: Path) -> None:
    write_again = tmp_path / "damaged"
    for path in sealed.folder.rglob("*"):
        if path.is_file():
            target = write_again / path.relative_to(sealed.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    last = max((write_again / "DATA").glob("C*"))
    last.unlink()
    secret = tmp_path / "passphrase"
    secret.write_text(sealed.passphrase)
    answer = undisc("import", write_again, "--passphrase-file", secret, "--json", data=tmp_path / "data")
    lost = [item for item in answer.json["items"] if item["outcome"] == "unreadable"]
    assert lost
    assert {item["reason"] for item in lost} == {
        "It is sealed, and the part of the package that holds it is not there."
    }


def digests(app: App) -> dict[str, str]:
    return {
        row.names.instance: row.dataset_sha256
        for study in app.archive.studies()
        for series in app.archive.series_of(study.id)
        for row in app.archive.instances_of(series.id)
    }
