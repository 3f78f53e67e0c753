"""An original as decoders want it: mapped, scanned, and inflated where it is deflated. For worker processes only."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.decode import Buffer
from undisc.dicom.pixels.inflate import inflated
from undisc.dicom.pixels.model import Undecodable
from undisc.dicom.scan import scan


@contextmanager
def opened(source: Path) -> Iterator[tuple[mmap.mmap, Buffer, Scanned] | Undecodable]:
    """The file, the buffer that the scan's offsets are of, and the scan."""
    if not source.is_file() or not source.stat().st_size:  # a pipe would be waited for
        yield Undecodable("It is no file that can be read.")
        return
    with source.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            scanned = scan(mapped)
            if isinstance(scanned, Scanned):
                yield mapped, inflated(mapped, scanned) if scanned.inflated else mapped, scanned
            else:
                yield Undecodable("Its header cannot be read.")
        finally:
            with suppress(BufferError):  # where it was broken off, views live on with the error's own frames
                mapped.close()
