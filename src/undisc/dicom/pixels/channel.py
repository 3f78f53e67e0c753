"""How the pool and its workers talk: a u32 length, little-endian, then that many bytes of JSON.

A length of 0 is a sign of life: another frame is done.
"""

import json
import struct
from typing import Any

from undisc.dicom.pixels.model import Derived, FrameFailure, Undecodable, Written

LENGTH = struct.Struct("<I")
LONGEST = 64 << 20
ALIVE = LENGTH.pack(0)

CRASHED = "The decoder broke down over it."
# More failures than this are one thing that is wrong, told often; the pack has them all.
_MOST_FAILURES = 10_000


def packed(message: dict[str, Any]) -> bytes:
    body = json.dumps(message).encode("ascii")
    return LENGTH.pack(len(body)) + body


def result_message(result: Derived | Written | Undecodable) -> dict[str, Any]:
    if isinstance(result, Undecodable):
        return {"undecodable": result.reason, "lasting": result.lasting}
    if isinstance(result, Written):
        return {"written": list(result.lengths)}
    failures = [list(failure) for failure in result.failures[:_MOST_FAILURES]]
    return {"frames": result.frames, "failures": failures, "damage": list(result.damage)}


def result_from(body: bytes) -> Derived | Written | Undecodable:
    """What a worker said. Raises ValueError where it is none of these messages."""
    message = json.loads(body)
    try:
        if "undecodable" in message:
            return Undecodable(str(message["undecodable"]), bool(message["lasting"]))
        if "written" in message:
            return Written(tuple(int(length) for length in message["written"]))
        failures = tuple(FrameFailure(int(frame), str(reason)) for frame, reason in message["failures"])
        return Derived(int(message["frames"]), failures, tuple(str(text) for text in message["damage"]))
    except (KeyError, TypeError) as error:
        raise ValueError("a worker's answer is not understood") from error
