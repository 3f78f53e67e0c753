"""`undisc correct`, `undisc uncorrect`, `undisc corrections`: putting right what a study's headers say wrong."""

from typing import Annotated

import typer
from rich.table import Table

from undisc.archive.model import Correction
from undisc.cli.looking import StudyArgument
from undisc.cli.screen import AsJson, DataDir, err, opened, out, print_json, safe
from undisc.errors import CorrectionRefused

_OPERATOR = "operator"
_WHOSE = frozenset({"PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate"})


def _option(what: str) -> typer.models.OptionInfo:
    return typer.Option(help=f"{what} that is right; '' for none.", show_default=False)


def correct(
    study: StudyArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record; without names of patients.")],
    patient_name: Annotated[str | None, _option("Name, as FAMILY^GIVEN,")] = None,
    patient_id: Annotated[str | None, _option("Patient's number")] = None,
    issuer: Annotated[str | None, _option("Who gave that number,")] = None,
    birth_date: Annotated[str | None, _option("Birth date, as 19700131,")] = None,
    sex: Annotated[str | None, _option("Sex (M, F, O)")] = None,
    accession: Annotated[str | None, _option("Accession number")] = None,
    description: Annotated[str | None, _option("Study's description")] = None,
    data_dir: DataDir = None,
) -> None:
    """Put a study's headers right in all that leaves, with what they said before as Original Attributes. The originals
    stay as they came: `undisc uncorrect` undoes it."""
    given = {
        "PatientName": patient_name,
        "PatientID": patient_id,
        "IssuerOfPatientID": issuer,
        "PatientBirthDate": birth_date,
        "PatientSex": sex,
        "AccessionNumber": accession,
        "StudyDescription": description,
    }
    values = {keyword: text for keyword, text in given.items() if text is not None}
    if not values:
        raise typer.BadParameter("Say what is right: --patient-name, --patient-id, --birth-date, and so on.")
    with opened(data_dir) as app:
        number = app.archive.study_id(study)
        try:
            made = app.archive.corrections.correct(number, values, reason=reason, by=_OPERATOR)
        except CorrectionRefused as refusal:
            err.print(str(refusal), style="red", soft_wrap=True)
            raise typer.Exit(1) from refusal
        app.archive.derive_pending()
        given_out = [each for each in app.sharing.links() if each.state == "open" and number in each.link.studies]
    if given_out and _WHOSE & values.keys():
        told = "Links that were given before still open it. If it is another person's, stop them:"
        stops = " ".join(f"undisc unshare {each.link.id};" for each in given_out)
        err.print(told, stops, style="yellow", soft_wrap=True)
    out.print(f"Corrected. Undo it with: undisc uncorrect {made.id}", style="bold", soft_wrap=True)


def uncorrect(
    number: Annotated[int, typer.Argument(help="The correction's number, as `undisc corrections` lists it.")],
    data_dir: DataDir = None,
) -> None:
    """Undo a correction: what leaves says again what it said without it."""
    with opened(data_dir) as app:
        try:
            app.archive.corrections.undo(number, by=_OPERATOR)
        except CorrectionRefused as refusal:
            err.print(str(refusal), style="red", soft_wrap=True)
            raise typer.Exit(1) from refusal
        app.archive.derive_pending()
    out.print("Undone.", style="bold")


def corrections(study: StudyArgument, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List what was corrected of a study, and what was undone."""
    with opened(data_dir) as app:
        found = app.archive.corrections.of_study(app.archive.study_id(study))
    if as_json:
        print_json([_told(each) for each in found])
        return
    if not found:
        out.print("Nothing of this study was corrected.", style="bold")
        return
    table = Table("No.", "What", "Before", "Now", "Why", "When")
    for each in found:
        when = f"{each.made_at:%Y-%m-%d %H:%M}" + (", undone" if each.undone_at else "")
        for keyword, text in each.values.items():
            row = (str(each.id), keyword, each.before.get(keyword, ""), text, each.reason, when)
            table.add_row(*(safe(cell) for cell in row))
    out.print(table)


def _told(each: Correction) -> dict[str, object]:
    return {
        "number": each.id,
        "values": dict(each.values),
        "before": dict(each.before),
        "reason": each.reason,
        "by": each.made_by,
        "at": each.made_at.isoformat(timespec="seconds"),
        "undone": each.undone_at.isoformat(timespec="seconds") if each.undone_at else None,
    }
