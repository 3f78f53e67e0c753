"""Proves that a package's data are the very bytes that a link's door sends, all of them, in the order of asking."""

import gzip
import json
import re
from base64 import b64decode
from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.door.running import serving
from tests.factories.discs import pdf
from tests.factories.documents import encapsulated, make_documents
from tests.factories.packages import Made, imported, make_package, write
from tests.factories.scans import head_scan, loops
from tests.factories.scans import write as write_scans

from undisc.app import App, build, build_web
from undisc.archive.words import ENCAPSULATED_PDF
from undisc.discs.sealed import CHUNK, open_chunk, read_lock
from undisc.export.model import Kind
from undisc.export.site import DataChanged
from undisc.settings import Settings


@dataclass
class Packed:
    app: App
    studies: list[int]
    made: Made
    index: dict[str, Any]
    stream: bytes

    def part(self, name: str) -> bytes:
        start, length, _ = self.index["parts"][name]
        return self.stream[start : start + length]


def chunk(text: bytes, number: int) -> bytes:
    found = re.fullmatch(rb'undisc\((\d+),"([A-Za-z0-9+/=]*)","([0-9a-f]{8})"\)\n', text)
    assert found is not None
    assert int(found[1]) == number
    data = b64decode(found[2], validate=True)
    assert crc32(data) == int(found[3], 16)
    return data


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packed]:
    folder = tmp_path_factory.mktemp("site")
    make_documents(folder / "disc")
    paper = encapsulated(40, ENCAPSULATED_PDF, pdf("Nothing unusual was seen."), "application/pdf")
    paper.save_as(folder / "disc" / "PAPER.DCM", enforce_file_format=True)
    write_scans(folder / "disc", head_scan(slices=6), loops(lengths=(5,)))
    app = build(Settings(data_dir=folder / "data", workers=1))
    try:
        studies = imported(app, [folder / "disc"])
        made = make_package(app, studies, sealed=False)
        data = [file for file in made.files if file.kind is Kind.DATA]
        chunks = [chunk(file.open().read(), number) for number, file in enumerate(data)]
        yield Packed(app, studies, made, json.loads(gzip.decompress(chunks[0])), b"".join(chunks[1:]))
    finally:
        app.close()


@pytest.fixture(scope="module")
def door(packed: Packed) -> Iterator[httpx.Client]:
    with serving(build_web(packed.app)) as base:
        link = packed.app.sharing.create_link(packed.studies, passcode=None)
        with httpx.Client(base_url=f"{base}/s/{link.link.id}/", headers={"Accept-Encoding": "gzip"}) as client:
            assert client.post("open", json={"secret": link.secret}).status_code == 200
            yield client


def test_each_part_is_what_the_door_sends_under_its_name(packed: Packed, door: httpx.Client) -> None:
    kinds = set()
    for name, (_, _, flag) in packed.index["parts"].items():
        if name == "study":
            continue
        answer = door.get(name)
        assert answer.status_code == 200, name
        ours = packed.part(name)
        assert answer.headers.get("content-encoding", "") == flag, name
        assert answer.content == (gzip.decompress(ours) if flag else ours), name
        kinds.add(re.sub(r"\d+", "n", name))
    assert kinds == {
        "series/n",
        "series/n/strip",
        "series/n/thumbnail",
        "frames/n/n",
        "documents/n",
        "reports/n",
        "reports/n/samples/n/n",
        "reports/n/media/n",
    }


def test_the_study_has_its_first_picture_inside(packed: Packed, door: httpx.Client) -> None:
    ours, sent = json.loads(gzip.decompress(packed.part("study"))), door.get("study").json()
    assert ours.keys() == {*sent, "first", "series"}
    assert all(ours[name] == sent[name] for name in ("patient", "studies"))
    assert ours["first"]["preview"].startswith("data:image/webp;base64,")
    assert ours["series"]["id"] == ours["first"]["series"]
    assert ours["until"] == ""


def test_no_picture_is_left_out_and_none_is_there_twice(packed: Packed) -> None:
    told = json.loads(gzip.decompress(packed.part("study")))
    wanted = set()
    for study in told["studies"]:
        for series in study["series"]:
            if series["kind"] == "images":
                manifest = json.loads(gzip.decompress(packed.part(f"series/{series['id']}")))
                frames = [{**manifest["common"], **frame} for frame in manifest["frames"]]
                wanted |= {f"frames/{frame['i']}/{frame['n']}" for frame in frames if frame["wire"]}
    assert {name for name in packed.index["parts"] if name.startswith("frames/")} == wanted
    spans = sorted((start, length) for start, length, _ in packed.index["parts"].values())
    assert sum(length for _, length in spans) == packed.index["bytes"] == len(packed.stream)


def test_what_is_asked_for_first_comes_first(packed: Packed) -> None:
    names = sorted(packed.index["parts"], key=lambda name: packed.index["parts"][name][0])
    first = json.loads(gzip.decompress(packed.part("study")))["first"]["series"]
    assert names[:2] == ["study", f"series/{first}"]
    kinds = [re.sub(r"^(series)/\d+(/strip)?.*|^(frames|documents|reports)/.*", r"\1\2\3", name) for name in names]
    order = ["study", "series", "series/strip", "documents", "frames"]
    places = [kinds.index(kind) for kind in order]
    assert places == sorted(places)
    frames = [name for name in names if name.startswith("frames/")]
    manifest = json.loads(gzip.decompress(packed.part(f"series/{first}")))
    shown = [{**manifest["common"], **frame} for frame in manifest["frames"]]
    assert frames[: len(shown)] == [f"frames/{frame['i']}/{frame['n']}" for frame in shown]


def test_files_lead_from_instances_to_their_dicom_files(packed: Packed) -> None:
    dicom = {str(file.instance): file.path for file in packed.made.files if file.kind is Kind.DICOM}
    assert packed.index["files"] == dicom


def test_sizes_are_told_before_anything_is_read(packed: Packed) -> None:
    for file in packed.made.files:
        with file.open() as opened:
            assert file.size == len(opened.read())


def test_chunks_open_in_any_order_and_are_made_alike_again(packed: Packed) -> None:
    data = [file for file in packed.made.files if file.kind is Kind.DATA]
    again = [chunk(file.open().read(), number) for number, file in reversed(list(enumerate(data)))]
    assert b"".join(again[-2::-1]) == packed.stream
    assert all(len(each) == CHUNK for each in again[1:-1])


def test_a_sealed_package_holds_the_same_and_the_files_besides(packed: Packed) -> None:
    made = make_package(packed.app, packed.studies, sealed=True)
    assert made.sealer is not None
    texts = {file.path: file.open().read() for file in made.files}
    lock = read_lock(texts["DATA/KEY.JS"])
    opened = [
        open_chunk(made.sealer.key, lock, number, texts[f"DATA/C{number:07d}.JS"]) for number in range(lock.chunks + 1)
    ]
    assert None not in opened
    index, stream = json.loads(gzip.decompress(opened[0] or b"")), b"".join(each or b"" for each in opened[1:])
    parts = {name: stream[at : at + length] for name, (at, length, _) in index["parts"].items()}
    assert {name: parts[name] for name in packed.index["parts"]} == {
        name: packed.part(name) for name in packed.index["parts"]
    }
    dicom = {f"files/{file.path}": file.open().read() for file in packed.made.files if file.kind is Kind.DICOM}
    assert {name: data for name, data in parts.items() if name.startswith("files/")} == dicom


def test_a_package_whose_pictures_changed_meanwhile_is_not_written_on(packed: Packed, tmp_path: Path) -> None:
    class Shorter:
        def __init__(self, archive: Any) -> None:
            self._archive = archive

        def __getattr__(self, name: str) -> Any:
            return getattr(self._archive, name)

        def frame(self, instance: int, number: int) -> Any:
            found = self._archive.frame(instance, number)
            return type(found)(found.kind, found.data[:-1])

    made = make_package(replace(packed.app, archive=Shorter(packed.app.archive)), packed.studies, sealed=False)
    data = [file for file in made.files if file.kind is Kind.DATA]
    with pytest.raises(DataChanged, match="has changed since"):
        write(data, tmp_path)
