"""`undisc disc` and `undisc receipts`: studies on discs, sticks and in ZIP files, and what became of each."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from undisc.app import build_receipts
from undisc.cli.giving import Studies
from undisc.cli.screen import AsJson, DataDir, opened, out, print_json, safe
from undisc.errors import MediumRefused

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SMALLEST_DISC = 10**6
_LONGEST_WHOM = 200
"""What a label and a page can hold: neither would say that it left something out."""


def disc(
    studies: Studies,
    target: Annotated[
        str, typer.Option("--out", metavar="X.iso|X.zip|DIR/", help="What to make: an image, a ZIP or a folder.")
    ] = "",
    device: Annotated[
        str, typer.Option("--burn", metavar="DEVICE", help="Burn it, with xorriso: /dev/sr0, or stdio:/a/file.")
    ] = "",
    seal: Annotated[
        bool, typer.Option("--seal", help="Nothing can be read without a passphrase, which is printed once.")
    ] = False,
    zip_password: Annotated[
        bool, typer.Option("--zip-password", help="Lock a ZIP with AES-256 and a password, which is printed once.")
    ] = False,
    secure_profile: Annotated[
        bool, typer.Option("--secure-profile", help="Encrypt each DICOM file as DICOM has it (PS3.15 D.1).")
    ] = False,
    passphrase_file: Annotated[
        Path | None, typer.Option(help="Take the first line of this file instead of a new passphrase or password.")
    ] = None,
    reports: Annotated[
        list[Path] | None, typer.Option("--report", metavar="FILE", help="A report to go along; may be repeated.")
    ] = None,
    for_whom: Annotated[
        str, typer.Option("--for", metavar="WHOM", help='Who it is for, as in "Oncology, second floor".')
    ] = "",
    split: Annotated[
        str, typer.Option(metavar="SIZE", help="Use several discs of this size: 700MB, 4.7GB, 25GB.")
    ] = "",
    as_stored: Annotated[
        bool, typer.Option("--as-stored", help="Leave each image as it is stored, compressed ones too.")
    ] = False,
    no_viewer: Annotated[bool, typer.Option("--no-viewer", help="Leave the viewer away.")] = False,
    label_file: Annotated[
        Path | None, typer.Option("--label", metavar="FILE.pdf", help="Write a label for each disc.")
    ] = None,
    letter_file: Annotated[
        Path | None, typer.Option("--letter", metavar="FILE.pdf", help="Write a letter to go with it.")
    ] = None,
    with_link: Annotated[
        bool, typer.Option("--with-link", help="Make a link too, and put it into the letter; not its passcode.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Put studies onto a disc, a stick or into a ZIP that opens on any computer, and read back all of it.

    Exit 0: all images were verified. 1: something failed, and is named. 2: there was nothing to put anywhere.
    """
    if bool(target) == bool(device):
        raise typer.BadParameter("Say what to make: --out X.iso, --out X.zip, --out FOLDER/ or --burn DEVICE.")
    if with_link and letter_file is None:
        raise typer.BadParameter("--with-link puts a link into a letter: give --letter FILE.pdf as well.")
    if seal + zip_password + secure_profile > 1:
        raise typer.BadParameter("Choose one of --seal, --zip-password and --secure-profile.")
    if zip_password and (device or not target.lower().endswith(".zip")):
        raise typer.BadParameter("--zip-password is for a ZIP: --out X.zip.")
    if len(for_whom) > _LONGEST_WHOM:
        raise typer.BadParameter(f"Say whom it is for in at most {_LONGEST_WHOM} letters.", param_hint="--for")
    # Loaded here, since no other command makes anything of the kind.
    from undisc.cli.making import Wanted, make

    make(
        Wanted(
            studies=tuple(dict.fromkeys(studies)),
            target=target,
            device=device,
            seal=seal or (passphrase_file is not None and not zip_password and not secure_profile),
            zip_password=zip_password,
            secure_profile=secure_profile,
            passphrase_file=passphrase_file,
            reports=tuple(reports or ()),
            for_whom=for_whom,
            capacity=_capacity(split) if split else None,
            as_stored=as_stored,
            no_viewer=no_viewer,
            label=label_file,
            letter=letter_file,
            with_link=with_link,
            as_json=as_json,
            data_dir=data_dir,
        )
    )


def receipts(
    number: Annotated[int | None, typer.Argument(help="Of a receipt; without one, all are listed.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List what left on discs, on sticks and in ZIP files, newest first, or show one receipt."""
    with opened(data_dir) as app:
        found = build_receipts(app)
        kept = found.all() if number is None else [each for each in (found.one(number),) if each]
    if number is not None and not kept:
        raise MediumRefused("There is no receipt of that number. `undisc receipts` lists those that are.")
    if as_json:
        print_json(kept if number is None else kept[0])
    elif number is not None:
        for name, value in kept[0].items():
            out.print(f"{name.replace('_', ' ').capitalize() + ':':16}{safe(_words(value))}", soft_wrap=True)
    elif kept:
        table = Table(box=None, pad_edge=False)
        for title in ("No.", "When", "Medium", "For", "Studies", "Images", "Verified", "Outcome"):
            table.add_column(title)
        for each in kept:
            counts = (str(len(each["studies"])), str(each["images"]), str(each["verified"]))
            table.add_row(
                str(each["number"]),
                each["made_at"][:16],
                each["medium"],
                safe(each["for_whom"]),
                *counts,
                each["outcome"],
            )
        out.print(table)
    else:
        out.print("Nothing has left on a disc yet. Make one with: undisc disc STUDY --out X.iso", soft_wrap=True)


def _capacity(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?) ?([KMGT]B)", text.strip().upper())
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    if size < _SMALLEST_DISC:
        raise typer.BadParameter("Say how large a disc is as a number and a unit: 700MB, 4.7GB or 25GB.")
    return size


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_words(each) for each in value) or "none"
    if isinstance(value, dict):
        return ": ".join(str(each) for each in value.values())
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
