"""A medium that one replica made is fetched from another, from a folder as from a bucket, and is gone when removed."""

import io
import zipfile
from pathlib import Path

from tests.contract.conftest import Place
from tests.factories.discs import make_disc

from undisc.app import build, build_ordering
from undisc.export.media import Medium
from undisc.export.order_model import Wish
from undisc.jobs.model import Done


def test_what_one_replica_made_another_gives(place: Place, tmp_path: Path) -> None:
    make_disc(tmp_path / "disc", series=1, slices=2, rows=32, columns=32)
    one, other = build(place.settings("a")), build(place.settings("b"))
    try:
        one.intake.take_in([tmp_path / "disc"])
        study = one.archive.studies()[0].id
        made = build_ordering(one).order(Wish((study,), Medium.ZIP), "person:1").medium.id
        assert isinstance(build_ordering(one).carry_out(made, lambda: None), Done)
        found = build_ordering(other).fetch(made, "person:1")
        assert found is not None
        with found.stream:
            found.stream.seek(found.length - 22)
            assert found.stream.read(4) == b"PK\x05\x06"  # the ZIP's end, fetched by itself
            found.stream.seek(0)
            with zipfile.ZipFile(io.BytesIO(found.stream.read())) as archive:
                assert archive.testzip() is None
        build_ordering(other).remove(made)
        assert build_ordering(one).fetch(made, "person:1") is None
    finally:
        other.close()
        one.close()
