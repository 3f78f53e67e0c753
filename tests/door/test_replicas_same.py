"""What the tests of the DICOMweb door prove of one server holds for two replicas behind nginx, on one PostgreSQL and
one bucket. They know nothing of it: where they look into a folder, it is shown to them what lies in the bucket."""

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from tests.door import (
    test_dicomweb_access,
    test_dicomweb_query,
    test_dicomweb_retrieve,
    test_dicomweb_store,
)
from tests.door.dicomweb_door import DicomwebDoor, generated
from tests.door.replicas import Ground, ground, servers
from tests.door.running import TestClock, serving
from tests.door.storing import StoringDoor
from tests.factories.nginx import REPLICA, running_nginx

from undisc.app import App, build, build_web, open_reception
from undisc.intake.receiving import Reception
from undisc.settings import Settings


@dataclass
class Replicas:
    """Two applications in this process, each with its own connections, behind an nginx at `base`."""

    base: str
    apps: list[App]
    receptions: list[Reception]
    ground: Ground
    clock: TestClock
    answered: set[str] = field(default_factory=set)

    def client(self, bearer: str) -> httpx.Client:
        def note(answer: httpx.Response) -> None:
            self.answered.add(answer.headers[REPLICA])

        headers = {"Authorization": f"Bearer {bearer}"}
        return httpx.Client(base_url=self.base, headers=headers, timeout=60, event_hooks={"response": [note]})


@contextmanager
def _replicas(folder: Path, postgres: str, s3: str) -> Iterator[Replicas]:
    clock = TestClock()
    with ground(postgres, s3, folder / "audit.key") as shared, ExitStack() as closing:
        surroundings = closing.enter_context(pytest.MonkeyPatch.context())
        for name, value in shared.surroundings.items():
            if name.startswith("AWS_"):
                surroundings.setenv(name, value)
        given = {name.removeprefix("UNDISC_").lower(): value for name, value in shared.surroundings.items()}
        given |= {"public_url": "http://pictures.example"}
        apps, receptions, ports = [], [], []
        for name in ("a", "b"):
            app = build(Settings.model_validate(given | {"data_dir": folder / name}), clock)
            closing.callback(app.close)
            reception = open_reception(app)
            closing.callback(reception.close)
            base = closing.enter_context(serving(build_web(app, reception)))
            apps.append(app)
            receptions.append(reception)
            ports.append(int(base.rpartition(":")[2]))
        base = closing.enter_context(running_nginx(folder / "nginx", ports))
        yield Replicas(base, apps, receptions, shared, clock)


class BucketDoor(StoringDoor):
    """A StoringDoor whose pictures lie in a bucket."""

    ground: Ground

    def originals(self) -> list[Path]:
        self.ground.mirror(self.folder, "studies", "quarantine")
        return super().originals()

    def staged(self) -> list[Path]:
        waiting = [path for name in ("a", "b") for path in (self.folder / name / "scratch" / "incoming").rglob("*")]
        return [*waiting, *(Path(key) for key in self.ground.keys("incoming/"))]


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[str, str]]:
    with servers() as running:
        yield running


@pytest.fixture(scope="module")
def standing(behind: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    """One for all tests that change nothing."""
    with _reading(tmp_path_factory.mktemp("standing"), *behind, whole_module=True) as door:
        yield door


@contextmanager
def _reading(folder: Path, postgres: str, s3: str, *, whole_module: bool = False) -> Iterator[DicomwebDoor]:
    with _replicas(folder, postgres, s3) as both:
        (folder / "source").mkdir()
        for number, dataset in enumerate(generated(), 1):
            dataset.save_as(folder / "source" / f"IM{number:04d}", enforce_file_format=True)
        first = both.apps[0]
        assert not first.intake.take_in([folder / "source"]).lost
        both.ground.mirror(first.settings.data_dir, "studies", "derived")
        secret = first.accounts.create_token("pacs", ["read"]).secret
        with both.client(secret) as client:
            door = DicomwebDoor(both.base, first, build_web(first), both.clock, client)
            yield door
            for other in door.others:
                other.close()
        if whole_module:
            assert len(both.answered) == 2, "one of the replicas was never asked"


@pytest.fixture
def door(request: pytest.FixtureRequest, behind: tuple[str, str], tmp_path: Path) -> Iterator[Any]:
    """The door that a test expects, by the module that it is from."""
    module = inspect.getmodule(request.function)
    if module in (test_dicomweb_query, test_dicomweb_retrieve):
        yield request.getfixturevalue("standing")
    elif module is test_dicomweb_access:
        with _reading(tmp_path, *behind) as reading:
            yield reading
    else:
        with _replicas(tmp_path, *behind) as both:
            first = both.apps[0]
            secret = first.accounts.create_token("pacs", ["read", "write", "delete"]).secret
            with both.client(secret) as client:
                storing = BucketDoor(both.base, first, both.receptions[0], both.clock, client, tmp_path)
                storing.ground = both.ground
                yield storing


_LEFT_OUT = {
    # Calls a command that is told of a folder alone; test_replicas.py has the same for replicas.
    "test_a_token_in_use_is_refused_with_the_next_request_once_another_process_revokes_it",
    # Takes minutes by way of a bucket, and shows nothing of replicas that the others do not.
    "test_every_file_that_can_be_kept_is_stored_with_the_same_data_set",
}


def _tests_of(module: ModuleType) -> dict[str, Any]:
    """Those that knock at a door that is given to them; the others open one of their own."""
    found = {name: test for name, test in vars(module).items() if name.startswith("test_") and inspect.isfunction(test)}
    knocking = {name: test for name, test in found.items() if "door" in inspect.signature(test).parameters}
    return {name: test for name, test in knocking.items() if name not in _LEFT_OUT}


for _module in (test_dicomweb_access, test_dicomweb_query, test_dicomweb_retrieve, test_dicomweb_store):
    globals().update(_tests_of(_module))
