"""Data sets on their way in: small ones in memory, large ones on the disk, none beyond what is allowed."""

import os
import tempfile
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.pdu_primitives import P_DATA

from undisc.dicom.wrapper import bare_prefix
from undisc.dimse.waking import LOOK_AGAIN, WakingQueue

if TYPE_CHECKING:
    from pynetdicom.association import Association

_SPILLED_FROM = 4 << 20
_LARGEST_IDENTIFIER = 1 << 20
_MOST_UNANSWERED = 16
_C_STORE_RQ = 0x0001


class TooLarge(Exception):
    """More came than is allowed; the association ends."""


class Arriving(BytesIO):
    """What pynetdicom collects a data set in. Beyond a few megabytes it goes to `path`, as a whole Part 10 file.

    What is not `wanted` is passed over: counted, and kept nowhere.
    """

    def __init__(
        self, limit: Callable[[], int], wrapper: Callable[[], bytes], folder: Path, wanted: Callable[[], bool]
    ) -> None:
        super().__init__()
        self.path: Path | None = None
        self.size = 0
        self.dataset_start = 0
        self.passed_over = False
        self._wanted = wanted
        self._limit = limit
        self._wrapper = wrapper
        self._folder = folder
        self._file: BinaryIO | None = None

    def write(self, data, /) -> int:  # type: ignore[no-untyped-def]  # as BytesIO has it: any buffer
        if not self.size:
            self.passed_over = not self._wanted()
        self.size += len(data)
        if self.size > self._limit():
            raise TooLarge
        if self.passed_over:
            return len(data)
        if self._file is None:
            if self.size <= _SPILLED_FROM:
                return super().write(data)
            self._spill()
        assert self._file is not None
        return self._file.write(data)

    def whole(self) -> Path | None:
        """The file that holds it all, for the taker to keep or move; None where it is in memory."""
        if self._file is not None:
            self._file.close()
            self._file = None
        return self.path

    def start(self, length: int) -> bytes:
        """The first bytes of the data set."""
        path = self.whole()
        if path is None:
            return bytes(self.getbuffer()[:length])
        with path.open("rb") as file:
            file.seek(self.dataset_start)
            return file.read(length)

    def drop(self) -> None:
        """Remove what lies on the disk."""
        path = self.whole()
        if path is not None:
            path.unlink(missing_ok=True)
            self.path = None

    def _spill(self) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._folder)
        self.path = Path(name)
        self._file = os.fdopen(descriptor, "wb")
        self.dataset_start = self._file.write(self._wrapper())
        self._file.write(self.getbuffer())
        self.seek(0)
        self.truncate()


class ArrivingProvider(DIMSEServiceProvider):
    """pynetdicom's, with bounds: on a data set's size, and on how many requests may wait for their answers."""

    def __init__(self, assoc: "Association", largest: int, folder: Path, takes_datasets: Callable[[], bool]) -> None:
        super().__init__(assoc)
        self._takes_datasets = takes_datasets
        self._largest = largest
        self._folder = folder
        self.something = threading.Event()
        self.msg_queue = WakingQueue(self.something.set)

    def get_msg(self, block: bool = False) -> Any:
        """As pynetdicom's; its loop, which asks without blocking, waits here until there is something to look at."""
        if not block and self.msg_queue.empty():
            self.something.wait(LOOK_AGAIN)
            self.something.clear()
        return super().get_msg(block)

    def receive_primitive(self, primitive: P_DATA) -> None:
        if self.message is None:
            self.message = self._new_message()
        message = self.message
        try:
            if self.msg_queue.qsize() > _MOST_UNANSWERED:
                raise TooLarge
            super().receive_primitive(primitive)
        except Exception:
            # Whatever it was that came, it cannot be understood: A-ABORT (PS3.8 9.2.2, AA-8).
            if isinstance(message.data_set, Arriving):
                message.data_set.drop()
            self.message = None
            self.dul.event_queue.put("Evt19")

    def drop_unfinished(self) -> None:
        """Remove what a cut association left on the disk."""
        left = [self.message.data_set] if self.message is not None else []
        left.extend(getattr(item, "DataSet", None) for _, item in list(self.msg_queue.queue))
        for data in left:
            if isinstance(data, Arriving):
                data.drop()

    def _new_message(self) -> DIMSEMessage:
        message = DIMSEMessage()

        def is_store() -> bool:
            return message.command_set.get("CommandField") == _C_STORE_RQ

        def limit() -> int:
            return self._largest if is_store() else _LARGEST_IDENTIFIER

        def wanted() -> bool:
            return not is_store() or self._takes_datasets()

        def wrapper() -> bytes:
            command = message.command_set
            context = self.assoc._accepted_cx[message.context_id or 0]
            return bare_prefix(
                str(command.get("AffectedSOPClassUID", "")),
                str(command.get("AffectedSOPInstanceUID", "")),
                str(context.transfer_syntax[0]),
                self.assoc.requestor.ae_title.strip(),
            )

        message.data_set = Arriving(limit, wrapper, self._folder, wanted)
        return message
