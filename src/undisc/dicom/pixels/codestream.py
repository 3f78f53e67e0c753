"""What a compressed frame says of itself in its markers, so that a claim can be refused before it is decoded."""

import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """Size and kind of a coded picture. colour: "RGB" or "YBR" where the stream itself says so, else ""."""

    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool = False
    colour: str = ""


_FRAME_HEADERS = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7}


def jpeg_claim(frame: bytes) -> Claim | None:
    """The frame header of a JPEG or JPEG-LS stream (ITU-T T.81 B.2.2, T.87 C.2.2), or None where there is none."""
    if frame[:2] != b"\xff\xd8":
        return None
    at, adobe, jfif = 2, None, False
    while at + 4 <= len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = struct.unpack_from(">H", frame, at + 2)[0]
        body = frame[at + 4 : at + 2 + length]
        if marker in _FRAME_HEADERS:
            return _frame_header(body, adobe, jfif)
        if marker == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        elif marker == 0xE0 and body[:4] == b"JFIF":
            jfif = True
        elif marker == 0xDA:
            return None
        at += 2 + max(length, 2)
    return None


def _frame_header(body: bytes, adobe: int | None, jfif: bool) -> Claim | None:
    if len(body) < 6:
        return None
    precision, rows, columns, samples = struct.unpack_from(">BHHB", body)
    names = bytes(body[6 + 3 * i] for i in range(samples) if 6 + 3 * i < len(body))
    colour = ""
    if samples == 3:
        # The Adobe marker is explicit, JFIF implies YCbCr, and components may be named R, G, B.
        if adobe is not None:
            colour = "RGB" if adobe == 0 else "YBR"
        elif jfif:
            colour = "YBR"
        elif names == b"RGB":
            colour = "RGB"
    return Claim(rows, columns, samples, precision, colour=colour)


def jpeg_2000_claim(frame: bytes) -> Claim | None:
    """The SIZ marker of a JPEG 2000 codestream (ITU-T T.800 A.5.1), bare or in a JP2 file; None where there is none."""
    at = 0 if frame[:4] == b"\xff\x4f\xff\x51" else frame.find(b"\xff\x4f\xff\x51", 0, 4096)
    if at < 0 or len(frame) < at + 45:
        return None
    _, _, width, height, left, top = struct.unpack_from(">HHIIII", frame, at + 4)
    tile_width, tile_height, _, _, samples = struct.unpack_from(">IIIIH", frame, at + 24)
    depth = frame[at + 42]
    if not tile_width or not tile_height or width <= left or height <= top:
        return None
    return Claim(height - top, width - left, samples, (depth & 0x7F) + 1, bool(depth & 0x80))
