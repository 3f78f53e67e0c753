"""What `undisc disc` does: order, watch, account for."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from undisc.app import App, build_making
from undisc.cli.children import end_as_interrupted
from undisc.cli.failing import sentence_for
from undisc.cli.screen import err, opened, out, print_json, safe
from undisc.errors import MediumRefused, StudyUnknown
from undisc.export.making import Made, Order, Plan
from undisc.export.media import Medium, medium_of
from undisc.export.printing import Told, label, letter
from undisc.export.sealing import Sealer, new_package, new_passphrase, refuse_weak
from undisc.export.service import Choices, Estimate, Form, ReportFile
from undisc.sharing.model import NewLink

_MOST_NAMED = 20
_LONGEST_LINE = 16_384
# Bytes a second, as measured on two cores: converted from JPEG 2000, written and read back. Burned: a CD at 16x.
_CONVERTS, _WRITES, _BURNS = 20e6, 160e6, 2.4e6


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command's options, as they were given."""

    studies: tuple[str, ...]
    target: str
    device: str
    seal: bool
    zip_password: bool
    secure_profile: bool
    passphrase_file: Path | None
    reports: tuple[Path, ...]
    for_whom: str
    capacity: int | None
    as_stored: bool
    no_viewer: bool
    label: Path | None
    letter: Path | None
    with_link: bool
    as_json: bool
    data_dir: Path | None


def make(wanted: Wanted) -> NoReturn:
    """Make the media, print what became of them, and end the program with its exit code."""
    plan, link, order = None, None, None
    made: list[Made] = []
    code, failure = 0, ""
    end_as_interrupted()  # so that no pictures are left half written on a stick
    try:
        with opened(wanted.data_dir) as app:
            _check_papers(wanted)
            making = build_making(app)
            order = _order(app, wanted)
            _tell_estimate(making.estimate(order), order, quiet=wanted.as_json)
            if order.choices.viewer and not order.choices.secure:
                app.archive.derive_pending()  # what came in just now would be missing from what the viewer shows
            with MakingBars(quiet=wanted.as_json) as bars, making.plan(order, bars) as plan:
                _tell_plan(plan, quiet=wanted.as_json)
                for each in making.make(plan, bars, bars.next_disc):
                    made.append(each)  # one by one, since what was made stays where the next one fails
                is_good = all(each.verified.is_good for each in made)
                if wanted.with_link and is_good:
                    link = app.sharing.create_link(order.study_ids, passcode="auto")
                try:
                    _write_papers(app, plan, made, wanted, link)
                except BaseException:
                    if link:  # it is on no letter, and nobody knows it
                        app.sharing.revoke(link.link.id)
                        link = None
                    raise
                code = 0 if is_good else 1
    except StudyUnknown as error:
        code, failure = 2, str(error)
    except KeyboardInterrupt:
        code, failure = 130, "Stopped. Nothing half made was left."
    except Exception as error:
        code, failure = 1, sentence_for(error)
    # What was made before something failed has to be told of all the same: nobody else knows its passphrase.
    if plan is None or not made:
        _fail(code, failure, wanted.as_json, _burned_secret(order) if plan else None)
    if wanted.as_json:
        print_json(_as_json(plan, made, link) | ({"message": failure} if failure else {}))
        raise typer.Exit(code)
    _print(plan, made, link)
    if failure:
        _fail(code, failure, wanted.as_json)
    raise typer.Exit(code)


def _check_papers(wanted: Wanted) -> None:
    """Raises MediumRefused where the label or the letter could not be written when the media are made."""
    taken = {Path(wanted.target).resolve()} if wanted.target else set()
    for paper in (wanted.label, wanted.letter):
        if paper is None:
            continue
        if paper.resolve() in taken or os.path.lexists(paper):
            raise MediumRefused("There is something of that name already, where the label or the letter is to be.")
        if not os.access(paper.absolute().parent, os.W_OK | os.X_OK):
            raise MediumRefused("The folder that the label or the letter is to be in is not there, or is locked.")
        taken.add(paper.resolve())


def _order(app: App, wanted: Wanted) -> Order:
    study_ids = tuple(app.archive.study_id(study) for study in wanted.studies)
    wants_one = wanted.seal or wanted.zip_password or wanted.secure_profile
    passphrase = _passphrase(app, study_ids, wanted.passphrase_file) if wants_one else None
    if wanted.target and Path(wanted.target).resolve().is_relative_to(app.settings.data_dir.resolve()):
        raise MediumRefused("This is inside of the data folder, which is for Undisc alone. Give another place.")
    return Order(
        study_ids=study_ids,
        medium=Medium.DISC if wanted.device else medium_of(wanted.target),
        choices=Choices(
            form=Form.STORED if wanted.as_stored else Form.GENERAL,
            reports=tuple(_report(path) for path in wanted.reports),
            for_whom=wanted.for_whom,
            viewer=not wanted.no_viewer,
            sealer=Sealer(new_package()) if wanted.seal else None,
            passphrase=passphrase if wanted.seal else None,
            secure=passphrase if wanted.secure_profile else None,
        ),
        target=Path(wanted.target),
        device=wanted.device,
        capacity=wanted.capacity,
        zip_password=passphrase if wanted.zip_password else None,
    )


class MakingBars:
    """Progress of making media; silent where nobody looks at a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=err,
            disable=quiet or not err.is_terminal,
            transient=True,
        )
        self._converting = Progress(
            TextColumn("Converting"),
            BarColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f} pictures"),
            TimeRemainingColumn(),
            console=err,
            disable=quiet or not err.is_terminal,
            transient=True,
        )
        self._pictures: TaskID | None = None
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> "MakingBars":
        return self

    def __exit__(self, *_: object) -> None:
        self._converting.stop()
        self._progress.stop()

    def converted(self, done: int, count: int) -> None:
        if self._pictures is None:
            self._converting.start()
            self._pictures = self._converting.add_task("", total=count)
        self._converting.update(self._pictures, completed=done, total=count)

    def begins(self, part: str, size: int, *, burns: bool) -> None:
        self._converting.stop()
        self._progress.start()
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        which = f" {part}" if part else ""
        self._bars = {
            "wrote": self._progress.add_task(f"Writing{which}", total=size),
            "checked": self._progress.add_task(f"Reading back{which}", total=size * (2 if burns else 1)),
        }
        if burns:
            self._bars["burned"] = self._progress.add_task(f"Burning{which}", total=size)

    def wrote(self, size: int) -> None:
        self._advance("wrote", size)

    def checked(self, size: int) -> None:
        self._advance("checked", size)

    def burned(self, size: int) -> None:
        self._advance("burned", size)

    def next_disc(self, part: str) -> None:
        """Wait until somebody has put in the next blank disc."""
        if self._quiet or not sys.stdin.isatty():
            raise MediumRefused(f"Disc {part} needs somebody to put it in: run this at a terminal.")
        self._progress.stop()
        err.input(f"Put in a blank disc for {part}, and press Enter. ")

    def _advance(self, what: str, size: int) -> None:
        if what in self._bars:
            self._progress.advance(self._bars[what], size)


def _passphrase(app: App, study_ids: Sequence[int], file: Path | None) -> str:
    if file is None:
        return new_passphrase()
    try:
        with file.open("rb") as opened_file:
            # Windows' editors put a mark before the first letter, which nobody could type.
            own = opened_file.readline(_LONGEST_LINE).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise MediumRefused("The file with the passphrase is not plain text in UTF-8.") from None
    known = [
        word
        for study in study_ids
        for value in app.archive.patient_of(study).values()
        for word in (value, *re.split(r"[\^= ]+", value))
    ]
    refuse_weak(own, known)
    return own


def _secret(order: Order) -> str | None:
    """What opens it, shown once."""
    return order.choices.passphrase or order.choices.secure or order.zip_password


def _report(path: Path) -> ReportFile:
    if not path.is_file():
        raise MediumRefused("There is no such file to go along as a report.")
    return ReportFile.at(path)


def _tell_estimate(found: Estimate, order: Order, *, quiet: bool) -> None:
    if quiet:
        return
    converted = found.bytes * found.to_convert / max(1, found.instances)
    seconds = found.bytes / _WRITES + converted / _CONVERTS
    if order.medium is Medium.DISC:
        seconds += 2 * found.bytes / _BURNS
    how_long = "less than a minute" if seconds < 45 else f"about {max(1, round(seconds / 60))} minutes"
    images = "1 image" if found.instances == 1 else f"{found.instances:,} images"
    err.print(f"{images}, about {_size(found.bytes)} without the viewer; it takes {how_long}.", soft_wrap=True)


def _tell_plan(plan: Plan, *, quiet: bool) -> None:
    if not quiet and len(plan.parts) > 1:
        err.print(f"{_size(plan.size)} in all, on {len(plan.parts)} discs.", soft_wrap=True)


def _write_papers(app: App, plan: Plan, made: Sequence[Made], wanted: Wanted, link: NewLink | None) -> None:
    tolds = [_told(app, plan, each) for each in made]
    if wanted.label:
        _write_new(wanted.label, label(tolds))
    if wanted.letter:
        shared = {"link": link.url, "until": link.link.expires_at, "has_passcode": bool(link.passcode)} if link else {}
        numbers = ", ".join(told.number for told in tolds)
        _write_new(wanted.letter, letter(replace(tolds[0], images=plan.whole.instances, number=numbers, **shared)))


def _write_new(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)


def _told(app: App, plan: Plan, made: Made) -> Told:
    contents = plan.whole.contents
    people = {(study.patient, study.birth_date) for study in contents.studies}
    person = ", ".join(part for part in people.pop() if part) if len(people) == 1 else ""
    return Told(
        institution=app.settings.place_name,
        person="" if plan.order.is_closed else person,
        for_whom=plan.order.choices.for_whom,
        images=made.images,
        discs=len(plan.parts),
        made_at=contents.made_at,
        part=made.part.name,
        number=str(made.receipt),
        sealed=plan.order.is_closed,
    )


def _print(plan: Plan, made: Sequence[Made], link: NewLink | None) -> None:
    passphrase = _secret(plan.order)
    for each in made:
        where = plan.order.device or str(each.part.target)
        part = f" (disc {each.part.name})" if each.part.name else ""
        good = each.verified.is_good
        left = "" if good or plan.order.medium is Medium.DISC else " It was not kept."
        out.print(f"{safe(where)}{part}: {_sentence(each)}{left}", style="bold" if good else "bold red", soft_wrap=True)
        for failed in each.verified.failed[:_MOST_NAMED]:
            out.print(f"  {safe(failed.path)}: {safe(failed.reason)}", soft_wrap=True)
        if len(each.verified.failed) > _MOST_NAMED:
            out.print(f"  … and {len(each.verified.failed) - _MOST_NAMED} more; --json names them all.")
        seconds = "1 second" if each.seconds < 1.5 else f"{each.seconds:.0f} seconds"
        out.print(f"  {_size(each.part.size)} in {seconds}. Receipt: {each.receipt}", soft_wrap=True)
    if plan.whole.unchanged:
        count = len(plan.whole.unchanged)
        what = "1 image stays" if count == 1 else f"{count} images stay"
        out.print(f"Note: {what} as stored, since nothing else can be made of them.", soft_wrap=True)
    if len({(study.patient, study.patient_id) for study in plan.whole.contents.studies}) > 1:
        out.print("Note: these are pictures of more than one patient.", soft_wrap=True)
    if passphrase and any(each.verified.is_good or plan.order.medium is Medium.DISC for each in made):
        name = "Passphrase" if plan.order.choices.sealer else "Password"
        out.print(f"{name}:  {passphrase}", style="bold", markup=False, soft_wrap=True)
        out.print("It is kept nowhere: write it down, and give it another way than the disc.", soft_wrap=True)
    if link:
        out.print(f"Link:      {link.url}", soft_wrap=True)
        out.print(f"Passcode:  {link.passcode}", markup=False, soft_wrap=True)


def _sentence(made: Made) -> str:
    if made.verified.images or made.verified.failed:
        return made.verified.sentence
    return f"{made.good_images} of {made.images} images verified."


def _as_json(plan: Plan, made: Sequence[Made], link: NewLink | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "medium": plan.order.medium.value,
        "images": sum(each.images for each in made),
        "verified": sum(each.good_images for each in made),
        "unchanged": len(plan.whole.unchanged),
        "media": [
            {
                "path": plan.order.device or str(each.part.target),
                "part": each.part.name,
                "volume": each.part.package.volume_id,
                "receipt": each.receipt,
                "images": each.images,
                "verified": each.good_images,
                "files": each.verified.files,
                "bytes": each.part.size,
                "failed": [{"path": failed.path, "reason": failed.reason} for failed in each.verified.failed],
                "message": _sentence(each),
            }
            for each in made
        ],
    }
    if (secret := _secret(plan.order)) is not None:
        told["passphrase"] = secret
    if link:
        told |= {"link": link.url, "passcode": link.passcode}
    return told


def _burned_secret(order: Order | None) -> str | None:
    """What opens a disc that may lie burned in the drive though its making failed: it cannot be taken back."""
    return _secret(order) if order is not None and order.medium is Medium.DISC else None


def _fail(code: int, sentence: str, as_json: bool, secret: str | None = None) -> NoReturn:
    if as_json:
        print_json({"message": sentence} | ({"passphrase": secret} if secret else {}))
    else:
        err.print(safe(sentence), style="bold", soft_wrap=True)
        if secret:
            out.print(f"Passphrase:  {secret}", style="bold", markup=False, soft_wrap=True)
            out.print("It opens what was burned, if anything was. It is kept nowhere.", soft_wrap=True)
    raise typer.Exit(code)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6)):,} MB"
