"""Pictures of pages for docs/user: small, and kept only where somebody asked for them."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

_FOLDER = Path(__file__).parents[2] / "docs" / "user" / "pictures"
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}
_WIDTHS = {"phone": 390, "tablet": 600, "desktop": 1100}
_MOST_BYTES = 60_000

only_when_asked = pytest.mark.skipif(
    not os.environ.get("UNDISC_DOCS_PICTURES"), reason="UNDISC_DOCS_PICTURES is not set"
)


def keep_picture(page: Page, name: str, size: str) -> None:
    """Keeps the page as it is, as a WebP of a size that a page of documentation bears."""
    page.mouse.move(2, 2)
    page.wait_for_timeout(400)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    width = _WIDTHS[size]
    made = shot.resize((width, round(shot.height * width / shot.width)), Image.Resampling.LANCZOS)
    _FOLDER.mkdir(exist_ok=True)
    for quality in (80, 70, 60, 50, 40):
        out = io.BytesIO()
        made.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= _MOST_BYTES:
            break
    (_FOLDER / f"{name}.webp").write_bytes(out.getvalue())
