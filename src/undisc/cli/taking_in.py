"""`undisc import`: what came in, told so that nobody has to guess what happened to a file."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from undisc.app import App
from undisc.cli.failing import sentence_for
from undisc.cli.screen import AsJson, Bars, DataDir, err, opened, out, print_json, safe
from undisc.discs.sealed import PassphraseNeeded
from undisc.errors import SourceUnreadable
from undisc.intake.model import Item, Ledger, Outcome
from undisc.intake.policy import Verdict, judge

_EXIT = {"kept": 0, "partly": 1, "nothing": 2}
_MOST_NAMED = 20
_LONGEST_PASSPHRASE = 1000
_WORDS = {
    Outcome.STORED: "stored",
    Outcome.DUPLICATE: "here already",
    Outcome.QUARANTINED: "kept apart (quarantine)",
    Outcome.NOT_DICOM: "not medical images",
    Outcome.UNREADABLE: "could not be read",
}

Sources = Annotated[
    list[Path],
    typer.Argument(metavar="SOURCE…", help="A folder (a mounted disc or stick), an .iso, a .zip, a drive, or files."),
]


PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="A file with the passphrase of a sealed package. Default: it is asked for."),
]


def import_sources(
    context: typer.Context,
    sources: Sources,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Take in every image on a disc, exactly as it is, and account for every file.

    Exit 0: all images are kept. 1: something could not be kept, and is named. 2: there was no image to keep.
    """
    try:
        with opened(data_dir, context.obj) as app, Bars(quiet=as_json) as bars:
            ledger = app.intake.take_in(sources, bars, partial(_passphrase, passphrase_file))
            ledger = _with_patients(app, ledger)
    except SourceUnreadable as error:
        _fail(2, str(error), as_json)
    except KeyboardInterrupt:
        _fail(130, "Stopped. Nothing that was stored is lost; run the same command again to go on.", as_json)
    except Exception as error:
        _fail(1, sentence_for(error), as_json)
    verdict = judge(ledger)
    if as_json:
        print_json(_as_json(ledger, verdict))
    else:
        print_summary(ledger, verdict)
    raise typer.Exit(_EXIT[verdict.result])


def _passphrase(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text("utf-8", errors="replace")[:_LONGEST_PASSPHRASE]
        except OSError as error:
            raise SourceUnreadable("The file with the passphrase cannot be read.") from error
    if not sys.stdin.isatty():
        raise PassphraseNeeded(
            "This is a sealed package: it opens with its passphrase only. Give it with --passphrase-file."
        )
    return typer.prompt("Passphrase", err=True)


def _with_patients(app: App, ledger: Ledger) -> Ledger:
    """Say so where a source holds more than one patient's pictures: each is to be shared by itself."""
    whose = [app.archive.patient_of(app.archive.study_id(study)) for study in ledger.studies]
    count = len({(patient["id"], patient["name"]) for patient in whose})
    if count < 2:
        return ledger
    note = f"These are pictures of {count} patients. Give each patient a link of their own."
    return replace(ledger, notes=(*ledger.notes, note))


def _fail(code: int, sentence: str, as_json: bool) -> NoReturn:
    if as_json:
        print_json(_as_json(Ledger(()), None) | {"message": sentence})
    else:
        err.print(safe(sentence), style="bold", soft_wrap=True)
    raise typer.Exit(code)


def _as_json(ledger: Ledger, verdict: Verdict | None) -> dict[str, Any]:
    return {
        "files": ledger.files,
        **{outcome.value: count for outcome, count in ledger.counts.items()},
        "studies": list(ledger.studies),
        "items": [{"path": item.path, "outcome": item.outcome.value, "reason": item.reason} for item in ledger.items],
        "missing": [file.path for file in ledger.missing],
        "notes": list(ledger.notes),
        "message": verdict.sentence if verdict else "",
    }


def print_summary(ledger: Ledger, verdict: Verdict) -> None:
    out.print(safe(verdict.sentence), style="bold", soft_wrap=True)
    if ledger.went_on:
        out.print(f"This import went on where it was: {ledger.went_on} files were dealt with earlier.", soft_wrap=True)
    if ledger.files:
        from rich.table import Table  # loaded last: until now workers would have waited for it

        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(justify="right")
        table.add_column()
        for outcome, count in ledger.counts.items():
            if count or outcome is Outcome.STORED:
                table.add_row(str(count), _WORDS[outcome])
        table.add_row(str(ledger.files), "files in all", style="bold")
        out.print(table)
    _name("Could not be kept:", ledger.lost)
    _name("Kept, although damaged:", ledger.damaged)
    if ledger.missing:
        out.print("Listed in the disc's index, but not on it:", style="bold")
        for file in ledger.missing[:_MOST_NAMED]:
            out.print(f"  {safe(file.path)}", soft_wrap=True)
        _more(len(ledger.missing))
    for note in ledger.notes:
        out.print(f"Note: {safe(note)}", soft_wrap=True)
    for study in ledger.studies:
        out.print(f"Share it with: undisc share {study}", soft_wrap=True)


def _name(title: str, items: Sequence[Item]) -> None:
    if not items:
        return
    out.print(title, style="bold")
    for item in items[:_MOST_NAMED]:
        out.print(f"  {safe(item.path)}: {safe(item.reason)}", soft_wrap=True)
    _more(len(items))


def _more(count: int) -> None:
    if count > _MOST_NAMED:
        out.print(f"  … and {count - _MOST_NAMED} more; --json names them all.")
