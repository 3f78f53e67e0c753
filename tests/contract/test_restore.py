"""What docs/operate says of backup and restore brings an archive back: pictures, links, and the whole trail."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store
from sqlalchemy.engine import make_url
from tests.contract.conftest import Place
from tests.factories.discs import make_disc
from tests.factories.instances import BERT
from tests.factories.servers import fresh_database, make_bucket, postgres_binaries

from undisc.app import App, build
from undisc.audit.model import Intact
from undisc.sharing.model import Browser, NewLink
from undisc.sharing.opening_model import Opened


def _filled(place: Place, tmp_path: Path) -> tuple[App, NewLink]:
    app = build(place.settings())
    app.intake.take_in([make_disc(tmp_path / "disc", series=2, slices=3).folder])
    return app, app.sharing.create_link([app.archive.studies()[0].id])


def _take_in_another(app: App, tmp_path: Path) -> None:
    """Somebody takes in a disc between the backup of the database and that of the originals."""
    app.intake.take_in([make_disc(tmp_path / "later", patient=BERT, series=1, slices=2).folder])


def _check(restored: App, link: NewLink) -> None:
    restored.archive.rebuild()
    checked = restored.archive.verify()
    assert (checked.instances, checked.damaged) == (8, ())
    assert len(restored.archive.studies()) == 2
    assert isinstance(restored.trail.verify(), Intact)
    opened = restored.sharing.open_link(link.link.id, link.secret, None, Browser("192.0.2.1", "test"))
    assert isinstance(opened, Opened)
    for study in restored.archive.studies():
        assert restored.archive.first_picture(study.id)


def test_a_folder_is_restored_from_its_backup(tmp_path: Path) -> None:
    place = Place("sqlite+folder", tmp_path / "data", None, None)
    app, link = _filled(place, tmp_path)
    backup = tmp_path / "backup"
    backup.mkdir()
    with (
        closing(sqlite3.connect(place.data_dir / "undisc.db")) as source,
        closing(sqlite3.connect(backup / "undisc.db")) as target,
    ):
        source.backup(target)
    _take_in_another(app, tmp_path)
    for name in ("studies", "keys"):
        shutil.copytree(place.data_dir / name, backup / name)
    app.close()
    shutil.rmtree(place.data_dir)
    shutil.copytree(backup, place.data_dir)
    restored = build(place.settings())
    _check(restored, link)
    restored.close()


def test_a_database_and_a_bucket_are_restored_from_their_backups(
    postgres: str, postgres_url: str, s3: str, bucket_url: str, tmp_path: Path
) -> None:
    binaries = postgres_binaries()
    if binaries is None or not (binaries / "pg_dump").exists():
        pytest.skip("pg_dump is not installed")
    place = Place("postgres+s3", tmp_path / "data", postgres_url, bucket_url)
    app, link = _filled(place, tmp_path)
    dump = tmp_path / "undisc.dump"
    subprocess.run([binaries / "pg_dump", "-Fc", "-f", dump, _plain(postgres_url)], check=True)
    _take_in_another(app, tmp_path)
    bucket = f"s3://{make_bucket(s3)}"
    _copy(bucket_url, bucket)
    app.close()
    with fresh_database(postgres) as url:
        subprocess.run([binaries / "pg_restore", "--no-owner", "-d", _plain(url), dump], check=True)
        restored = build(replace(place, database_url=url, storage_url=bucket).settings("restored"))
        _check(restored, link)
        restored.close()


def test_a_restore_without_its_audit_key_is_refused(tmp_path: Path) -> None:
    place = Place("sqlite+folder", tmp_path / "data", None, None)
    app, _ = _filled(place, tmp_path)
    app.close()
    shutil.rmtree(place.data_dir / "keys")
    with pytest.raises(Exception, match="audit key"):
        build(place.settings())


def _plain(url: str) -> str:
    """As PostgreSQL's own tools take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _copy(source: str, target: str) -> None:
    """What `aws s3 sync` does with studies/ and quarantine/."""
    options = {"client_options": {"allow_http": True}}
    here, there = (S3Store.from_url(url, **options) for url in (source, target))  # type: ignore[arg-type]
    for prefix in ("studies", "quarantine"):
        for page in obstore.list(here, prefix):
            for meta in page:
                obstore.put(there, meta["path"], obstore.get(here, meta["path"]).bytes())
