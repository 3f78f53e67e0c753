"""`undisc messages`: what is to be sent to people, what could not be, and what to do about it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from undisc.cli.screen import AsJson, DataDir, opened, out, print_json, safe

if TYPE_CHECKING:
    from undisc.messaging.model import Message

messages = typer.Typer(no_args_is_help=True, help="E-mail and text messages to people.")

Number = Annotated[
    int, typer.Argument(metavar="NUMBER", help="The message's number, as `undisc messages list` lists it.")
]


@messages.command("list")
def list_messages(
    everything: Annotated[bool, typer.Option("--all", help="Those that were sent or cancelled as well.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the messages that wait or failed. Addresses are shortened, and texts are not kept."""
    with opened(data_dir) as app:
        found = app.messaging.all() if everything else app.messaging.all(("waiting", "failed"))
    if as_json:
        print_json([_as_json(message) for message in found])
        return
    if not found:
        out.print("There are no messages." if everything else "No message waits or failed. --all lists all of them.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("No.", "By", "To", "What", "State", "Tries", "Why", "Link"):
        table.add_column(title, overflow="fold")
    for message in found:
        told = (str(message.id), message.way, safe(message.shown_to), message.purpose, message.state)
        table.add_row(*told, str(message.attempts), safe(message.note), message.link_id or "")
    out.print(table)


@messages.command()
def retry(number: Number, data_dir: DataDir = None) -> None:
    """Try a message that waits at once. One that failed is gone: send its link anew."""
    with opened(data_dir) as app:
        app.trail.run(lambda work: app.messaging.retry(work, number))
    out.print(f"Message {number} is in line. A running server sends it.", soft_wrap=True)


@messages.command()
def cancel(number: Number, data_dir: DataDir = None) -> None:
    """Take a message that waits out of line; its text is deleted."""
    with opened(data_dir) as app:
        app.trail.run(lambda work: app.messaging.cancel(work, number))
    out.print(f"Message {number} is cancelled.")


def _as_json(message: "Message") -> dict[str, Any]:
    return {
        "number": message.id,
        "way": message.way.value,
        "to": message.shown_to,
        "purpose": message.purpose,
        "state": message.state,
        "attempts": message.attempts,
        "note": message.note,
        "made": message.made_at.isoformat(timespec="seconds"),
        "sent": message.sent_at.isoformat(timespec="seconds") if message.sent_at else None,
        "link": message.link_id,
    }
