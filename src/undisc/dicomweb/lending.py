"""What this door asks of a server that lends a request's connection to a thread, for bodies that are large.

A server that does not is no worse but for its speed: bodies then come and go by way of the event loop.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import NamedTuple, Protocol

from starlette.types import Scope

EXTENSION = "undisc.lending"


class Stretch(NamedTuple):
    """Bytes of an open file, by its descriptor, which the system sends without a copy through this process."""

    file: int
    offset: int
    length: int


Block = bytes | memoryview | Stretch


class LentBody(Protocol):
    """A request's body. `read` is for a thread, the others for the event loop; give it back when no thread reads."""

    def read(self, size: int, seconds: float) -> bytes | bytearray:
        """The next bytes; b"" at the end. Raises TimeoutError and ConnectionError."""
        ...

    def stop(self) -> None: ...
    def give_back(self) -> None: ...


class Lending(Protocol):
    def body(self) -> LentBody | None: ...

    async def send(self, blocks: Iterator[Block], length: int, threads: Executor) -> bool:
        """Send the whole body of an answer; False where the client went away. A block may be written over, and a
        stretch's file closed, when the next one is asked for."""
        ...


def lending(scope: Scope) -> Lending | None:
    return scope.get("extensions", {}).get(EXTENSION, {}).get("lender")
