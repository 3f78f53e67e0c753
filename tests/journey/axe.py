"""What axe-core finds wrong with a page for those who do not see it, or not as others do."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "viewer/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

needs_axe = pytest.mark.skipif(not _AXE.exists(), reason="axe-core is not installed (npm ci in viewer)")


def axe(page: Page) -> list[dict[str, Any]]:
    """What axe finds, each with the elements it means."""
    page.evaluate(_AXE.read_text())
    found = page.evaluate(
        """async (rules) => {
          const { violations } = await axe.run(document, { runOnly: { type: "tag", values: rules } });
          return violations.map(({ id, nodes }) => ({
            id, where: nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`),
          }));
        }""",
        _RULES,
    )
    return list(found)


def finds_nothing(page: Page) -> None:
    found = axe(page)
    assert found == [], json.dumps(found, ensure_ascii=False, indent=1)
