"""One demonstration disc for all tests that only look at it."""

from datetime import date

import pytest

from undisc.demo import DemoDisc, make_demo_disc

NOW = date(2026, 3, 1)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoDisc:
    return make_demo_disc(tmp_path_factory.mktemp("demo"), now=NOW)
