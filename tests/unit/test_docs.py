"""The pages tell the truth: what they name is there, and what is there is named."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from undisc.cli.main import app

_ROOT = Path(__file__).resolve().parents[2]
_DOCS = _ROOT / "docs"
_TOUR = _DOCS / "tour.md"
_PAGES = sorted([*_ROOT.glob("*.md"), *_DOCS.rglob("*.md")])
_RECORDS = sorted((_DOCS / "adr").glob("[0-9]*.md"))
_SECTIONS = ["## Context", "## Decision", "## Consequences"]

_page = pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())


def _tree() -> dict[str, str]:
    """The annotated tree: paths from the repository's root ("/" behind folders), each with its note."""
    block = re.search(r"```text\n(.*?)```", _TOUR.read_text(), re.DOTALL)
    assert block is not None
    found: dict[str, str] = {}
    folders: list[str] = []
    for line in block[1].splitlines():
        name, _, note = line.strip().partition(" ")
        depth = (len(line) - len(line.lstrip())) // 2
        path = "".join(folders[:depth]) + name
        assert path not in found, f"{path} is named twice"
        found[path] = note.strip()
        if name.endswith("/"):
            folders[depth:] = [name]
    return found


def _modules() -> Iterator[str]:
    for path in (_ROOT / "src" / "undisc").rglob("*.py"):
        if path.name != "__init__.py":
            yield path.relative_to(_ROOT).as_posix()
        elif path.parent.name != "undisc":
            yield f"{path.parent.relative_to(_ROOT).as_posix()}/"
    for pattern in ("*.ts", "*.tsx"):
        for path in (_ROOT / "viewer" / "src").rglob(pattern):
            yield path.relative_to(_ROOT).as_posix()


def test_all_that_the_tour_names_is_there() -> None:
    for path in _tree():
        there = _ROOT / path
        assert there.is_dir() if path.endswith("/") else there.is_file(), f"docs/tour.md names {path}, which is gone"


def test_every_module_is_in_the_tour_with_what_it_is_for() -> None:
    tree = _tree()
    missing = sorted(set(_modules()) - set(tree))
    assert missing == [], "say in docs/tour.md what these are for"
    unsaid = [path for path, note in tree.items() if not (note or path.endswith("/"))]
    assert unsaid == []


@_page
def test_files_and_methods_that_a_page_names_are_there(page: Path) -> None:
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    sources = [path for folder in ("src", "viewer/src", "tests", "benchmarks") for path in _files(_ROOT / folder)]
    for span in spans:
        if file := re.fullmatch(r"([\w./-]+\.(?:py|tsx?))(?:: (\w+))?", span):
            found = [path for path in [*sources, *_ROOT.glob("*.py")] if f"/{path.as_posix()}".endswith(f"/{file[1]}")]
            assert found, f"{page.name} names {file[1]}"
            assert not file[2] or any(re.search(rf"\b{file[2]}\b", path.read_text()) for path in found), span
        elif method := re.fullmatch(r"([A-Z]\w+)\.(\w+)", span):
            texts = [path.read_text() for path in sources if path.suffix == ".py"]
            owners = [text for text in texts if re.search(rf"^class {method[1]}\b", text, re.MULTILINE)]
            assert any(re.search(rf"def {method[2]}\b|self\.{method[2]}\b", text) for text in owners), span


def _files(folder: Path) -> Iterator[Path]:
    for suffix in ("*.py", "*.ts", "*.tsx"):
        yield from folder.rglob(suffix)


@_page
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not re.match(r"[a-z]+:|#", target):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page.name} links to {target}"


@_page
def test_a_page_names_no_place_on_somebodys_machine(page: Path) -> None:
    found = re.findall(r"(?<![\w.])/(?:work|opt|tmp|root|home|Users)/\S*", page.read_text())
    assert found == []


@_page
def test_commands_that_a_page_gives_exist_with_their_options(page: Path) -> None:
    text = page.read_text()
    program = typer.main.get_command(app)
    given = re.findall(r"(?:^|`|bin/)undisc ((?:--?)?[a-z][\w-]*)([^`#\n]*)", text, re.MULTILINE)
    for name, rest in given:
        command = getattr(program, "commands", {}).get(name)
        if name.startswith("-"):
            assert name in _options(program), f"{page.name} gives `undisc {name}`"
            continue
        assert command is not None, f"{page.name} gives `undisc {name}`"
        inner = getattr(command, "commands", None)
        if inner is not None:
            command = inner[rest.split()[0]]
        for option in re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", rest):
            assert option in _options(command), f"{page.name} gives `undisc {name} {option}`"


def _options(command: object) -> set[str]:
    """Every way to spell an option of a command, "--help" included."""
    params = getattr(command, "params", [])
    spelt = {spelling for param in params for spelling in (*param.opts, *param.secondary_opts)}
    return spelt | {"--help"}


def test_the_readme_lists_every_command() -> None:
    text = (_ROOT / "README.md").read_text()
    listed = set()
    for cell in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE):
        listed.update(span.split()[0] for span in re.findall(r"`([^`]+)`", cell))
    assert listed == set(getattr(typer.main.get_command(app), "commands", {}))


@_page
def test_what_a_page_makes_can_be_made(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z][a-z-]*)(?:`|\s|$)", page.read_text(), re.MULTILINE)
    assert set(named) <= targets


def test_every_decision_is_listed_under_its_own_title() -> None:
    listed = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", (_DOCS / "adr" / "README.md").read_text(), re.MULTILINE)
    titles = [(path.read_text().partition("\n")[0], path.name) for path in _RECORDS]
    assert [(f"# {number}. {title}", name) for number, title, name in listed] == titles
    assert [int(number) for number, _, _ in listed] == list(range(1, len(_RECORDS) + 1))


@pytest.mark.parametrize("record", _RECORDS, ids=lambda record: record.stem)
def test_a_decision_says_when_why_what_and_what_follows(record: Path) -> None:
    text = record.read_text()
    assert re.search(r"^20\d\d-\d\d-\d\d, (accepted|replaced by \d+)$", text, re.MULTILINE)
    assert re.findall(r"^## .*$", text, re.MULTILINE) == _SECTIONS
    assert all(section.strip() for section in re.split(r"^## .*$", text, flags=re.MULTILINE))
