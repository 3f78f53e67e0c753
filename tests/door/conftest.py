"""What the tests of the doors share: a door of two patients' pictures, and everything that is logged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.door.running import Door, running_door


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """Every structured line that is logged while the test runs."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture(scope="module")
def standing_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One door for all tests of a module that change nothing behind it."""
    with running_door(tmp_path_factory.mktemp("standing")) as running:
        yield running


@pytest.fixture
def door(tmp_path: Path, logged: list[Any]) -> Iterator[Door]:
    with running_door(tmp_path) as running:
        yield running
