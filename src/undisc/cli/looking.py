"""`undisc studies` and `undisc show`: what is here."""

from typing import Annotated

import typer
from rich.table import Table

from undisc.cli.screen import AsJson, DataDir, opened, out, print_json, safe

StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="The study's UID, as `undisc studies` lists it.")]


def studies(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the studies that are here, newest first."""
    with opened(data_dir) as app:
        rows = app.archive.studies()
    if as_json:
        print_json(
            [
                {
                    "study_uid": row.study_uid,
                    "patient_name": row.patient_name,
                    "patient_id": row.patient_id,
                    "study_date": row.study_date,
                    "modalities": list(row.modalities),
                    "series": row.series,
                    "instances": row.instances,
                }
                for row in rows
            ]
        )
        return
    if not rows:
        out.print("Nothing is here yet. Take a disc in with: undisc import /media/cdrom", soft_wrap=True)
        return
    # Two lines a study, since a UID alone fills most of a terminal's width, and is what the other commands ask for.
    for row in rows:
        facts = (row.study_date, row.patient_name, row.patient_id, row.description, " ".join(row.modalities))
        counts = f"{row.series} series, {row.instances} {'image' if row.instances == 1 else 'images'}"
        out.print("  ".join([*(safe(fact) for fact in facts if fact), counts]), soft_wrap=True)
        out.print(f"    {row.study_uid}", soft_wrap=True)


def show(study: StudyArgument, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show one study: its patient, its series, and what is wrong with any of them."""
    with opened(data_dir) as app:
        study_id = app.archive.study_id(study)
        patient = app.archive.patient_of(study_id)
        series = app.archive.series_of(study_id)
        damaged = [
            (row.names.instance, " ".join(filter(None, (row.damage.replace("\n", " "), row.derive_note))))
            for entry in series
            for row in app.archive.instances_of(entry.id)
            if row.damage or (row.derive_note and row.derived == "failed")
        ]
    if as_json:
        print_json(
            {
                "study_uid": study,
                "patient": patient,
                "series": [
                    {
                        "series_uid": entry.series_uid,
                        "modality": entry.modality,
                        "number": entry.number,
                        "description": entry.description,
                        "instances": entry.instances,
                        "frames": entry.frames,
                        "bytes": entry.size,
                    }
                    for entry in series
                ],
                "damaged": [{"sop_uid": uid, "reason": reason} for uid, reason in damaged],
            }
        )
        return
    out.print(f"{safe(patient['name'])}  {safe(patient['id'])}  {safe(patient['birth_date'])}", style="bold")
    table = Table(box=None, pad_edge=False)
    for title in ("No.", "Kind", "Series", "Images", "MB"):
        table.add_column(title, justify="right" if title in ("No.", "Images", "MB") else "left")
    for entry in series:
        number = "" if entry.number is None else str(entry.number)
        size = f"{entry.size / 1e6:.1f}"
        table.add_row(number, safe(entry.modality), safe(entry.description), str(entry.instances), size)
    out.print(table)
    for uid, reason in damaged:
        out.print(f"{uid}: {safe(reason)}", soft_wrap=True)
