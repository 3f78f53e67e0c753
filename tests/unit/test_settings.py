"""Every setting is documented, with the default that it has."""

from pathlib import Path

import pytest

from undisc.settings import Settings

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "operate" / "settings.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_on_the_page_with_its_default_and_meaning(name: str) -> None:
    field = Settings.model_fields[name]
    default = "" if field.default is None else f"`{field.default}`"
    assert f"| `UNDISC_{name.upper()}` | {default} | {field.description} |" in _PAGE.read_text()


def test_the_page_names_no_setting_that_is_gone() -> None:
    rows = [line for line in _PAGE.read_text().splitlines() if line.startswith("| `UNDISC_")]
    assert len(rows) == len(Settings.model_fields)
