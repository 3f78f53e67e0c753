"""What a DICOM file is, from its bytes, at the speed of a disc: `scan(data)` for one file, `HeaderScanner` for many."""

import threading

from undisc.dicom.model import ScanResult
from undisc.dicom.scan.frames import Buffer
from undisc.dicom.scan.reader import HeaderScanner

__all__ = ["HeaderScanner", "scan"]

_per_thread = threading.local()


def scan(data: Buffer) -> ScanResult:
    """What the bytes of one whole file are (bytes, memoryview or mmap); never raises for what they hold.

    Each thread remembers what the files before had in common, within bounds, so that a series is read fast.
    """
    scanner = getattr(_per_thread, "scanner", None)
    if scanner is None:
        scanner = _per_thread.scanner = HeaderScanner()
    return scanner.scan(data)
