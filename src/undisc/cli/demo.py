"""`undisc demo`: the whole way from a disc to a link, on a disc of an invented patient."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from undisc.app import App, build
from undisc.cli import working
from undisc.cli.giving import print_link
from undisc.cli.screen import Bars, DataDir, out
from undisc.cli.serving import Host, Port, listen
from undisc.cli.taking_in import print_summary
from undisc.intake.policy import judge
from undisc.settings import Settings
from undisc.sharing.model import Contact

_PLACE = "Riverside Imaging"


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Start the server in the end.")] = True,
    data_dir: DataDir = None,
) -> None:
    """Make a disc of an invented patient, take it in, share it, and serve the link."""
    # Loaded here, since the other commands need neither the template of a head nor what draws it.
    from undisc.demo.disc import make_demo_disc

    data = data_dir or Path("undisc-demo")
    settings = Settings(data_dir=data, place_name=_PLACE, public_url=f"http://localhost:{port}")
    out.print("Making the disc of an invented patient: a head MRI, an earlier one, and the report…", soft_wrap=True)
    disc = make_demo_disc(data / "discs", now=_first_day(data / "discs"))
    app = build(settings)
    try:
        for folder in (disc.folder, disc.extras):
            out.print(f"\nundisc import {folder} --data-dir {data}", style="cyan", soft_wrap=True, markup=False)
            with Bars(quiet=False) as bars:
                ledger = app.intake.take_in([folder], bars)
            print_summary(ledger, judge(ledger))
        studies = [app.archive.study_id(uid) for uid in (disc.study_uid, disc.prior_uid)]
        made = app.sharing.create_link(studies, passcode="auto", expires=timedelta(days=settings.link_days))
        out.print(f"\nundisc share {disc.study_uid} {disc.prior_uid} --data-dir {data}", style="cyan", soft_wrap=True)
        print_link(made)
        _print_patients_own(app, studies)
        if serve:
            with working.beside(app, None):  # which sends messages: here, onto this console
                listen(app, host, port)
    finally:
        app.close()


def _print_patients_own(app: App, studies: list[int]) -> None:
    """What the patient themself is sent: it asks for a birth date and a code, and leads to pages of their own."""
    born = app.archive.patient_of(studies[0])["birth_date"]
    contact = Contact(email="elena@patients.example", birth_date=born, language="en", name="Elena Rivera")
    made = app.sharing.patient_link(studies, contact, "operator")
    out.print("\nWhat the patient herself is sent, to look and to share:", style="cyan", soft_wrap=True)
    out.print(f"Link:      {made.url}", soft_wrap=True)
    out.print(f"It asks:   her date of birth, {_spelled(born)}; then a code, which is printed here", soft_wrap=True)


def _spelled(day: str) -> str:
    return f"{date(int(day[:4]), int(day[4:6]), int(day[6:])):%d %B %Y}"


def _first_day(discs: Path) -> date:
    """The day on which the demo was first made here, so that running it again finds the same disc."""
    note = discs / "made-on.txt"
    if note.is_file():
        return date.fromisoformat(note.read_text().strip())
    today = date.today()  # noqa: DTZ011 - the day on the wall, as a department would burn it
    discs.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{today.isoformat()}\n")
    return today
