"""`undisc peers`, `undisc send`, `undisc pull`: other systems, and studies that go to them and come from them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from undisc.app import build_delivering, build_orders, open_reception
from undisc.cli.looking import StudyArgument
from undisc.cli.screen import AsJson, DataDir, err, opened, out, print_json, safe

if TYPE_CHECKING:
    from undisc.delivery.model import Account
    from undisc.delivery.service import Delivering

peers = typer.Typer(no_args_is_help=True, help="The other systems that studies go to and come from.")

_MOST_NAMED = 20

_MAY = "store, find, retrieve, with commas between them, or nothing."
Name = Annotated[str, typer.Argument(metavar="NAME", help="The peer's name, as `undisc peers list` lists it.")]
May = Annotated[str | None, typer.Option(help=f"What it may do at our DICOM port: {_MAY} All three if not said.")]

Later = Annotated[
    bool,
    typer.Option("--later", help="Only put it in line: a running server carries it out, for a day if need be."),
]
At = Annotated[
    datetime | None,
    typer.Option("--at", help="As --later, and not before this time.", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
]


@peers.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it.")],
    address: Annotated[
        str | None, typer.Argument(metavar="[AE@HOST:PORT]", help="Its DICOM address, for example PACS@10.0.0.5:104.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Call its DICOM address over TLS.")] = False,
    web: Annotated[
        str | None, typer.Option(help="The address of its DICOMweb service; used instead of DICOM where given.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="A file whose first line is the bearer token for its DICOMweb service.")
    ] = None,
    may: May = None,
    data_dir: DataDir = None,
) -> None:
    """Add a peer: it may call our DICOM port from that address, and studies may be sent to it and pulled from it."""
    from undisc.delivery import policy

    token = str(token_file.resolve()) if token_file else None
    peer = policy.peer_from(name, address, tls, web, token, may)
    with opened(data_dir) as app:
        build_delivering(app).peers.add(peer)
    out.print(f"{safe(peer.name)} is added. Try it with: undisc peers echo {safe(peer.name)}", soft_wrap=True)


@peers.command("list")
def list_peers(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the peers."""
    with opened(data_dir) as app:
        found = build_delivering(app).peers.all()
    if as_json:
        print_json(
            [
                {
                    "name": peer.name,
                    "address": peer.address,
                    "tls": peer.tls,
                    "web": peer.web_url,
                    "may": sorted(peer.services) if peer.host else [],
                }
                for peer in found
            ]
        )
        return
    if not found:
        out.print("There are no peers yet. Add one with: undisc peers add NAME AE@host:port", soft_wrap=True)
    for peer in found:
        extra = [word for word, said in (("TLS", peer.tls), (peer.web_url, peer.web_url and peer.host)) if said]
        if peer.host:
            extra.append("may " + (", ".join(sorted(peer.services)) or "ask nothing"))
        out.print("  ".join([safe(peer.name), safe(peer.address), *(safe(each) for each in extra)]), soft_wrap=True)


@peers.command("allow")
def allow(
    name: Name,
    services: Annotated[str, typer.Argument(metavar="WHAT", help=_MAY[0].upper() + _MAY[1:])],
    data_dir: DataDir = None,
) -> None:
    """Say what a peer may do at our DICOM port from now on, in associations that are open too."""
    from undisc.delivery import policy

    allowed = policy.services_from(services)
    with opened(data_dir) as app:
        build_delivering(app).peers.allow(name, allowed)
    out.print(f"{safe(name)} may {', '.join(sorted(allowed)) or 'ask nothing'}.", soft_wrap=True)


@peers.command("remove")
def remove(name: Name, data_dir: DataDir = None) -> None:
    """Remove a peer: it is no longer let in, called or sent to. What came from it stays."""
    with opened(data_dir) as app:
        build_delivering(app).peers.remove(name)
    out.print(f"{safe(name)} is removed.")


@peers.command("echo")
def echo(name: Name, data_dir: DataDir = None) -> None:
    """Ask a peer whether it is there and lets us in (C-ECHO)."""
    with opened(data_dir) as app:
        build_delivering(app).echo(name)
    out.print(f"{safe(name)} answers.")


def send(
    study: StudyArgument,
    to: Annotated[str, typer.Option(help="The peer to send it to.")],
    later: Later = False,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Send a study to a peer, each image as it is stored. The same command goes on where an interrupted one was.

    Exit 0: the peer has confirmed all of it. 1: something did not get there, and is named.
    """
    if later or at:
        with opened(data_dir) as app:
            _tell_later([build_orders(app).send(study, to, _moment(at))], "sends", as_json)
        return
    with opened(data_dir) as app, _Bar("Sending", quiet=as_json) as bar:
        account = build_delivering(app).send(study, to, bar)
    _tell([account], as_json)


def pull(
    source: Annotated[str, typer.Option("--from", help="The peer to pull from.")],
    study: Annotated[list[str] | None, typer.Option(help="UID of a study; may be given several times.")] = None,
    patient_id: Annotated[str | None, typer.Option(help="All studies of this patient.")] = None,
    how: Annotated[
        str, typer.Option(help="auto, get, or move (which needs our own DICOM port to be served).")
    ] = "auto",
    later: Later = False,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Pull studies from a peer. What is here already is not pulled again; the same command goes on where it was.

    Exit 0: all of it is here. 1: something did not come, and is named. 2: the peer has nothing of the kind.
    """
    from undisc.delivery.model import NothingFound

    if not study and not patient_id:
        raise typer.BadParameter("Say what to pull: --study UID or --patient-id ID.")
    if how not in ("auto", "get", "move"):
        raise typer.BadParameter("--how is auto, get or move.")
    try:
        if later or at:
            with opened(data_dir) as app:
                wanted = _wanted(build_delivering(app), source, study, patient_id) if patient_id else list(study or [])
                orders = build_orders(app)
                numbers = [orders.pull(uid, source, how, _moment(at)) for uid in wanted]
            _tell_later(numbers, "pulls", as_json)
            return
        with opened(data_dir) as app, _receiving(app) as open_delivery, _Bar("Pulling", quiet=as_json) as bar:
            delivering = build_delivering(app)
            wanted = _wanted(delivering, source, study, patient_id)
            accounts = [delivering.pull(uid, source, open_delivery, how, bar) for uid in wanted]
    except NothingFound as error:
        if as_json:
            print_json({"message": str(error)})
        else:
            err.print(safe(str(error)), style="bold", soft_wrap=True)
        raise typer.Exit(2) from error
    _tell(accounts, as_json)


def _wanted(delivering: "Delivering", source: str, study: list[str] | None, patient_id: str | None) -> list[str]:
    found = delivering.studies_of(source, patient_id) if patient_id else []
    return list(dict.fromkeys([*(study or []), *found]))


def _moment(at: datetime | None) -> datetime | None:
    """An hour as people say it is this machine's."""
    return at.astimezone() if at else None


def _tell_later(numbers: list[int], does: str, as_json: bool) -> None:
    named = " and ".join(str(number) for number in numbers)
    it = "it" if len(numbers) == 1 else "them"
    line = f"Job {named} is in line." if len(numbers) == 1 else f"Jobs {named} are in line."
    sentence = f"{line} A running server {does} {it}; `undisc jobs list` tells how it goes."
    if as_json:
        print_json({"message": sentence, "jobs": numbers})
    else:
        out.print(sentence, style="bold", soft_wrap=True)


@contextmanager
def _receiving(app: Any) -> Iterator[Any]:
    reception = open_reception(app)
    try:
        yield lambda actor: reception.delivery("pull", actor)
    finally:
        reception.close()


def _tell(accounts: "list[Account]", as_json: bool) -> None:
    failed = [part for account in accounts for part in account.failed]
    if as_json:
        print_json({"message": _sentence(accounts), "studies": [_as_json(account) for account in accounts]})
    else:
        out.print(_sentence(accounts), style="bold", soft_wrap=True)
        for part in failed[:_MOST_NAMED]:
            out.print(f"  {safe(part.sop_uid)}: {safe(part.reason)}", soft_wrap=True)
        if len(failed) > _MOST_NAMED:
            out.print(f"  … and {len(failed) - _MOST_NAMED} more; --json names them all.")
    raise typer.Exit(1 if failed else 0)


def _as_json(account: "Account") -> dict[str, Any]:
    return {
        "study_uid": account.study_uid,
        "peer": account.peer,
        "instances": account.total,
        "confirmed": account.confirmed,
        "confirmed_before": account.went_on,
        "failed": [{"sop_uid": part.sop_uid, "reason": part.reason} for part in account.failed],
    }


def _sentence(accounts: "list[Account]") -> str:
    total = sum(account.total for account in accounts)
    confirmed = sum(account.confirmed for account in accounts)
    done = "there" if accounts and accounts[0].direction.value == "send" else "here"
    if confirmed == total:
        before = sum(account.went_on for account in accounts)
        earlier = f" ({before} were {done} before)" if before else ""
        return f"All {total} images are {done}{earlier}." if total != 1 else f"The image is {done}{earlier}."
    return f"{confirmed} of {total} images are {done}. Run the same command again to go on."


class _Bar:
    """Progress of a transfer, as a transfer's watcher; silent where nobody looks at a terminal."""

    def __init__(self, title: str, *, quiet: bool) -> None:
        self._title = title
        self._wanted = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed} of {task.total} images"),
            TimeRemainingColumn(),
            console=err,
            transient=True,
            disable=quiet or not err.is_terminal,
        )
        self._task = self._progress.add_task(title, total=0)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def wanted(self, instances: int) -> None:
        self._wanted += instances
        self._progress.update(self._task, total=self._wanted)

    def done(self, instances: int) -> None:
        self._progress.advance(self._task, instances)
