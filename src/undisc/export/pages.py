"""The pages of a package for people without any program for it (IHE RAD TF-2 4.47, Portable Data for Imaging).

They work without scripts, are well-formed XML besides, and believe nothing: whatever an instance says is text.
"""

import re
from collections.abc import Iterable
from html import escape

from undisc.export.contents import Contents, Document, ToldStudy

INDEX = "INDEX.HTM"
README = "README.TXT"
DESCRIPTOR = "README"
"""The same words as README.TXT under a name that a file-set can refer to (PS3.10 8.5 knows no dot)."""
LISTING = "IHE_PDI/INDEX.HTM"

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_LONGEST = 300
_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:start;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid #ccc;vertical-align:top;overflow-wrap:anywhere}h1{font-size:1.6rem}"
    "h2{font-size:1.2rem;margin-top:2rem}.small{color:#555;font-size:.9rem}"
)


def index_page(contents: Contents) -> bytes:
    """INDEX.HTM of a package without a viewer: who made it, what is on it, and how to open it."""
    body = [
        f"<h1>{_text(contents.title)}</h1>",
        *_header(contents),
        "<h2>How to look at the images</h2>",
        "<p>There is no viewer on this medium. Any DICOM viewer opens it: choose this medium, or the file DICOMDIR on "
        "it. A hospital or a practice can take it into its own system.</p>",
        *_reports(contents.documents, ""),
        "<h2>What is on it</h2>",
        f"<p>{_text(_amount(contents))} <a href='{LISTING}'>The whole list</a> shows each series.</p>",
        *(_short(study) for study in contents.studies),
        *_links(""),
    ]
    return _page(contents.title, body)


def listing_page(contents: Contents) -> bytes:
    """IHE_PDI/INDEX.HTM: exactly what is on the medium, series by series, and what of it is in which form."""
    body = [
        f"<h1>{_text(contents.title)}</h1>",
        *_header(contents),
        f"<p>{_text(_amount(contents))} All of it can be taken in (imported) by systems that read DICOM media: "
        "the file DICOMDIR lists it. This page lists all of it, and shows no images itself.</p>",
        *(line for study in contents.studies for line in _study(study)),
        *_reports(contents.documents, "../"),
        *_unchanged(contents),
        *_links("../"),
    ]
    return _page(contents.title, body)


def readme_text(contents: Contents) -> bytes:
    """README.TXT: who and what made the medium, how it is laid out, and how it is opened. UTF-8, lines end in CRLF."""
    place = _plain(contents.place)
    lines = [
        _plain(contents.title),
        "",
        f"Made by:     {place}",
        *([f"Contact:     {_plain(contents.contact)}"] if contents.contact else []),
        f"Made on:     {contents.made_at:%Y-%m-%d %H:%M} UTC",
        f"Made with:   {_plain(contents.product)}",
        *([f"Made for:    {_plain(contents.for_whom)}"] if contents.for_whom else []),
        *([f"Part:        {contents.part[0]} of {contents.part[1]}"] if contents.part[1] > 1 else []),
        f"Content:     {_amount(contents)}",
        "",
        "HOW TO OPEN IT",
        "Open INDEX.HTM in a web browser."
        + (
            " It shows the images; nothing is installed, and no network is used. Any computer with an up-to-date "
            "browser will do."
            if contents.viewer
            else " It says what is on this medium."
        ),
        "Reports are in the folder REPORT, where there are any; any program for PDF files opens them.",
        "Other DICOM programs open DICOMDIR, or the folder DICOM.",
        "",
        "HOW IT IS LAID OUT",
        "INDEX.HTM           the page to begin with",
        "IHE_PDI/INDEX.HTM   a list of everything, without scripts",
        "DICOMDIR            the index for DICOM programs",
        "DICOM/              the images and all else that was stored with them",
        *(["REPORT/             reports"] if contents.documents else []),
        *(["VIEWER/, DATA/      the viewer, and the images as it reads them"] if contents.viewer else []),
        "MANIFEST.TXT        the SHA-256 digest of every file; `sha256sum -c MANIFEST.TXT` checks them",
        "",
        "WHAT FORM THE IMAGES ARE IN",
        (
            "Uncompressed: Explicit VR Little Endian, of DICOM's General Purpose profile. Every DICOM program reads it."
            if contents.general
            else "As they were stored, to the byte; some may be compressed, which not every DICOM program reads."
        ),
        *_readme_unchanged(contents),
        "",
        "PLEASE NOTE",
        "This medium holds health data of the persons named on it. If you found it, give it back to "
        f"{place} and do not copy it.",
        "The pages and the viewer on it are for looking at images, and not for making a diagnosis with.",
        "Who made this medium vouches for what was put on it then, and not for what was changed on it later.",
        "",
    ]
    return "\r\n".join(lines).encode("utf-8", "replace")


def sealed_readme_text(*, with_passphrase: bool) -> bytes:
    """README.TXT of a sealed medium: how to open it, and nothing of whom, by whom or when."""
    opens = (
        "It asks for the passphrase, which was given to you another way."
        if with_passphrase
        else "It opens by its link only: the key to it is in the link, and nowhere else."
    )
    lines = [
        "Sealed medical images",
        "",
        "Nothing on this medium can be read by whoever has no key to it: no image, no name, no date.",
        "",
        "HOW TO OPEN IT",
        f"Open INDEX.HTM in an up-to-date web browser. {opens}",
        "It shows the images, and saves them as DICOM files for other programs. Nothing is installed.",
        "",
        "HOW IT IS LAID OUT",
        "INDEX.HTM       the page to begin with",
        "VIEWER/         the viewer",
        "DATA/           everything else, encrypted with AES-256-GCM",
        "MANIFEST.TXT    the SHA-256 digest of every file; `sha256sum -c MANIFEST.TXT` checks them",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def _amount(contents: Contents) -> str:
    studies, series = len(contents.studies), sum(len(study.series) for study in contents.studies)
    patients = len({(study.patient, study.patient_id) for study in contents.studies})
    told = [
        _counted(patients, "patient", "patients"),
        _counted(studies, "examination", "examinations"),
        _counted(series, "series", "series"),
        _counted(contents.instances, "DICOM file", "DICOM files"),
    ]
    return ", ".join(told) + "."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _readme_unchanged(contents: Contents) -> list[str]:
    if not contents.unchanged:
        return []
    return [
        "",
        "WHAT COULD NOT BE UNCOMPRESSED",
        "These are as they were stored, and not every DICOM program reads them:",
        *(
            f"{each.path}   transfer syntax {each.transfer_syntax}   {_plain(each.reason)}"
            for each in contents.unchanged
        ),
    ]


def _header(contents: Contents) -> list[str]:
    told = [
        ("Made by", contents.place),
        ("Contact", contents.contact),
        ("Made on", f"{contents.made_at:%Y-%m-%d}"),
        ("Made for", contents.for_whom),
        ("Part", f"{contents.part[0]} of {contents.part[1]}" if contents.part[1] > 1 else ""),
    ]
    rows = "".join(f"<tr><th>{name}</th><td>{_text(value)}</td></tr>" for name, value in told if value)
    return [
        f"<table>{rows}</table>",
        "<p class='small'>It holds health data of the persons named on it. If you found it, please give it back to the "
        "place that made it, and do not copy it.</p>",
    ]


def _short(study: ToldStudy) -> str:
    date = f", {_text(study.date)}" if study.date else ""
    files = _counted(study.instances, "DICOM file", "DICOM files")
    return f"<p><bdi>{_text(study.patient)}</bdi>: {_text(study.title)}{date} ({files})</p>"


def _study(study: ToldStudy) -> Iterable[str]:
    yield f"<h2><bdi>{_text(study.patient)}</bdi>: {_text(study.title)}</h2>"
    told = (
        ("Patient ID", study.patient_id),
        ("Born", study.birth_date),
        ("Sex", study.sex),
        ("Date", study.date),
        ("Where", study.institution),
        ("Accession number", study.accession),
    )
    rows = "".join(f"<tr><th>{name}</th><td>{_text(value)}</td></tr>" for name, value in told if value)
    if rows:
        yield f"<table>{rows}</table>"
    yield "<table><tr><th>Series</th><th>What it is</th><th>DICOM files</th><th>Folder</th></tr>"
    for series in study.series:
        number = f"{_text(series.number)}: " if series.number else ""
        yield (
            f"<tr><td>{number}<bdi>{_text(series.title)}</bdi></td><td>{_text(series.kind)}</td>"
            f"<td>{series.instances}</td><td>{_text(series.folder)}</td></tr>"
        )
    yield "</table>"


def _reports(documents: Iterable[Document], root: str) -> list[str]:
    items = [f"<li><a href='{root}{_text(each.path)}'>{_text(each.title)}</a></li>" for each in documents]
    return ["<h2>Reports</h2>", "<ul>", *items, "</ul>"] if items else []


def _unchanged(contents: Contents) -> list[str]:
    items = [f"<li>{_text(each.path)}: {_text(each.reason)}</li>" for each in contents.unchanged]
    if not items:
        return []
    return [
        "<h2>What could not be uncompressed</h2>",
        "<p>Not every DICOM program reads these:</p><ul>",
        *items,
        "</ul>",
    ]


def _links(root: str) -> list[str]:
    here = f"<a href='{root}{LISTING}'>All that is on it</a> · " if not root else f"<a href='../{INDEX}'>Start</a> · "
    return [
        f"<p class='small'>{here}<a href='{root}{README}'>README.TXT</a> says how this medium is laid out and opened. "
        "These pages are not for making a diagnosis with.</p>"
    ]


def _page(title: str, body: Iterable[str]) -> bytes:
    head = (
        "<!DOCTYPE html>\n<html xmlns='http://www.w3.org/1999/xhtml' lang='en' xml:lang='en'>\n<head>\n"
        "<meta charset='utf-8'/>\n<meta name='viewport' content='width=device-width'/>\n"
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    )
    return (head + "\n".join(body) + "\n</body>\n</html>\n").encode("utf-8", "replace")


def _plain(text: str) -> str:
    """One line, of bounded length, of characters that a page may hold."""
    return _SPACES.sub(" ", _UNWRITABLE.sub("", text))[:_LONGEST].strip()


def _text(text: str) -> str:
    return escape(_plain(text), quote=True)
