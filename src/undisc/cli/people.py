"""`undisc people`: who may sign in, seen and helped from the server's own command line."""

from typing import Annotated

import typer
from rich.table import Table

from undisc.accounts.people.keeping import Listed
from undisc.accounts.people.model import WORKERS, NewInvitation, Role
from undisc.accounts.people.service import PeopleRefused
from undisc.app import App, build_entrance
from undisc.cli.giving import lifetime
from undisc.cli.screen import AsJson, DataDir, err, opened, out, print_json, safe

people = typer.Typer(
    no_args_is_help=True, help="People who sign in: staff, clinicians, privacy officers, administrators."
)

_ROLES = ", ".join(sorted(WORKERS))
Person = Annotated[int, typer.Argument(metavar="NUMBER", help="The number that `undisc people list` shows.")]


@people.command("list")
def list_people(
    everybody: Annotated[bool, typer.Option("--all", help="Patients and relatives, too.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List who works here, what they may do, and by what they sign in."""
    with opened(data_dir) as app:
        found = [each for each in build_entrance(app).keeping.everybody() if everybody or each.person.roles & WORKERS]
    if as_json:
        print_json([_told(each) for each in found])
        return
    if not found:
        out.print("Nobody signs in here yet. Let the first one in with: undisc people admin-link", soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Number", "Name", "E-mail", "Roles", "Signs in by", "Last here", "State"):
        table.add_column(title)
    for each in found:
        table.add_row(
            str(each.person.id),
            safe(each.person.name),
            safe(each.person.email),
            ", ".join(sorted(each.person.roles)),
            ", ".join(sorted(each.ways)),
            f"{each.seen_at.astimezone():%Y-%m-%d %H:%M}" if each.seen_at else "never",
            "closed" if each.closed_at else "open",
        )
    out.print(table)


@people.command()
def invite(
    email: Annotated[str, typer.Argument(help="The e-mail address of who is invited.")],
    role: Annotated[str, typer.Option(help=f"What they do here, with commas between: {_ROLES}.")],
    name: Annotated[str, typer.Option(help="Their name, as others read it.")] = "",
    expires: Annotated[str, typer.Option(help="How long it opens: 45m, 12h, 7d or 2w.")] = "7d",
    send: Annotated[bool, typer.Option("--send", help="Send it by e-mail, too.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Invite somebody: prints the address that lets them in once."""
    roles, life = _roles(role), lifetime(expires)
    with opened(data_dir) as app:
        entrance = build_entrance(app)
        made = app.trail.run(
            lambda work: app.people.invite(work, "operator", name=name, email=email, roles=roles, lifetime=life)
        )
        if send:
            app.trail.run(lambda work: entrance.letters.send_invitation(work, made, email))
        address = entrance.letters.address_of(made)
    _show(address, made, as_json)


@people.command("admin-link")
def admin_link(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Print an address that makes one more administrator, once, within a day: for when everybody is locked out."""
    with opened(data_dir) as app:
        entrance = build_entrance(app)
        made = entrance.inviting.administrator_link()
        address = entrance.letters.address_of(made)
    _show(address, made, as_json)


@people.command()
def close(number: Person, data_dir: DataDir = None) -> None:
    """Close an account: nobody signs in to it any more, and whoever is signed in is out at once."""
    with opened(data_dir) as app:
        build_entrance(app).keeping.close("operator", number)
    out.print("The account is closed.", style="bold")


@people.command()
def reopen(number: Person, data_dir: DataDir = None) -> None:
    """Open an account again that was closed."""
    with opened(data_dir) as app:
        opened_again = build_entrance(app).keeping.reopen("operator", number)
    out.print("The account is open again." if opened_again else "There is no closed account of that number.")


@people.command()
def sessions(
    number: Person,
    end: Annotated[bool, typer.Option("--end", help="End them all.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List where somebody is signed in, or sign them out everywhere."""
    with opened(data_dir) as app:
        if end:
            ended = app.trail.run(lambda work: app.people.end_all(work, number, "operator"))
            out.print(f"Ended: {ended}.", style="bold")
            return
        found = app.people.sessions_of(number)
    if as_json:
        print_json(
            [
                {
                    "session": each.id,
                    "by": str(each.method),
                    "begun": each.begun_at.isoformat(timespec="seconds"),
                    "last_used": each.seen_at.isoformat(timespec="seconds"),
                    "address": each.address,
                    "browser": each.agent,
                }
                for each in found
            ]
        )
        return
    if not found:
        out.print("That person is signed in nowhere.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Begun", "By", "Last used", "Address", "Browser"):
        table.add_column(title)
    for each in found:
        begun, used = (f"{moment.astimezone():%Y-%m-%d %H:%M}" for moment in (each.begun_at, each.seen_at))
        table.add_row(begun, str(each.method), used, each.address, safe(each.agent[:60]))
    out.print(table)


def offer_first_administrator(app: App) -> None:
    """While nobody looks after the place: how the first administrator gets in, on the server's own console alone."""
    entrance = build_entrance(app)
    made = entrance.inviting.first_administrator()
    if made is not None:
        err.print("Nobody administers this place yet. Whoever opens this address within a day does:", soft_wrap=True)
        err.print(entrance.letters.address_of(made), style="bold", soft_wrap=True, markup=False)


def _show(address: str, made: NewInvitation, as_json: bool) -> None:
    if as_json:
        print_json({"url": address, "expires": made.expires_at.isoformat(timespec="seconds"), "invitation": made.id})
        return
    out.print(address, markup=False, soft_wrap=True, style="bold")
    out.print(f"It opens once, until {made.expires_at.astimezone():%Y-%m-%d %H:%M}, and is shown this one time.")


def _roles(text: str) -> frozenset[Role]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if not words or any(word not in WORKERS for word in words):
        raise PeopleRefused(f"Roles are: {_ROLES}.")
    return frozenset(Role(word) for word in words)


def _told(each: Listed) -> dict[str, object]:
    return {
        "number": each.person.id,
        "name": each.person.name,
        "email": each.person.email,
        "roles": sorted(each.person.roles),
        "ways": sorted(each.ways),
        "last_here": each.seen_at.isoformat(timespec="seconds") if each.seen_at else None,
        "closed": each.closed_at.isoformat(timespec="seconds") if each.closed_at else None,
    }
