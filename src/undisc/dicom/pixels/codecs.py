"""JPEG, JPEG-LS, JPEG 2000 and JPEG XL frames to stored values.

imagecodecs decodes nearly all; JPEG that it refuses goes to GDCM. Every frame is asked for its size before it is
decoded, so that a codestream cannot make a codec allocate more than the header's picture.
"""

import imagecodecs
import numpy as np

from undisc.dicom.pixels import describe as syntaxes
from undisc.dicom.pixels.codestream import Claim, jpeg_2000_claim, jpeg_claim
from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription
from undisc.dicom.pixels.native import without_unused_bits

_HELD_AS_RGB = {"YBR_ICT", "YBR_RCT"}
_DAMAGED = "The compressed frame is damaged."


def decode_coded(coded: bytes, description: PixelDescription, second_opinion: bool) -> tuple[np.ndarray, str]:
    """Stored values and their photometric interpretation. Raises FrameUndecodable.

    second_opinion: GDCM may be asked, which on some damaged streams ends the process.
    """
    syntax = description.transfer_syntax
    if syntax in syntaxes.JPEG_2000:
        return _jpeg_2000(coded, description)
    if syntax in syntaxes.JPEG_XL:
        return _jpeg_xl(coded, description)
    return _jpeg(coded, description, second_opinion)


def _jpeg(coded: bytes, description: PixelDescription, second_opinion: bool) -> tuple[np.ndarray, str]:
    claim = jpeg_claim(coded)
    _agree(claim, description)
    assert claim is not None
    try:
        if description.transfer_syntax in syntaxes.JPEG_LS:
            # CharLS never returns from a stream that is cut short; an end of image makes it find that out.
            image = imagecodecs.jpegls_decode(coded + b"\xff\xd9")
        elif claim.samples == 1:
            image = imagecodecs.jpeg8_decode(coded)
        else:
            # The same colour space in and out keeps the codec from converting: stored values are asked for.
            image = imagecodecs.jpeg8_decode(coded, colorspace="YCBCR", outcolorspace="YCBCR")
    except (RuntimeError, ValueError):
        asked = second_opinion and description.transfer_syntax in syntaxes.JPEG
        image = _by_gdcm(coded, description, claim) if asked else None
    if image is None:
        raise FrameUndecodable(_DAMAGED)
    return _fitted(image, description, claim.precision, False), _jpeg_photometric(claim, description)


def _jpeg_photometric(claim: Claim, description: PixelDescription) -> str:
    """A lossy stream that says what its colours are is believed, as every browser does; a lossless one has no say."""
    says, header = claim.colour, description.photometric
    if description.transfer_syntax not in syntaxes.LOSSY_JPEG or not says:
        return header
    if says == "RGB":
        return "RGB"
    return "YBR_FULL" if header == "RGB" else header


def _jpeg_2000(coded: bytes, description: PixelDescription) -> tuple[np.ndarray, str]:
    claim = jpeg_2000_claim(coded)
    _agree(claim, description)
    assert claim is not None
    try:
        image = imagecodecs.jpeg2k_decode(coded)
    except (RuntimeError, ValueError):
        try:
            image = imagecodecs.htj2k_decode(coded)
        except (RuntimeError, ValueError) as error:
            raise FrameUndecodable(_DAMAGED) from error
    photometric = "RGB" if description.photometric in _HELD_AS_RGB else description.photometric
    return _fitted(image, description, claim.precision, claim.signed), photometric


def _jpeg_xl(coded: bytes, description: PixelDescription) -> tuple[np.ndarray, str]:
    try:
        image = imagecodecs.jpegxl_decode(coded, numthreads=1)
    except (RuntimeError, ValueError) as error:
        raise FrameUndecodable("The JPEG XL frame is damaged.") from error
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    image = _fitted(image, description, image.dtype.itemsize * 8, False)
    return image, description.photometric if image.ndim == 2 else "RGB"


def _agree(claim: Claim | None, description: PixelDescription) -> None:
    if claim is None:
        raise FrameUndecodable("The compressed frame does not begin as it must.")
    if (claim.rows, claim.columns) != (description.rows, description.columns):
        raise FrameUndecodable("The compressed frame is of another size than the header says.")
    if claim.samples != description.samples:
        raise FrameUndecodable("The compressed frame has other samples than the header says.")


def _fitted(image: np.ndarray, description: PixelDescription, precision: int, signed: bool) -> np.ndarray:
    """What a codec gave, as the header's dtype: the sign carried up from `precision` bits where the two disagree."""
    shape = (description.rows, description.columns) + ((description.samples,) if description.samples > 1 else ())
    if image.shape != shape:
        raise FrameUndecodable("The compressed frame is of another size than the header says.")
    wanted = np.dtype(description.dtype)
    if image.dtype.kind not in "iu" or (image.dtype.itemsize > wanted.itemsize and precision > wanted.itemsize * 8):
        raise FrameUndecodable("The compressed frame has more bits than the header says.")
    values = image.astype(wanted, copy=False)
    spare = wanted.itemsize * 8 - precision
    if signed != description.signed and spare > 0:
        values = np.right_shift(np.left_shift(values, wanted.type(spare)), wanted.type(spare))
    return without_unused_bits(values, description) if precision > description.stored else values


def _by_gdcm(coded: bytes, description: PixelDescription, claim: Claim) -> np.ndarray | None:
    """The second opinion on JPEG; for the other codecs GDCM has the same libraries inside."""
    import gdcm

    allocated = 8 if claim.precision <= 8 else 16 if claim.precision <= 16 else 32
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(coded)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    picture = gdcm.Image()
    picture.SetNumberOfDimensions(2)
    picture.SetDimensions((description.columns, description.rows, 1))
    picture.SetDataElement(element)
    photometric = gdcm.PhotometricInterpretation.GetPIType(description.photometric)
    picture.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(photometric))
    picture.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(description.transfer_syntax)))
    kind = gdcm.PixelFormat(description.samples, allocated, claim.precision, claim.precision - 1, int(claim.signed))
    picture.SetPixelFormat(kind)
    needed = description.rows * description.columns * description.samples * allocated // 8
    try:
        raw = picture.GetBuffer().encode("utf-8", "surrogateescape")
    except (RuntimeError, ValueError, TypeError, SystemError, AttributeError):  # None, at times
        return None
    if len(raw) < needed:
        return None
    flat = np.frombuffer(raw, f"{'i' if claim.signed else 'u'}{allocated // 8}", needed // (allocated // 8))
    shape = (description.rows, description.columns) + ((description.samples,) if description.samples > 1 else ())
    return flat.reshape(shape)
