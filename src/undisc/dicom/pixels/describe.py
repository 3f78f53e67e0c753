"""Says what an instance's pixel data are, after holding every claim of the header against the bytes that are there."""

from undisc.dicom.model import PixelLayout, Scanned
from undisc.dicom.pixels.model import PixelDescription, Undecodable

# A single decoded frame above this is not a picture anybody made; whole-slide tiles and mammograms are far below.
LARGEST_FRAME_BYTES = 1 << 30
MOST_FRAMES = 1_000_000

_LITTLE = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.1.98"}
_BIG = "1.2.840.10008.1.2.2"
_CODED = "1.2.840.10008.1.2.4."
_VIDEO = {f"{_CODED}{number}" for number in range(100, 110)}
_ELSEWHERE = {f"{_CODED}94", f"{_CODED}95", f"{_CODED}204", f"{_CODED}205"}
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
RLE = "1.2.840.10008.1.2.5"
JPEG = {f"{_CODED}{number}" for number in range(50, 71)}
LOSSY_JPEG = {f"{_CODED}{number}" for number in range(50, 57)}
JPEG_LS = {f"{_CODED}80", f"{_CODED}81"}
JPEG_2000 = {f"{_CODED}{number}" for number in (90, 91, 92, 93, 201, 202, 203)}
JPEG_XL = {f"{_CODED}{number}" for number in (110, 111, 112)}
DECODABLE = JPEG | JPEG_LS | JPEG_2000 | JPEG_XL | {RLE, DEFLATED_FRAMES}

_ONE_SAMPLE = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}
_THREE_SAMPLES = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT", "XYB"}
_HALVED = {"YBR_FULL_422", "YBR_PARTIAL_422"}


def describe(scanned: Scanned) -> PixelDescription | Undecodable:
    """Check the Image Pixel module; nothing is allocated, and no pixel is read."""
    layout = scanned.pixels
    if layout is None:
        return Undecodable("It has no pictures.")
    if layout.value.length <= 0:
        return Undecodable("Its pixel data are empty.")
    syntax = scanned.transfer_syntax
    if reason := _syntax_trouble(syntax, layout.encapsulated):
        return Undecodable(reason)
    rows, columns = _whole(scanned, "Rows"), _whole(scanned, "Columns")
    if not rows or not columns or not (0 < rows <= 0xFFFF and 0 < columns <= 0xFFFF):
        return Undecodable("Its header does not say how large its pictures are.")

    damage: list[str] = []
    samples = _whole(scanned, "SamplesPerPixel") or 1
    photometric = scanned.text("PhotometricInterpretation").strip(" \0").upper()
    if samples not in (1, 3):
        return Undecodable(f"Its pixels have {samples} samples each, which is not known here.")
    photometric = _fitting_photometric(photometric, samples, damage)
    if photometric not in _ONE_SAMPLE | _THREE_SAMPLES:
        return Undecodable("Its way of coding colour is not known here.")

    floating = layout.keyword != "PixelData"
    if floating:
        allocated = stored = 32 if layout.keyword == "FloatPixelData" else 64
        high_bit, signed = allocated - 1, True
    else:
        allocated = _whole(scanned, "BitsAllocated") or 0
        if allocated not in (1, 8, 16, 32):
            return Undecodable(f"Its pixels take {allocated} bits each, which is not known here.")
        stored = _whole(scanned, "BitsStored") or allocated
        if not 0 < stored <= allocated:
            damage.append(f"Bits Stored {stored} does not fit Bits Allocated {allocated}; all bits were taken.")
            stored = allocated
        high_bit = _whole(scanned, "HighBit")
        if high_bit is None or not stored - 1 <= high_bit < allocated:
            high_bit = stored - 1
        signed = _whole(scanned, "PixelRepresentation") == 1 and allocated > 1

    by_codec = layout.encapsulated and syntax in DECODABLE - {DEFLATED_FRAMES}
    halved = photometric in _HALVED and not by_codec and columns % 2 == 0
    frame_bits = rows * columns * allocated * (2 if halved else samples)
    if rows * columns * samples * max(allocated // 8, 1) > LARGEST_FRAME_BYTES:
        return Undecodable("A single one of its pictures is claimed to be larger than 1 GiB.")

    frames = _frames_there(scanned, layout, frame_bits, damage)
    if isinstance(frames, Undecodable):
        return frames
    return PixelDescription(
        transfer_syntax=syntax,
        rows=rows,
        columns=columns,
        frames=frames,
        samples=samples,
        allocated=allocated,
        stored=stored,
        high_bit=high_bit,
        signed=signed,
        floating=floating,
        photometric=photometric,
        planar=samples > 1 and _whole(scanned, "PlanarConfiguration") == 1 and not halved,
        big_endian=syntax == _BIG,
        encapsulated=layout.encapsulated,
        frame_bits=frame_bits,
        damage=tuple(damage),
    )


def _syntax_trouble(syntax: str, encapsulated: bool) -> str | None:
    if syntax in _VIDEO:
        return "It is a video, which is kept and not shown here."
    if syntax in _ELSEWHERE:
        return "Its pixel data lie on another server and were not on this source."
    if encapsulated and syntax not in DECODABLE | {"1.2.840.10008.1.2.1.98"}:
        return "Its pixel data are compressed in a way that nothing here decodes."
    if not encapsulated and syntax not in _LITTLE and syntax != _BIG:
        return "Its transfer syntax says compressed, its pixel data are not in the form of compressed data."
    return None


def _fitting_photometric(photometric: str, samples: int, damage: list[str]) -> str:
    if samples == 1 and photometric not in _ONE_SAMPLE:
        if photometric in _THREE_SAMPLES or not photometric:
            damage.append("Photometric Interpretation does not fit one sample a pixel; shown as grey.")
            return "MONOCHROME2"
    elif samples == 3 and (photometric in _ONE_SAMPLE or not photometric):
        damage.append("Photometric Interpretation does not fit three samples a pixel; shown as RGB.")
        return "RGB"
    return photometric


def _frames_there(scanned: Scanned, layout: PixelLayout, frame_bits: int, damage: list[str]) -> int | Undecodable:
    """How many frames have bytes; the claim is only believed as far as there are bytes for it."""
    claimed = _whole(scanned, "NumberOfFrames")
    if claimed is None and scanned.text("NumberOfFrames").strip(" \0"):
        damage.append("Number of Frames is not a number.")
    if layout.encapsulated:
        there = len(layout.frames)
        if there == 0:
            return Undecodable("Its pixel data hold no frame.")
    else:
        there = -(-layout.value.length * 8 // frame_bits)
    wanted = 1 if claimed is None or claimed < 1 else claimed
    if claimed is None and layout.encapsulated:
        wanted = there
    if wanted > there:
        damage.append(f"The header claims {wanted} frames; the pixel data hold {there}.")
    frames = min(wanted, there)
    if frames > MOST_FRAMES:
        return Undecodable(f"It holds more than {MOST_FRAMES} frames.")
    if not layout.encapsulated and layout.value.length * 8 < frames * frame_bits:
        needed = (frames * frame_bits + 7) // 8
        damage.append(f"Pixel data are short: {layout.value.length} of {needed} bytes; the rest is shown as zero.")
    return frames


def _whole(scanned: Scanned, keyword: str) -> int | None:
    value = scanned.first(keyword)
    if isinstance(value, str):
        text = value.strip(" \0")
        # Python's int() takes underscores and other scripts' digits, and a megabyte of them; an IS has 12 characters.
        return int(text) if len(text) <= 12 and text.lstrip("+-").isascii() and text.lstrip("+-").isdigit() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1 << 53 else None
    return value
