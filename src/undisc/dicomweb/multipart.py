"""Answers of several parts (multipart/related, RFC 2387; PS3.18 8.6.1.2), written as a stream."""

import secrets


class Multipart:
    """One answer's boundary, and the bytes around its parts."""

    def __init__(self, root: str) -> None:
        self._boundary = secrets.token_hex(16)
        self.media_type = f'multipart/related; type="{root}"; boundary={self._boundary}'
        self.tail = f"--{self._boundary}--\r\n".encode()

    def head(self, media_type: str, length: int | None = None, location: str = "") -> bytes:
        """What stands before a part; END stands after it."""
        size = "" if length is None else f"Content-Length: {length}\r\n"
        place = f"Content-Location: {location}\r\n" if location else ""
        return f"--{self._boundary}\r\nContent-Type: {media_type}\r\n{size}{place}\r\n".encode("ascii")


END = b"\r\n"
