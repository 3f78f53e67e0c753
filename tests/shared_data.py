"""Where the real imaging data for tests lie, when this checkout has them beside it."""

import csv
import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
_GIVEN = os.environ.get("UNDISC_TEST_DATA")
_FOLDER = Path(_GIVEN) if _GIVEN else _BESIDE

SHARED: Path | None = _FOLDER if (_FOLDER / "MANIFEST.csv").is_file() else None

needs_shared = pytest.mark.skipif(
    SHARED is None, reason="the real imaging data (shared/data) are not beside this checkout"
)


def manifest() -> list[dict[str, str]]:
    """The rows that describe each shared file; empty where the data are absent."""
    if SHARED is None:
        return []
    with (SHARED / "MANIFEST.csv").open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


def shared_files() -> list[Path]:
    return [SHARED / row["path"] for row in manifest()] if SHARED else []
