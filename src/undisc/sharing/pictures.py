"""What sharing needs to know from the archive, and no more."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from undisc.archive.model import Original


class Placed(Protocol):
    """An instance, as far as sharing cares: what it belongs to."""

    @property
    def study_id(self) -> int: ...

    @property
    def series_id(self) -> int: ...


class Pictures(Protocol):
    """The archive, as the holder of a link meets it. Ids are the database's own; None means: not here."""

    def study_uid(self, study_id: int) -> str | None: ...

    def study_summaries(self, study_ids: Sequence[int], *, reports: bool = True) -> list[dict[str, Any]]:
        """One object a study, with its series, as the study manifest shows them; newest first. reports: whether series
        of what tells of pictures are among them.
        """
        ...

    def patient_of(self, study_id: int) -> dict[str, Any]:
        """`name`, `id`, `birth_date` and `sex`, as the study gives them."""
        ...

    def first_picture(self, study_id: int) -> tuple[int, int, bytes] | None:
        """The series to begin with, the index of its middle picture in display order, and that picture as WebP."""
        ...

    def series_manifest(self, series_id: int) -> bytes | None:
        """JSON, gzip-compressed."""
        ...

    def series_study(self, series_id: int) -> int | None: ...

    def instance(self, instance_id: int) -> Placed | None: ...

    def has_reports(self, series_id: int) -> bool:
        """Whether what is in a series tells of pictures and is none."""
        ...

    def originals(self, study_ids: Sequence[int], *, reports: bool = True) -> Iterator[Original]: ...
