"""The pictures of a scan as JPEG in a ZIP: what any telephone shows and any printer prints."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from undisc.archive.retrieving import CannotBeMade, Held, Retriever
from undisc.dicom.pixels.model import Rendering
from undisc.sharing.model import Denied, Subject, Use, Viewing
from undisc.sharing.package import DownloadStopped, noted_at_the_end
from undisc.sharing.service import Sharing

_MODE = 0o100644
_JPEG = Rendering("jpeg")


def jpeg_package(
    sharing: Sharing, retrieving: Retriever, study_uid: str, viewing: Viewing, made_at: datetime
) -> Iterator[bytes] | None:
    """The ZIP on its way, stopped when the session ends; None where the scan has no pictures. It breaks off where all
    workers are taken for too long, so that nobody takes half of it for all."""
    from stream_zip import NO_COMPRESSION_32, stream_zip

    permit = sharing.permit(viewing.link_id, viewing.token, Use.DOWNLOAD, Subject.LINK)
    held = [each for each in retrieving.many(study_uid) if each.frames]
    if isinstance(permit, Denied) or not held:
        return None
    still_allowed = sharing.still_allowed(permit, viewing.token)
    note = sharing.note_download(permit, len(held))
    stamp = made_at.astimezone(UTC)

    def members() -> Iterator[Any]:
        series: dict[int, int] = {}
        for number, each in enumerate(held, 1):
            if not still_allowed():
                raise DownloadStopped
            folder = series.setdefault(each.series_id, len(series) + 1)
            for frame, picture in enumerate(_pictures(retrieving, each), 1):
                suffix = f"-{frame:04d}" if each.frames > 1 else ""
                name = f"SERIES{folder:03d}/PICTURE{number:06d}{suffix}.jpg"
                yield name, stamp, _MODE, NO_COMPRESSION_32, iter((picture,))

    return noted_at_the_end(stream_zip(members()), note)


def _pictures(retrieving: Retriever, held: Held) -> Iterator[bytes]:
    """Every frame of an instance; nothing of one that cannot be drawn."""
    try:
        made = retrieving.rendered(held, (), _JPEG)
    except FileNotFoundError:
        return
    if isinstance(made, CannotBeMade):
        return
    with made.file:
        for length in made.lengths:
            yield made.file.read(length)
