"""Parts of sound and moving pictures, as players ask for them (RFC 9110, 14), and PDFs, as browsers show them."""

import re

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from undisc.web.services import Medium

_ASKED = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def part_of(request: Request, medium: Medium) -> Response:
    """The whole, or the one range that is asked for; a range that cannot be is 416."""
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": "inline"}
    asked = request.headers.get("range")
    if asked is None or (match := _ASKED.fullmatch(asked.strip())) is None or match.groups() == ("", ""):
        first, last, status = 0, medium.length - 1, 200
    else:
        begin, end = match.groups()
        if begin:
            first, last = int(begin), min(int(end) if end else medium.length - 1, medium.length - 1)
        else:
            first, last = max(medium.length - int(end), 0), medium.length - 1
        if first > last:
            return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{medium.length}"})
        status = 206
        headers["Content-Range"] = f"bytes {first}-{last}/{medium.length}"
    headers["Content-Length"] = str(last - first + 1)
    return StreamingResponse(medium.read(first, last), status, headers, medium.media_type)


def pdf(data: bytes, name: str) -> Response:
    """Shown by the browser's own viewer, which runs nothing of it."""
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Security-Policy": "sandbox allow-downloads allow-modals; default-src 'none'; frame-ancestors 'none'",
    }
    return Response(data, media_type="application/pdf", headers=headers)
