"""The program as a user starts it: a process of its own, its exit code, and what it says."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IMPORT_KEYS = {
    "files",
    "stored",
    "duplicate",
    "quarantined",
    "not_dicom",
    "unreadable",
    "studies",
    "items",
    "missing",
    "notes",
    "message",
}
OUTCOMES = ("stored", "duplicate", "quarantined", "not_dicom", "unreadable")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON value that it must be."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        return self.out + self.err


def undisc(*arguments: object, data: Path | None = None, cwd: Path | None = None, **settings: str) -> Ran:
    """Run the program to its end. Whatever it was asked, it neither shows a traceback nor steers the terminal."""
    given = [os.fspath(each) if isinstance(each, Path) else str(each) for each in arguments]
    folder = ["--data-dir", str(data)] if data else []
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UNDISC_")}
    process = subprocess.run(
        [sys.executable, "-m", "undisc", *given, *folder],
        capture_output=True,
        cwd=cwd,
        env=clean | {"UNDISC_WORKERS": "1", "COLUMNS": "80"} | settings,
        timeout=120,
    )
    ran = Ran(process.returncode, process.stdout.decode(), process.stderr.decode())
    assert "Traceback" not in ran.said
    assert "\x1b" not in ran.said
    return ran


def take_in(source: Path, data: Path) -> dict[str, Any]:
    """Import with --json; checks that the account is an account whatever came of it."""
    ran = undisc("import", source, "--json", data=data)
    account = ran.json
    check_account(account)
    assert account["message"]
    assert ran.err == ""
    return account | {"code": ran.code}


def check_account(account: dict[str, Any]) -> None:
    """The keys are those promised, each file ends in one way, and the sums add up."""
    assert set(account) == IMPORT_KEYS
    assert all(set(item) == {"path", "outcome", "reason"} for item in account["items"])
    assert account["files"] == len(account["items"]) == sum(account[outcome] for outcome in OUTCOMES)
    for outcome in OUTCOMES:
        assert account[outcome] == sum(item["outcome"] == outcome for item in account["items"])
    assert all(item["reason"] for item in account["items"] if item["outcome"] != "stored")


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
