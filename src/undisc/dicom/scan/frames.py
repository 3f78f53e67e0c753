"""Where the pixel data and each frame lie, native (PS3.5 8.1.1) or encapsulated (PS3.5 A.4)."""

from collections.abc import Mapping
from mmap import mmap
from struct import unpack_from
from typing import Literal, cast

from undisc.dicom.model import Extent, PixelLayout, Value
from undisc.dicom.scan.wanted import PIXELS

Buffer = bytes | memoryview | mmap
Keyword = Literal["PixelData", "FloatPixelData", "DoubleFloatPixelData"]
Frames = tuple[tuple[Extent, ...], ...]

MOST_FRAMES = 262_144
_UNDEFINED = 0xFFFFFFFF
_MARKS = {False: (b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"), True: (b"\xff\xfe\xe0\x00", b"\xff\xfe\xe0\xdd")}
_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
_END_OF_IMAGE = b"\xff\xd9"
_EARLY = "The file is cut short: its pictures end early."


def number(attributes: Mapping[str, tuple[Value, ...]], keyword: str, otherwise: int) -> int:
    values = attributes.get(keyword)
    if not values or isinstance(values[0], str):
        return otherwise
    return int(values[0])


def native(
    tag: int, vr: str, at: int, length: int, total: int, attributes: Mapping[str, tuple[Value, ...]]
) -> tuple[PixelLayout, tuple[str, ...]]:
    """The layout of uncompressed pixels whose value begins at `at` and claims `length` bytes."""
    keyword = cast(Keyword, PIXELS[tag])
    there = min(length, total - at)
    frames_claimed = max(number(attributes, "NumberOfFrames", 1), 1)
    bits = _bits_per_frame(keyword, attributes)
    damage: tuple[str, ...] = ()
    expected = (bits * frames_claimed + 7) // 8
    if there < max(expected, length):
        goal = expected or length
        missing = goal - there
        if length > there and missing > 0:
            damage = (f"The file is cut short: {missing} of {goal} bytes of the picture are missing.",)
        elif missing > 0:
            damage = (f"The picture is incomplete: {missing} of {goal} bytes are missing.",)
    value = Extent(at, there)
    whole = (value,) if there else ()
    if bits == 0 or bits % 8 or frames_claimed == 1:
        single = Extent(at, min(there, expected)) if expected else value
        frames: Frames = ((single,),) if whole else ()
    else:
        size = bits // 8
        count = min(frames_claimed, -(-there // size), MOST_FRAMES)
        frames = tuple((Extent(at + n * size, min(size, there - n * size)),) for n in range(count))
    return PixelLayout(keyword, vr, False, value, frames, length), damage


def _bits_per_frame(keyword: str, attributes: Mapping[str, tuple[Value, ...]]) -> int:
    rows, columns = number(attributes, "Rows", 0), number(attributes, "Columns", 0)
    samples = number(attributes, "SamplesPerPixel", 1)
    bits = _BITS.get(keyword) or number(attributes, "BitsAllocated", 0)
    if attributes.get("PhotometricInterpretation") == ("YBR_FULL_422",) and samples == 3:
        samples = 2  # two chrominance values for each two pixels (PS3.3 C.7.6.3.1.2)
    return max(rows * columns * samples * bits, 0)


def encapsulated(
    data: Buffer,
    tag: int,
    vr: str,
    at: int,
    total: int,
    big: bool,
    attributes: Mapping[str, tuple[Value, ...]],
    extended: tuple[tuple[int, ...], tuple[int, ...]] | None,
    video: bool = False,
) -> tuple[PixelLayout, int, tuple[str, ...]]:
    """The layout of compressed pixels whose items begin at `at`, and where the element after them begins.

    extended: the Extended Offset Table and its lengths, where the data set has them; they come before the basic one.
    video: all fragments are one stream, which is told as one frame.
    """
    damage: list[str] = []
    fragments, stop, following = _fragments(data, at, total, big, damage)
    table = fragments[0] if fragments else Extent(at, 0)
    pictures = fragments[1:]
    claimed = max(number(attributes, "NumberOfFrames", 1), 1)
    if video:
        layout = PixelLayout(cast(Keyword, PIXELS[tag]), vr, True, Extent(at, stop - at), (tuple(pictures),), None)
        return layout, following, tuple(damage)
    frames = _by_extended(extended, table, total, pictures)
    if frames is None:
        frames = _by_basic(data, table, pictures, big) or _by_count(data, pictures, claimed)
    if not damage and len(frames) < claimed:
        damage.append(f"{claimed - len(frames)} of {claimed} pictures are missing.")
    layout = PixelLayout(cast(Keyword, PIXELS[tag]), vr, True, Extent(at, stop - at), frames, None)
    return layout, following, tuple(damage)


def _fragments(data: Buffer, at: int, total: int, big: bool, damage: list[str]) -> tuple[list[Extent], int, int]:
    """All items, where they stop, and what follows their delimiter; the last item may be cut by the file's end.

    The first item is the Basic Offset Table.
    """
    item, last = _MARKS[big]
    order = ">I" if big else "<I"
    fragments: list[Extent] = []
    while len(fragments) <= MOST_FRAMES:
        header = bytes(data[at : at + 8])
        mark = header[:4]
        if len(header) < 8:
            damage.append(_EARLY)
            return fragments, total, total
        if mark == last:
            return fragments, at, at + 8
        (length,) = unpack_from(order, header, 4)
        if mark != item or length == _UNDEFINED:
            damage.append("The pictures are followed by bytes that belong to nothing.")
            return fragments, total, total
        at += 8
        if at + length > total:
            damage.append(f"The file is cut short: {at + length - total} of {length} bytes of a picture are missing.")
            fragments.append(Extent(at, total - at))
            return fragments, total, total
        fragments.append(Extent(at, length))
        at += length
    damage.append("The pictures lie in more pieces than can be shown.")
    return fragments, total, total


def _by_extended(
    extended: tuple[tuple[int, ...], tuple[int, ...]] | None, table: Extent, total: int, pictures: list[Extent]
) -> Frames | None:
    """One fragment a frame, at offsets from the item after the basic table (PS3.3 C.7.6.3.1.8)."""
    if not extended or not pictures or len(extended[0]) != len(extended[1]):
        return None
    start = table.offset + table.length
    by_offset = {picture.offset: picture for picture in pictures}
    frames: list[tuple[Extent, ...]] = []
    for offset, length in zip(*extended, strict=True):
        picture = by_offset.get(start + offset + 8)
        if picture is None or (length > picture.length and picture.offset + picture.length < total):
            return None  # the table contradicts the items themselves
        frames.append((Extent(picture.offset, min(length, picture.length)),))
    return tuple(frames)


def _by_basic(data: Buffer, table: Extent, pictures: list[Extent], big: bool) -> Frames | None:
    """Frames begin where the Basic Offset Table says, if each of its offsets is an item's (PS3.5 A.4)."""
    count = table.length // 4
    if not count or not pictures:
        return None
    offsets = unpack_from(f"{'>' if big else '<'}{count}I", bytes(data[table.offset : table.offset + count * 4]))
    start = table.offset + table.length + 8
    at_offset = {picture.offset - start: index for index, picture in enumerate(pictures)}
    begins = [at_offset[offset] for offset in offsets if offset in at_offset]
    reached = pictures[-1].offset - start
    if not begins or len(begins) != sum(1 for offset in offsets if offset <= reached) or sorted(set(begins)) != begins:
        return None
    ends = [*begins[1:], len(pictures)]
    return tuple(tuple(pictures[first:last]) for first, last in zip(begins, ends, strict=True))


def _by_count(data: Buffer, pictures: list[Extent], claimed: int) -> Frames:
    """Without a table: all to one frame, one to each, or parted at the end-of-image marks of JPEG and its kin."""
    if not pictures:
        return ()
    if claimed == 1:
        return (tuple(pictures),)
    if len(pictures) <= claimed:
        return tuple((picture,) for picture in pictures)
    frames: list[tuple[Extent, ...]] = []
    gathered: list[Extent] = []
    for picture in pictures:
        gathered.append(picture)
        end = picture.offset + picture.length
        if _END_OF_IMAGE in bytes(data[max(picture.offset, end - 10) : end]):
            frames.append(tuple(gathered))
            gathered = []
    if gathered:
        frames.append(tuple(gathered))
    return tuple(frames)
