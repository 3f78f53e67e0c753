"""Taking a multipart/related answer apart as it comes (RFC 2046 5.1.1), in bounded memory."""

import re
from collections.abc import Iterable, Iterator

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_LONGEST_HEAD = 65_536


class MalformedMultipart(Exception):
    """The answer is not the multipart that it says it is."""


def boundary_of(content_type: str) -> bytes | None:
    """The boundary that a Content-Type names; None where it is no multipart."""
    if not content_type.lower().lstrip().startswith("multipart/"):
        return None
    found = _BOUNDARY.search(content_type)
    return (found[1] or found[2]).encode("latin-1", "replace") if found else None


def parts(chunks: Iterable[bytes], boundary: bytes) -> Iterator[tuple[int, bytes]]:
    """(number of the part, some of its bytes), in order. Raises MalformedMultipart, also where the end is missing."""
    mark = b"\r\n--" + boundary
    held = b"\r\n"  # the first boundary may stand at the very beginning
    number = -1
    in_head = False
    for chunk in chunks:
        held += chunk
        while True:
            if in_head:
                end = held.find(b"\r\n\r\n")
                if end < 0:
                    if len(held) > _LONGEST_HEAD:
                        raise MalformedMultipart("a part's headers do not end")
                    break
                held = held[end + 4 :]
                in_head = False
            at = held.find(mark)
            if at < 0:
                keep = len(mark) - 1
                if number >= 0 and len(held) > keep:
                    yield number, held[:-keep]
                held = held[-keep:] if len(held) > keep else held
                break
            after = at + len(mark)
            if len(held) < after + 2:
                break
            if number >= 0 and at:
                yield number, held[:at]
            if held[after : after + 2] == b"--":
                return
            held = held[after:]
            number += 1
            in_head = True
    raise MalformedMultipart("the answer ends too early")
