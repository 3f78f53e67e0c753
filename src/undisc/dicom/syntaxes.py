"""Transfer syntaxes as the web knows them: which may travel, under which media type, and what is made of what."""

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
RLE = "1.2.840.10008.1.2.5"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.57"
JPEG_LOSSLESS_SV1 = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_LS_LOSSY = "1.2.840.10008.1.2.4.81"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
JPEG_2000 = "1.2.840.10008.1.2.4.91"
HTJ2K_LOSSLESS = "1.2.840.10008.1.2.4.201"
HTJ2K_LOSSLESS_RPCL = "1.2.840.10008.1.2.4.202"
HTJ2K = "1.2.840.10008.1.2.4.203"
VIDEO = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109))
"""One stream in all fragments together, however many frames it shows (PS3.5 8.2.5 to 8.2.16)."""

NEVER_ON_THE_WEB = frozenset({IMPLICIT, BIG_ENDIAN})
"""PS3.18 8.7.3."""
NATIVE = frozenset({IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED})
"""Pixel data lie there uncompressed."""
MADE = frozenset({EXPLICIT, RLE, JPEG_LS, JPEG_2000_LOSSLESS, HTJ2K_LOSSLESS})
"""What `undisc.dicom.pixels.transcode` writes."""

FRAME_MEDIA: dict[str, tuple[str, ...]] = {
    "application/octet-stream": (EXPLICIT,),
    "image/jphc": (HTJ2K_LOSSLESS, HTJ2K_LOSSLESS_RPCL, HTJ2K),
    "image/jls": (JPEG_LS, JPEG_LS_LOSSY),
    "image/jp2": (JPEG_2000_LOSSLESS, JPEG_2000),
    "image/dicom-rle": (RLE,),
    "image/jpeg": (JPEG_LOSSLESS_SV1, JPEG_BASELINE, JPEG_EXTENDED, JPEG_LOSSLESS),
    "video/mp4": tuple(sorted(VIDEO)),
}
"""The media types of compressed frames, the default transfer syntax of each first (PS3.18 table 8.7.3-5)."""


def media_type(transfer_syntax: str) -> str:
    """The media type of a frame in this transfer syntax; uncompressed for one that no media type names."""
    for name, syntaxes in FRAME_MEDIA.items():
        if transfer_syntax in syntaxes:
            return name
    return "application/octet-stream"
