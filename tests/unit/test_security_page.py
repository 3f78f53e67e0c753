"""Each test that the page on security names is there, and no line of the standard is told twice."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operate/security.md").read_text()


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"\b([a-z]+(?:/[a-z]+)*/test_\w+)::(test_\w+)", PAGE)
    assert len(named) > 80
    for file, test in named:
        path = ROOT / "tests" / f"{file}.py"
        assert path.is_file(), file
        assert re.search(rf"^def {test}\b", path.read_text(), re.MULTILINE), f"{file}::{test}"


def test_every_line_says_its_state_once() -> None:
    lines = re.findall(r"^\| (\d+\.\d+(?:\.\d+)?)\D.*?\| ([a-z ]+) \|", PAGE, re.MULTILINE)
    assert {state for _, state in lines} <= {"holds", "in part", "no", "operator"}
    assert len({line for line, _ in lines}) == len(lines)
