"""An optical drive: where the session begins that shows everything burned so far."""

import struct
from pathlib import Path

try:
    from fcntl import ioctl
except ImportError:  # not on this system; its drives are then read from their first session
    ioctl = None

_CDROMMULTISESSION = 0x5310  # linux/cdrom.h
_LBA = 1


def last_session(drive: Path) -> int:
    """The sector at which the disc's last session begins; 0 where there is one only, or the drive cannot say."""
    if ioctl is None:
        return 0
    asked = struct.pack("iBB2x", 0, 0, _LBA)
    try:
        with drive.open("rb", buffering=0) as device:
            sector, is_multisession, _ = struct.unpack("iBB2x", ioctl(device, _CDROMMULTISESSION, asked))
    except OSError:
        return 0
    return max(0, sector) if is_multisession else 0
