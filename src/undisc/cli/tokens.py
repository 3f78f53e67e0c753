"""`undisc token`: letting other systems in by DICOMweb, and keeping them out again."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from undisc.accounts.model import Token
from undisc.accounts.policy import state_of
from undisc.cli.giving import lifetime
from undisc.cli.screen import AsJson, DataDir, opened, out, print_json

token = typer.Typer(no_args_is_help=True, help="Tokens by which other systems (a PACS, a viewer) speak DICOMweb here.")

Name = Annotated[str, typer.Option("--name", help="What the system is called, here and in the trail: pacs, ohif.")]


@token.command()
def create(
    name: Name,
    scope: Annotated[
        str, typer.Option(help="What it may do, with commas between: read (search and retrieve), write, delete.")
    ] = "read",
    expires: Annotated[
        str | None, typer.Option(help="How long it lives: 45m, 12h, 30d or 2w. Default: until it is revoked.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a token, and show its secret this one time."""
    life: timedelta | None = lifetime(expires) if expires else None
    with opened(data_dir) as app:
        made = app.accounts.create_token(name, scope.split(","), lifetime=life)
    if as_json:
        print_json({"token": made.secret, **_told(made.token)})
        return
    out.print(made.secret, markup=False, soft_wrap=True, style="bold")
    out.print("Give it to that system as a bearer token. It is shown this once; here only its digest is kept.")


@token.command("list")
def list_tokens(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the tokens that were made, newest first, and whether they still let anyone in."""
    with opened(data_dir) as app:
        found = [(each, state_of(each, app.clock.now())) for each in app.accounts.tokens()]
    if as_json:
        print_json([_told(each) | {"state": state} for each, state in found])
        return
    if not found:
        out.print("No token was made yet. Make one with: undisc token create --name NAME", soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Name", "State", "May", "Made", "Until", "Last used"):
        table.add_column(title)
    for each, state in found:
        table.add_row(
            each.name,
            state,
            ", ".join(sorted(each.scopes)),
            f"{each.made_at.astimezone():%Y-%m-%d %H:%M}",
            f"{each.expires_at.astimezone():%Y-%m-%d %H:%M}" if each.expires_at else "",
            f"{each.last_used_at.astimezone():%Y-%m-%d %H:00}" if each.last_used_at else "never",
        )
    out.print(table)


@token.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The token's name, as `undisc token list` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """End a token for good. A server that is running stops taking it within a second."""
    with opened(data_dir) as app:
        ended = app.accounts.revoke_token(name)
    out.print("The token is revoked." if ended else "The token was revoked already.", style="bold")


def _told(each: Token) -> dict[str, str | list[str] | None]:
    return {
        "name": each.name,
        "scopes": sorted(each.scopes),
        "made": each.made_at.isoformat(timespec="seconds"),
        "expires": each.expires_at.isoformat(timespec="seconds") if each.expires_at else None,
        "last_used": each.last_used_at.isoformat(timespec="seconds") if each.last_used_at else None,
    }
