"""Proves that the pages for users show pictures that are there, described, and small."""

import re
from pathlib import Path

_PAGES = Path(__file__).parents[2] / "docs" / "user"
_SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_MOST_EACH, _MOST = 60_000, 1_500_000


def test_every_picture_is_there_is_shown_and_is_described() -> None:
    shown: set[Path] = set()
    for page in _PAGES.glob("*.md"):
        for words, address in _SHOWN.findall(page.read_text("utf-8")):
            assert len(words) > 8, f"{page.name}: say what is on {address}"
            shown.add((_PAGES / address).resolve())
    assert shown == set(_PAGES.joinpath("pictures").iterdir())


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in _PAGES.joinpath("pictures").iterdir()}
    assert {name: size for name, size in sizes.items() if size > _MOST_EACH} == {}
    assert sum(sizes.values()) < _MOST
