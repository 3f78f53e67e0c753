"""Which representation a client asks for: Accept headers and parameters read, and matched with what can be given.

PS3.18 8.3.3 (accept query parameter), 8.7 (media types), RFC 9110 12.5.1. Pure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

ANY_SYNTAX = "*"
MULTIPART = "multipart/related"
_LONGEST = 8192
_MOST_RANGES = 64

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"\s*({_WORD})/({_WORD})\s*")
# A parameter's value is a token or a quoted string; media types are given bare by many clients, though the slash
# would want quotes.
_PARAMETER = re.compile(rf';\s*({_WORD})\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]+)\s*|;\s*')
_WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?|\.\d{1,3})")


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One media type or range that a client takes, in lower case.

    type: "application/dicom+json", "image/*", "*/*"; for multipart/related, `root` is what its parts are ("" where
    the client does not say). transfer_syntax: a UID, "*" for whatever is stored, None where the client does not say.
    """

    type: str
    root: str = ""
    transfer_syntax: str | None = None
    charset: str | None = None
    quality: float = 1.0

    @property
    def multipart(self) -> bool:
        return self.type == MULTIPART


@dataclass(frozen=True, slots=True)
class Offer:
    """One representation that can be given.

    type: of the body, or of its parts where it is multipart. transfer_syntaxes: those it can be given in, the default
    one (PS3.18 8.7.3) first; empty for what has none. `stored` says that transfer-syntax=* can be honoured. name: the
    caller's own word for it.
    """

    type: str
    multipart: bool = False
    transfer_syntaxes: tuple[str, ...] = ()
    stored: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to give. transfer_syntax: one of the offer's, "*" for what is stored, None where the offer has none."""

    offer: Offer
    transfer_syntax: str | None
    range: MediaRange = field(default_factory=lambda: MediaRange("*/*"))


@dataclass(frozen=True, slots=True)
class NotAcceptable:
    """Nothing that can be given is taken (406)."""


def parse_accept(text: str) -> tuple[MediaRange, ...]:
    """The ranges of an Accept header or parameter, in their order; what cannot be read is left out."""
    return tuple(found for part in _split(text[:_LONGEST])[:_MOST_RANGES] if (found := _range(part)) is not None)


def accepted(header: str | None, parameters: Sequence[str] = ()) -> tuple[MediaRange, ...]:
    """What a request takes: its `accept` query parameters where there are any (8.3.3.1), else its header, else all.

    A text in which nothing can be read takes nothing.
    """
    said = ",".join(parameters) if parameters else header
    if said is None or not said.strip():
        return (MediaRange("*/*"),)
    return parse_accept(said)


def negotiate(accepts: Iterable[MediaRange], offers: Sequence[Offer]) -> Choice | NotAcceptable:
    """The offer that fits best: by the client's weights, then by its more definite wishes, then by its order; where a
    range leaves a choice, the first of the offers."""
    ranges = list(accepts)
    ranked = sorted((each for each in ranges if each.quality > 0), key=lambda each: (-each.quality, _vagueness(each)))
    for wanted in ranked:
        for offer in offers:
            syntax = _fits(wanted, offer)
            if not isinstance(syntax, bool) and not _refused(ranges, offer, wanted):
                return Choice(offer, syntax, wanted)
    return NotAcceptable()


def _fits(wanted: MediaRange, offer: Offer) -> str | bool | None:
    """The transfer syntax in which an offer fits a range (None: it has none), or False."""
    if not _type_fits(wanted, offer):
        return False
    asked = wanted.transfer_syntax
    if not offer.transfer_syntaxes:
        return None if asked is None or asked == ANY_SYNTAX else False
    if asked is None:
        return offer.transfer_syntaxes[0]
    if asked == ANY_SYNTAX:
        return ANY_SYNTAX if offer.stored else offer.transfer_syntaxes[0]
    return asked if asked in offer.transfer_syntaxes else False


def _type_fits(wanted: MediaRange, offer: Offer) -> bool:
    if wanted.type == "*/*":
        return True
    if wanted.type == "multipart/*":
        return offer.multipart
    if wanted.multipart:
        return offer.multipart and (not wanted.root or _covers(wanted.root, offer.type))
    return not offer.multipart and _covers(wanted.type, offer.type)


def _covers(pattern: str, media_type: str) -> bool:
    if pattern in ("*/*", media_type):
        return True
    return pattern.endswith("/*") and media_type.startswith(pattern[:-1])


def _vagueness(wanted: MediaRange) -> int:
    named = wanted.root if wanted.multipart else wanted.type
    return 2 if wanted.type == "*/*" or not named else 1 if named.endswith("/*") else 0


def _refused(ranges: Iterable[MediaRange], offer: Offer, wanted: MediaRange) -> bool:
    """Whether a more definite range says that this offer is not taken (q=0)."""
    return any(
        each.quality == 0 and _vagueness(each) < _vagueness(wanted) and _fits(each, offer) is not False
        for each in ranges
    )


def _split(text: str) -> list[str]:
    """At the commas outside quotes."""
    parts: list[str] = []
    start, quoted, skip = 0, False, False
    for index, letter in enumerate(text):
        if skip:
            skip = False
        elif letter == "\\" and quoted:
            skip = True
        elif letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def _range(text: str) -> MediaRange | None:
    found = _TYPE.match(text)
    if found is None or (found[1] == "*" and found[2] != "*"):
        return None
    parameters: dict[str, str] = {}
    at = found.end()
    while at < len(text):
        parameter = _PARAMETER.match(text, at)
        if parameter is None:
            return None
        at = parameter.end()
        if parameter[1]:
            parameters.setdefault(parameter[1].lower(), _unquoted(parameter[2]))
    weight = parameters.get("q", "1")
    if not _WEIGHT.fullmatch(weight):
        return None
    return MediaRange(
        type=f"{found[1]}/{found[2]}".lower(),
        root=parameters.get("type", "").strip().lower(),
        transfer_syntax=parameters.get("transfer-syntax"),
        charset=parameters["charset"].lower() if "charset" in parameters else None,
        quality=float(weight),
    )


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1])
