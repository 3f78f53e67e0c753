"""schemathesis asks what the door's description allows, and what it does not; the answers are those described."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door

pytestmark = pytest.mark.peers


@schemathesis.serializer("multipart/related", "application/dicom")
def as_it_is(_context: Any, value: Any) -> Any:
    """Bodies of files are sent as the bytes that were made up for them."""
    return value if isinstance(value, bytes) else bytes(str(value), "utf-8", "replace")


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 20


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path_factory.mktemp("openapi")) as running:
        yield running


def test_every_described_operation_answers_as_described(door: DicomwebDoor) -> None:
    schema = schemathesis.openapi.from_dict(door.get("openapi.json").json())
    schema.config.update(base_url=f"{door.base}/dicom-web")
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) >= 20
    for operation in operations:
        if operation.method == "post":  # its bodies are DICOM files, which no schema generates; other tests send them
            continue
        try_out(operation, {"Authorization": door.client.headers["Authorization"]})


def try_out(operation: Any, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    ask()
