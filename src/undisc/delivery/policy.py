"""Decisions of sending and pulling, from plain values."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from urllib.parse import urlsplit

from undisc.accounts.model import Service
from undisc.delivery.model import Peer, PeerRefused

MOST_CONTEXTS = 128
"""Presentation contexts have odd identifiers from 1 to 255 (PS3.8 9.3.2.2)."""

PATIENCE = timedelta(days=1)
"""For how long a transfer that was put off is tried again before it is told as failed."""

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
PLAIN = (EXPLICIT, IMPLICIT)
"""What any instance can be made into for a peer that does not take it as it is stored, the better one first."""
# What archives commonly hold, the commonest first, each asked for in a context of its own so that nothing is decoded.
COMMON_SYNTAXES = (
    EXPLICIT,
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
    "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.1.99",
    IMPLICIT,
    "1.2.840.10008.1.2.2",
)
COMMON_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1",
    "1.2.840.10008.5.1.4.1.1.6.1",
    "1.2.840.10008.5.1.4.1.1.104.1",
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ADDRESS = re.compile(r"(?P<title>[^@]{1,16})@(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253}):(?P<port>\d{1,5})")
_WAITS = (1.0, 4.0, 15.0)


def peer_from(
    name: str,
    address: str | None,
    tls: bool,
    web_url: str | None,
    token_file: str | None,
    may: str | None = None,
) -> Peer:
    """A peer as an operator spells it. Raises PeerRefused with a sentence that says how to spell it."""
    if not _NAME.fullmatch(name):
        raise PeerRefused("A peer's name is letters, digits, dots, dashes and underscores, at most 64 of them.")
    if not address and not web_url:
        raise PeerRefused("Say where the peer is: AE@host:port, or --web with the address of its DICOMweb service.")
    url = _web_url(web_url) if web_url else ""
    if token_file and not url:
        raise PeerRefused("A token goes with a DICOMweb address: give --web as well.")
    if may is not None and not address:
        raise PeerRefused("What a peer may is about our DICOM port: give its AE@host:port. DICOMweb wants a token.")
    services = frozenset(Service) if may is None else services_from(may)
    if not address:
        return Peer(name, web_url=url, token_file=token_file or "")
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        raise PeerRefused("Spell a DICOM address as AE@host:port, for example PACS@10.0.0.5:104.")
    title = found["title"].strip()
    # Default repertoire without backslash and control characters, not all spaces (PS3.5 6.2, AE).
    if not title or "\\" in title or not title.isascii() or not title.isprintable():
        raise PeerRefused("An AE title is at most 16 plain characters, without a backslash.")
    return Peer(name, title, found["host"].strip("[]"), int(found["port"]), tls, url, token_file or "", services)


def services_from(text: str) -> frozenset[Service]:
    """What a peer may, as an operator spells it: store,find,retrieve, or nothing. Raises PeerRefused."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words == ["nothing"]:
        return frozenset()
    try:
        services = frozenset(Service(word) for word in words)
    except ValueError:
        services = frozenset()
    if not services:
        raise PeerRefused("Say what the peer may: store, find, retrieve, with commas between them, or nothing.")
    return services


def _web_url(text: str) -> str:
    parts = urlsplit(text.strip())
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.query or parts.fragment:
        raise PeerRefused(
            "Spell a DICOMweb address as https://host/path, without a name, a password or a question mark."
        )
    return text.strip().rstrip("/")


def is_address(caller: str, known: Iterable[str]) -> bool:
    """Whether a caller's address is one of those that a peer's host name stands for."""
    address = _plain(caller)
    return address is not None and any(_plain(each) == address for each in known)


def _plain(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)  # a listener on both families sees IPv4 callers so
    return mapped or address


def groups_of_contexts(wanted: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, tuple[str, ...]]]]:
    """(SOP class, transfer syntax) pairs as presentation contexts, one association's worth at a time.

    Each pair has a context of its own, so that what is accepted is exactly what is stored; each class has one for
    Explicit VR Little Endian besides, and one for Implicit, for a peer that cannot take it as it is. A class is never
    torn apart.
    """
    by_class: dict[str, list[str]] = {}
    for sop_class, syntax in wanted:
        by_class.setdefault(sop_class, [])
        if syntax not in by_class[sop_class]:
            by_class[sop_class].append(syntax)
    group: list[tuple[str, tuple[str, ...]]] = []
    for sop_class, syntaxes in by_class.items():
        own: list[tuple[str, tuple[str, ...]]] = [(sop_class, (syntax,)) for syntax in syntaxes]
        own += [(sop_class, (syntax,)) for syntax in PLAIN if syntax not in syntaxes]
        own = own[:MOST_CONTEXTS]
        if len(group) + len(own) > MOST_CONTEXTS:
            yield group
            group = []
        group.extend(own)
    if group:
        yield group


def contexts_to_get(sop_classes: Sequence[str]) -> Iterator[list[tuple[str, tuple[str, ...]]]]:
    """What to offer for C-GET when only the classes are known; the classes of one association go together."""
    classes = iter(dict.fromkeys(sop_classes or COMMON_CLASSES))
    most = (MOST_CONTEXTS - 1) // len(COMMON_SYNTAXES)
    while some := list(islice(classes, most)):
        yield [(sop_class, (syntax,)) for sop_class in some for syntax in COMMON_SYNTAXES]


def wait_before(attempt: int) -> float | None:
    """Seconds to wait before this attempt (the first is 0); None where it is time to give up."""
    if attempt == 0:
        return 0.0
    return _WAITS[attempt - 1] if attempt <= len(_WAITS) else None
