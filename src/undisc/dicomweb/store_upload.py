"""One upload: blocks of a body go in, instances are staged, and kept a batch at a time. Runs off the event loop."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from undisc.dicom.multipart import MultipartReader, PartBegins, PartGoesOn
from undisc.intake.receiving import Delivery, Received

_IN_MEMORY = 4 << 20
_FINISH_PARTS = 512
_FINISH_BYTES = 256 << 20
_ROOM_EVERY = 64 << 20
_MOST_PARTS = 100_000
_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))')


class TooManyParts(Exception):
    """More parts than one request may have."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A part that was not looked at. too_large: it has more bytes than this server takes."""

    reason: str
    too_large: bool = False


@dataclass(slots=True)
class Taken:
    """What an upload came to: how everything that was looked at ended, and what was not looked at."""

    received: list[Received] = field(default_factory=list)
    not_taken: list[NotTaken] = field(default_factory=list)
    in_doubt: BaseException | None = None
    """What a batch failed with while it was being kept: nobody knows then whether it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its bytes in memory, or in a staged file where they are many."""

    headers: "dict[str, str]"
    data: bytes | memoryview
    file: Path | None


class Body(Protocol):
    """A request's body on its way in. Raises MultipartMalformed, TooManyParts, StorageFull and OSError."""

    def take(self, block: bytes | bytearray) -> None: ...
    def end(self) -> None:
        """The body is complete."""
        ...


class Filling:
    """Puts one part's pieces together: in memory, and from a size on in a file of the delivery."""

    def __init__(self, delivery: Delivery, largest: int, refuse_when_full: Callable[[int], None]) -> None:
        self._delivery = delivery
        self._largest = largest
        self._refuse_when_full = refuse_when_full
        self._pieces: list[bytes | memoryview] = []
        self._size = 0
        self._checked = 0
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def add(self, piece: bytes | bytearray | memoryview) -> None:
        self._size += len(piece)
        if self._size > self._largest:
            self.drop()
            return
        self._pieces.append(memoryview(piece) if isinstance(piece, bytearray) else piece)
        if self._file is None and self._size <= _IN_MEMORY:
            return
        if self._file is None:
            self._path = self._delivery.place()
            self._file = self._path.open("wb", buffering=0)
        if self._size - self._checked >= _ROOM_EVERY:
            # A copy under a mended wrapper follows; room is wanted for both.
            self._refuse_when_full(self._size)
            self._checked = self._size
        for each in self._pieces:
            rest = memoryview(each)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._pieces.clear()

    def finished(self, headers: dict[str, str]) -> Part | None:
        """The part; None where it was too large."""
        if self._size > self._largest:
            return None
        if self._file is not None:
            self._file.close()
            return Part(headers, b"", self._path)
        pieces = self._pieces
        return Part(headers, pieces[0] if len(pieces) == 1 else b"".join(pieces), None)

    def drop(self) -> None:
        self._pieces.clear()
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            with suppress(FileNotFoundError):
                self._path.unlink()


class Instances:
    """Takes what is a Part 10 file; keeps a batch whenever enough has gathered, so that not everything is staged."""

    def __init__(self, delivery: Delivery, taken: Taken) -> None:
        self._delivery = delivery
        self._taken = taken
        self._waiting = 0
        self._bytes = 0

    def add(self, part: Part) -> None:
        if part.file is not None:
            self._bytes += part.file.stat().st_size
            self._delivery.receive_file(part.file)
        elif len(part.data):
            self._bytes += len(part.data)
            self._delivery.receive(part.data)
        else:
            self._taken.not_taken.append(NotTaken("It is empty."))
            return
        self._waiting += 1
        if self._waiting >= _FINISH_PARTS or self._bytes >= _FINISH_BYTES:
            self.keep()

    def keep(self, *, last: bool = False) -> None:
        try:
            self._taken.received.extend(self._delivery.finish(last=last))
        except BaseException as error:
            self._taken.in_doubt = error
            raise
        self._waiting = self._bytes = 0


class WholeBody:
    """A body that is one instance by itself."""

    def __init__(self, filling: Filling, instances: Instances, taken: Taken) -> None:
        self._filling = filling
        self._instances = instances
        self._taken = taken

    def take(self, block: bytes | bytearray) -> None:
        self._filling.add(block)

    def end(self) -> None:
        part = self._filling.finished({})
        if part is None:
            self._taken.not_taken.append(TOO_LARGE)
            return
        self._instances.add(part)
        self._instances.keep(last=True)


class Parts:
    """A body of several parts; what each is handed to decides what becomes of it."""

    def __init__(
        self,
        boundary: str,
        new_filling: Callable[[], Filling],
        hand_over: Callable[[Part], None],
        why_not: Callable[[dict[str, str]], str],
        taken: Taken,
    ) -> None:
        """why_not: why a part with these headers is not looked at, "" where it is."""
        self._reader = MultipartReader(boundary)
        self._new_filling = new_filling
        self._hand_over = hand_over
        self._why_not = why_not
        self._taken = taken
        self._headers: dict[str, str] = {}
        self._filling: Filling | None = None
        self.count = 0

    def take(self, block: bytes | bytearray) -> None:
        for event in self._reader.feed(block):
            if isinstance(event, PartGoesOn):
                if self._filling is not None:
                    self._filling.add(event.data)
            elif isinstance(event, PartBegins):
                self._begin(dict(event.headers))
            elif self._filling is not None:
                part = self._filling.finished(self._headers)
                self._filling = None
                if part is None:
                    self._taken.not_taken.append(TOO_LARGE)
                else:
                    self._hand_over(part)

    def _begin(self, headers: dict[str, str]) -> None:
        self.count += 1
        if self.count > _MOST_PARTS:
            raise TooManyParts
        self._headers = headers
        reason = self._why_not(headers)
        if reason:
            self._taken.not_taken.append(NotTaken(reason))
        self._filling = None if reason else self._new_filling()

    def end(self) -> None:
        self._reader.end()


TOO_LARGE = NotTaken("It is larger than this server takes in.", too_large=True)


def media_type(header: str) -> tuple[str, dict[str, str]]:
    """A Content-Type's type and parameters, names and type in lower case."""
    kind, _, _ = header.partition(";")
    parameters: dict[str, str] = {}
    for found in _PARAMETER.finditer(header[:2048], min(len(kind), 2048)):
        parameters.setdefault(found[1].lower(), found[2] if found[2] is not None else found[3])
    return kind.strip().lower(), parameters
