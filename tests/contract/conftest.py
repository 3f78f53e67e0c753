"""Everything a contract is tested on: the small (SQLite, a folder) and the large (PostgreSQL, a bucket)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.contract.job_replicas import Replica
from tests.factories.clocks import FixedClock
from tests.factories.servers import KEYS, fresh_database, make_bucket, running_postgres, running_s3

from undisc.settings import Settings


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with running_s3() as endpoint:
        yield endpoint


@pytest.fixture
def bucket_url(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of its own, with the surroundings that a process needs to reach it."""
    for name, value in (*KEYS.items(), ("AWS_ENDPOINT_URL", s3)):
        monkeypatch.setenv(name, value)
    return f"s3://{make_bucket(s3)}/some/prefix"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    with fresh_database(postgres) as url:
        yield url


@dataclass(frozen=True)
class Place:
    """Where an archive is: what a process is told of it by its surroundings."""

    kind: str
    data_dir: Path
    database_url: str | None
    storage_url: str | None

    def settings(self, replica: str = "a") -> Settings:
        """Of one replica. Replicas of the large kind share nothing on their disks but the audit key."""
        return Settings.model_validate(
            {name.removeprefix("UNDISC_").lower(): value for name, value in self.surroundings(replica).items()}
        )

    def surroundings(self, replica: str = "a") -> dict[str, str]:
        if self.database_url is None or self.storage_url is None:
            return {"UNDISC_DATA_DIR": str(self.data_dir), "UNDISC_WORKERS": "1"}
        return {
            "UNDISC_DATA_DIR": str(self.data_dir / replica),
            "UNDISC_WORKERS": "1",
            "UNDISC_DATABASE_URL": self.database_url,
            "UNDISC_STORAGE_URL": self.storage_url,
            "UNDISC_AUDIT_KEY_FILE": str(self.data_dir / "audit.key"),
        }


@pytest.fixture(params=["sqlite+folder", "postgres+s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite+folder":
        return Place(request.param, tmp_path / "data", None, None)
    urls = request.getfixturevalue("postgres_url"), request.getfixturevalue("bucket_url")
    return Place(request.param, tmp_path / "data", *urls)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """None is SQLite, in a folder."""
    return request.getfixturevalue("postgres_url") if request.param == "postgres" else None


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC))  # other processes have the machine's clock


@pytest.fixture
def replicas(database_url: str | None, tmp_path: Path, clock: FixedClock) -> Iterator[Callable[[], Replica]]:
    """Makes processes' views of the line of jobs, all on one database."""
    made: list[Replica] = []

    def make() -> Replica:
        made.append(Replica(database_url, tmp_path, clock))
        return made[-1]

    yield make
    for each in made:
        each.database.close()


@pytest.fixture
def here(replicas: Callable[[], Replica]) -> Replica:
    return replicas()


@pytest.fixture
def there(replicas: Callable[[], Replica]) -> Replica:
    return replicas()
