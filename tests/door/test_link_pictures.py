"""Proves that an open link gives each picture as it is kept, what it names and no more, and tells the trail."""

import gzip
import io
import json
import threading
import zipfile
from functools import partial
from pathlib import Path

import httpx
import pytest
from tests.door.running import CLOSED, Door
from tests.door.small_archive import DOCUMENT, HEAD, HIS, OLDER, PDF, REPORT

from undisc.archive.model import Original

GIVEN = {
    f"series/{HEAD}": ("application/json", json.dumps({"id": HEAD, "frames": []}).encode()),
    f"series/{HEAD}/metadata": ("application/dicom+json", json.dumps([{"00100010": HEAD}]).encode()),
    f"series/{HEAD}/strip": ("application/octet-stream", b"USTRIP1\0\0\0\0\x0011"),
    f"series/{HEAD}/thumbnail": ("image/webp", b"thumbnail of 11"),
    "frames/101/0": ("image/jphc", b"picture 101 " * 40),
    "frames/102/0": ("application/octet-stream", b"picture 102 " * 40),
    "previews/101/0": ("image/webp", b"preview of 101"),
    f"documents/{DOCUMENT}": ("application/pdf", PDF),
    "instances/101": ("application/dicom", b"picture 101 " * 40),
}
COMPRESSED = {f"series/{HEAD}", f"series/{HEAD}/metadata", "frames/102/0"}


@pytest.mark.parametrize("path", GIVEN)
def test_picture_comes_as_it_is_kept(standing_door: Door, path: str) -> None:
    answer = standing_door.get(standing_door.opened(), path)
    media_type, content = GIVEN[path]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.content == content
    assert answer.headers.get("content-encoding") == ("gzip" if path in COMPRESSED else None)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", sorted(COMPRESSED))
def test_client_that_takes_no_gzip_gets_the_same_bytes_plain(standing_door: Door, path: str) -> None:
    answer = standing_door.get(standing_door.opened(), path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == GIVEN[path][1]


@pytest.mark.parametrize(
    "path",
    [
        f"series/{HIS}",
        f"series/{HIS}/strip",
        f"series/{HIS}/thumbnail",
        f"series/{HIS}/metadata",
        "frames/301/0",
        "previews/301/0",
        "documents/301",
        "instances/301",
        f"series/{OLDER}",
        "frames/201/0",
    ],
)
def test_what_the_link_does_not_name_is_not_there_for_it(standing_door: Door, path: str) -> None:
    link = standing_door.opened(1)
    theirs = standing_door.get(link, path)
    nobodys = standing_door.get(
        link, path.replace("301", "999").replace("201", "999").replace("31", "99").replace("21", "99")
    )
    assert theirs.status_code == 404
    assert theirs.json()["type"] == "not-found"
    assert theirs.content == nobodys.content


@pytest.mark.parametrize(
    "path",
    [
        *("frames/101/1", "frames/101/-1", "frames/101/x", "frames/104/0", "previews/101/7", "documents/101"),
        *("series/0", "series/1e1", "series/٣", "series/99999999999999999999999", f"series/{REPORT}/thumbnail"),
        *("nothing", "study/1"),
    ],
)
def test_what_is_not_there_says_so_in_one_shape(standing_door: Door, path: str) -> None:
    answer = standing_door.get(standing_door.opened(), path)
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    assert answer.headers["content-type"] == "application/problem+json"


def test_link_names_several_studies_of_one_patient(door: Door) -> None:
    link = door.opened(1, 2)
    assert door.get(link, f"series/{OLDER}").status_code == 200
    assert door.get(link, "frames/201/0").status_code == 200
    assert door.get(link, "frames/301/0").status_code == 404


@pytest.mark.parametrize("path", ["download", "instances/101"])
def test_view_only_link_shows_and_gives_no_file(door: Door, path: str) -> None:
    link = door.opened(may_download=False)
    answer = door.get(link, path)
    assert (answer.status_code, answer.json()["type"]) == (403, "view-only")
    assert door.get(link, "frames/101/0").status_code == 200
    assert not {"download-started", "instance-downloaded"} & set(door.actions())


def test_report_is_shown_in_the_browser_under_a_name_that_tells_nothing(standing_door: Door) -> None:
    answer = standing_door.get(standing_door.opened(), f"documents/{DOCUMENT}")
    assert answer.headers["content-disposition"] == 'inline; filename="report.pdf"'
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy


def test_original_is_named_by_number_only(standing_door: Door) -> None:
    answer = standing_door.get(standing_door.opened(), "instances/101")
    assert answer.headers["content-disposition"] == 'attachment; filename="101.dcm"'


def test_zip_holds_every_original_unchanged_and_says_how_long_it_is(door: Door) -> None:
    answer = door.get(door.opened(1, 2), "download")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="pictures.zip"'
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.testzip() is None
        names = ["STUDY1/SERIES011/IM000101.dcm", "STUDY1/SERIES011/IM000102.dcm", "STUDY1/SERIES011/IM000103.dcm"]
        names += ["STUDY1/SERIES012/IM000104.dcm", "STUDY2/SERIES021/IM000201.dcm"]
        assert found.namelist() == names
        for name in names:
            assert found.getinfo(name).compress_type == zipfile.ZIP_STORED
            assert found.read(name) == door.archive.pictures[int(name[-7:-4])]
    assert door.actions()[-2:] == ["download-started", "download-finished"]


def test_running_download_stops_when_the_link_is_revoked(door: Door, tmp_path: Path) -> None:
    link = door.opened()
    short, long = tmp_path / "short", tmp_path / "long"
    short.write_bytes(b"1" * (1 << 20))
    long.write_bytes(b"2" * (64 << 20))
    door.archive.other_originals = [
        Original(path.name, path.stat().st_size, partial(path.open, "rb")) for path in (short, long)
    ]
    with door.client.stream("GET", f"/s/{link.link.id}/download") as answer:
        whole, chunks = int(answer.headers["content-length"]), answer.iter_raw()
        got = len(next(chunks))
        door.sharing.revoke(link.link.id)
        try:
            got += sum(len(chunk) for chunk in chunks)
        except httpx.RemoteProtocolError:
            broken_off = True
        else:
            broken_off = False
    assert broken_off
    assert 0 < got < whole
    assert door.actions()[-2:] == ["download-started", "revoked"], "what was not finished is not said to be"


def test_trail_tells_once_a_browser_what_it_looked_at(door: Door) -> None:
    link = door.opened(1, 2)
    for _ in range(3):
        for path in (f"series/{OLDER}", "frames/201/0", "frames/101/0", f"documents/{DOCUMENT}", "instances/101"):
            assert door.get(link, path).status_code == 200
    seen = [(action, subject.get("series") or subject.get("instance")) for action, _, subject in door.trail_entries()]
    assert seen.count(("series-viewed", HEAD)) == 1
    assert seen.count(("series-viewed", OLDER)) == 1
    assert seen.count(("document-viewed", REPORT)) == 1
    assert seen.count(("instance-downloaded", 101)) == 3
    other = door.another_browser()
    door.open(link, client=other)
    other.get(f"/s/{link.link.id}/series/{OLDER}")
    seen = [(action, subject.get("series")) for action, _, subject in door.trail_entries()]
    assert seen.count(("series-viewed", OLDER)) == 2


def test_looking_at_thumbnails_is_not_looking_at_a_series(door: Door) -> None:
    link = door.opened(1, 2)
    assert door.get(link, f"series/{OLDER}/thumbnail").status_code == 200
    assert door.actions().count("series-viewed") == 1


def test_every_entry_names_the_link_and_the_trail_holds(door: Door) -> None:
    link = door.opened(1, passcode="482913")
    door.get(link, "download")
    door.sharing.revoke(link.link.id)
    for action, actor, subject in door.trail_entries():
        assert subject["link"] == link.link.id
        assert actor == ("operator" if action in ("shared", "revoked") else f"link:{link.link.id}")
    text = json.dumps(door.trail_entries())
    assert link.secret not in text
    assert "482913" not in text
    assert "DOE" not in text
    assert type(door.trail.verify()).__name__ == "Intact"


def test_many_pictures_are_asked_for_at_once(door: Door) -> None:
    link = door.opened()
    cookies = dict(door.client.cookies)
    wrong: list[object] = []

    def scroll() -> None:
        with httpx.Client(base_url=door.base, cookies=cookies, timeout=30) as client:
            for number in (101, 102, 103) * 4:
                answer = client.get(f"/s/{link.link.id}/frames/{number}/0")
                if answer.content != door.archive.pictures[number]:
                    wrong.append(answer)

    threads = [threading.Thread(target=scroll) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_session_of_a_closed_link_is_refused_before_anything_is_looked_up(door: Door) -> None:
    link = door.opened()
    door.clock.advance(days=31)
    assert door.get(link, f"series/{HIS}").json() == CLOSED
    assert door.get(link, "series/999").json() == CLOSED


def test_frame_is_what_was_packed(door: Door) -> None:
    link = door.opened()
    with door.client.stream("GET", f"/s/{link.link.id}/frames/102/0") as answer:
        raw = b"".join(answer.iter_raw())
    assert gzip.decompress(raw) == door.archive.pictures[102]
