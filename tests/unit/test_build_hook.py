"""The build hook puts the pages into the package, and says plainly when it cannot."""

import os
from pathlib import Path

import pytest
from hatch_build import (
    BUILT,
    BUILT_FOR_DISCS,
    BUILT_FOR_PAGES,
    NPM_MISSING,
    PagesHook,
    PagesNotBuilt,
    build_pages,
    is_built,
)


class FakeApp:
    """Stands in for hatch's own console: keeps what it would say before it stops."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def abort(self, message: str = "", code: int = 1) -> None:
        self.said.append(message)
        raise SystemExit(code)


def hook_in(root: Path, app: FakeApp) -> PagesHook:
    return PagesHook(str(root), {}, None, None, str(root / "dist"), "wheel", app)  # type: ignore[arg-type]


def lay_built_pages(root: Path) -> None:
    manifest = root / BUILT / ".vite" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    scripts = root / BUILT_FOR_PAGES / ".vite" / "manifest.json"
    scripts.parent.mkdir(parents=True)
    scripts.write_text("{}")
    page = root / BUILT_FOR_DISCS / "INDEX.HTM"
    page.parent.mkdir(parents=True)
    page.write_text("")


def lay_npm(folder: Path, script: str) -> str:
    """A program named npm that does what the script says."""
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
    return str(npm)


def lay_sources(root: Path) -> None:
    (root / "viewer").mkdir()
    (root / "viewer" / "package.json").write_text("{}")


def test_clone_without_npm_fails_with_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_sources(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    app = FakeApp()
    with pytest.raises(SystemExit):
        hook_in(tmp_path, app).initialize("standard", {})
    assert app.said == [NPM_MISSING]


def test_unpacked_sdist_needs_no_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_built_pages(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    app = FakeApp()
    hook_in(tmp_path, app).initialize("standard", {})
    assert app.said == []


def test_editable_install_builds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_sources(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    app = FakeApp()
    hook_in(tmp_path, app).initialize("editable", {})
    assert app.said == []
    assert not is_built(tmp_path)


def test_clone_is_built_by_npm_ci_then_the_build_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_sources(tmp_path)
    manifest = tmp_path / BUILT / ".vite" / "manifest.json"
    scripts = tmp_path / BUILT_FOR_PAGES / ".vite" / "manifest.json"
    disc = tmp_path / BUILT_FOR_DISCS
    npm = lay_npm(
        tmp_path / "bin",
        f'echo "$1" >> "{tmp_path}/calls"\n[ "$1" = run ] || exit 0\n'
        f'mkdir -p "{manifest.parent}" "{scripts.parent}" "{disc}" && echo "{{}}" > "{manifest}" '
        f'&& echo "{{}}" > "{scripts}" && echo > "{disc}/INDEX.HTM"',
    )
    monkeypatch.setenv("PATH", f"{Path(npm).parent}{os.pathsep}{os.environ['PATH']}")
    hook_in(tmp_path, FakeApp()).initialize("standard", {})
    assert (tmp_path / "calls").read_text().split() == ["ci", "run"]
    assert is_built(tmp_path)


def test_failing_npm_stops_the_build(tmp_path: Path) -> None:
    lay_sources(tmp_path)
    with pytest.raises(PagesNotBuilt, match="npm ci"):
        build_pages(tmp_path, lay_npm(tmp_path / "bin", "exit 3"))


def test_npm_that_leaves_nothing_behind_is_no_success(tmp_path: Path) -> None:
    lay_sources(tmp_path)
    with pytest.raises(PagesNotBuilt, match="left nothing"):
        build_pages(tmp_path, lay_npm(tmp_path / "bin", "exit 0"))


def test_incomplete_clone_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PagesNotBuilt, match="viewer/"):
        build_pages(tmp_path, lay_npm(tmp_path / "bin", "exit 0"))
