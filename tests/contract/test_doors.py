"""What the tests of the web door prove of one process on SQLite holds for two replicas on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.contract.replicas import replicated_door
from tests.door import test_guessed_steps, test_link_opening, test_link_pictures, test_link_steps
from tests.door.running import Door
from tests.factories.servers import fresh_database


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


@pytest.fixture(scope="module")
def standing_door(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with fresh_database(postgres) as url, replicated_door(tmp_path_factory.mktemp("standing"), url) as running:
        yield running


@pytest.fixture
def door(postgres_url: str, tmp_path: Path, logged: list[Any]) -> Iterator[Door]:
    with replicated_door(tmp_path, postgres_url) as running:
        yield running


for _module in (test_guessed_steps, test_link_opening, test_link_pictures, test_link_steps):
    globals().update({name: found for name, found in vars(_module).items() if name.startswith("test_")})
