"""The inflated data set of Deflated Explicit VR Little Endian (PS3.5 A.5), within a bound."""

import mmap
import zlib

from undisc.dicom.model import Scanned

_LARGEST = 1 << 31


def inflated(data: bytes | memoryview | mmap.mmap, scanned: Scanned) -> bytes:
    """The data set that the scan's offsets are of; as far as it inflates, where its end is damaged or missing."""
    packed = memoryview(data)[scanned.dataset_start :]
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    parts: list[bytes] = []
    length = 0
    try:
        while packed and not engine.eof and length < _LARGEST:
            part = engine.decompress(engine.unconsumed_tail or packed[: 1 << 20], 1 << 22)
            if not engine.unconsumed_tail:
                packed = packed[1 << 20 :]
            parts.append(part)
            length += len(part)
    except zlib.error:
        pass
    return b"".join(parts)
