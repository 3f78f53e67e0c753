"""Proves that a study is published to a bucket by the command line, with the right headers, and is taken off again."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.door.command_line import undisc
from tests.factories.discs import MadeDisc, make_disc
from tests.factories.servers import KEYS, make_bucket, running_s3

from undisc.discs.sealed import opened_by
from undisc.discs.sources import open_source
from undisc.export.viewer import BUILT

pytestmark = pytest.mark.skipif(not BUILT.is_dir(), reason="the viewer for discs was not built")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with running_s3() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> MadeDisc:
    return make_disc(tmp_path_factory.mktemp("disc"), studies=1, series=1, slices=4, rows=64, columns=64)


@pytest.fixture(scope="module")
def data(disc: MadeDisc, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    assert undisc("import", disc.folder, data=data).code == 0
    return data


def test_a_bucket_holds_it_as_files_of_a_web_site_until_it_is_unpublished(
    s3: str, disc: MadeDisc, data: Path, tmp_path: Path
) -> None:
    bucket = make_bucket(s3)
    (study,) = disc.study_uids
    keys: dict[str, Any] = {**KEYS, "AWS_ENDPOINT_URL": s3}
    address = f"{s3}/{bucket}/some/prefix"
    made = undisc("publish", study, "--to", f"s3://{bucket}/some/prefix", "--url", address, "--json", data=data, **keys)
    assert made.code == 0, made.said
    page, _, fragment = made.json["link"].partition("#")
    assert page == f"{address}/{made.json['publication']}/INDEX.HTM"
    base = page.removesuffix("INDEX.HTM")
    listed = fetch(s3, bucket)
    assert {path.partition("/prefix/")[2].partition("/")[0] for path in listed} == {made.json["publication"]}
    told = {path.rpartition("/")[2]: headers for path, (headers, _) in listed.items()}
    assert told["INDEX.HTM"] == ("text/html; charset=utf-8", "private, no-cache")
    assert told["C0000001.JS"][0] == "text/javascript; charset=utf-8"
    assert "immutable" in told["C0000001.JS"][1]
    for path, (_, body) in listed.items():
        target = tmp_path / path.partition(made.json["publication"] + "/")[2]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    source = opened_by(open_source(tmp_path), lambda _: key_of(fragment))
    assert sum(entry.path.startswith("DICOM/") for entry in source.entries()) == 4
    row = undisc("published", "--json", data=data).json[0]
    assert (row["state"], row["files"], row["publication"]) == ("published", len(listed), made.json["publication"])
    assert fragment.partition("=")[2] not in json.dumps(row)
    assert undisc("unpublish", made.json["link"], data=data, **keys).code == 0
    assert fetch(s3, bucket) == {}
    assert httpx.get(base + "INDEX.HTM").status_code in (403, 404)
    assert undisc("published", "--json", data=data).json[0]["state"] == "removed"


def test_a_bucket_that_is_not_there_is_said_in_a_plain_sentence(s3: str, disc: MadeDisc, data: Path) -> None:
    (study,) = disc.study_uids
    keys: dict[str, Any] = {**KEYS, "AWS_ENDPOINT_URL": s3}
    answer = undisc("publish", study, "--to", "s3://no-such-bucket-here/x", "--json", data=data, **keys)
    assert answer.code == 1
    assert answer.json["message"] == "There is no such bucket."


def test_what_is_missing_from_the_command_is_said(data: Path) -> None:
    assert "--to" in undisc("publish", "1.2.3", data=data).said
    assert "undisc studies" in undisc("publish", "1.2.3", "--to", data / "host", data=data).said
    far = f"https://{'a' * 2000}.example"
    assert "such an address" in undisc("publish", "1.2.3", "--to", "x", "--url", far, data=data).said
    assert "no publication is the time over" in undisc("unpublish", "--expired", data=data).said


def key_of(fragment: str) -> bytes:
    return base64.urlsafe_b64decode(fragment.removeprefix("key=") + "=")


def fetch(endpoint: str, bucket: str) -> dict[str, tuple[tuple[str, str], bytes]]:
    """Every file of a bucket with its two headers and its content."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=KEYS["AWS_REGION"],
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    found = {}
    for item in client.list_objects_v2(Bucket=bucket).get("Contents", []):
        answer = client.get_object(Bucket=bucket, Key=item["Key"])
        headers = (answer["ContentType"], answer.get("CacheControl", ""))
        found[item["Key"]] = (headers, answer["Body"].read())
    return found
