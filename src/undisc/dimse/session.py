"""What one association brings in."""

from contextlib import ExitStack

from undisc.intake.receiving import Delivery, Reception


class StoreSession:
    """The delivery is opened with the association's first instance and closed with the association."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._open = ExitStack()
        self._delivery: Delivery | None = None

    def delivery(self, actor: str) -> Delivery:
        """Raises StorageFull."""
        if self._delivery is None:
            self._delivery = self._open.enter_context(self._reception.delivery("dimse", actor))
        return self._delivery

    def close(self) -> None:
        self._delivery = None
        self._open.close()
