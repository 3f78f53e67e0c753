"""Headers that were read a moment ago and will be wanted again soon."""

from undisc.dicom.model import Scanned

_MOST = 16 << 20  # bytes of DICOM JSON; with their values as Python has them about three times that


class Headers:
    """By the rows of their instances, within bounds."""

    def __init__(self) -> None:
        self._headers: dict[int, Scanned] = {}
        self._size = 0

    def remember(self, instance_id: int, scanned: Scanned) -> None:
        if not scanned.per_frame and self._size + len(scanned.json) <= _MOST:
            self._headers[instance_id] = scanned
            self._size += len(scanned.json)

    def take(self, instance_id: int) -> Scanned | None:
        """Gives a header once."""
        remembered = self._headers.pop(instance_id, None)
        if remembered:
            self._size -= len(remembered.json)
        return remembered
