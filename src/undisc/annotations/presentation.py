"""What was drawn on one instance's pictures as a presentation state (PS3.3 A.33.1): any viewer can lay it over them."""

from collections.abc import Sequence

import imagecodecs
from pydicom import Dataset
from pydicom.uid import UID

from undisc.annotations.context import AUTHOR, Moment, begin, is_multiframe, reference
from undisc.annotations.model import Drawn, Kind

GRAYSCALE = UID("1.2.840.10008.5.1.4.1.1.11.1")
COLOUR = UID("1.2.840.10008.5.1.4.1.1.11.2")
_LAYER = "MEASUREMENTS"
_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_ARROW_HEAD = 0.12


def presentation_state(picture: Dataset, drawn: Sequence[Drawn], series: UID, number: int, moment: Moment) -> Dataset:
    """A state of one image. picture: its header. The image is shown upright, whole and at its own window."""
    grey = str(picture.get("PhotometricInterpretation", "")) in _MONOCHROME
    made = begin(picture, GRAYSCALE if grey else COLOUR, series, "PR", moment)
    made.SeriesDescription = "Measurements"
    made.Laterality = ""
    made.InstanceNumber = str(number)
    made.ContentLabel = _LAYER
    made.ContentDescription = "Drawn by the holder of a link"
    made.PresentationCreationDate, made.PresentationCreationTime = moment.date, moment.time
    made.ContentCreatorName = AUTHOR
    frames = {each.on.frame for each in drawn}
    image = reference(picture, frames)
    related = Dataset()
    related.SeriesInstanceUID = str(picture.SeriesInstanceUID)
    related.ReferencedImageSequence = [image]
    made.ReferencedSeriesSequence = [related]
    made.DisplayedAreaSelectionSequence = [_whole(picture)]
    made.GraphicAnnotationSequence = [
        _annotation(picture, frame, [each for each in drawn if each.on.frame == frame]) for frame in sorted(frames)
    ]
    layer = Dataset()
    layer.GraphicLayer = _LAYER
    layer.GraphicLayerOrder = "1"
    layer.GraphicLayerDescription = "Measurements"
    made.GraphicLayerSequence = [layer]
    if grey:
        _add_greys(made, picture)
    else:
        made.ICCProfile = _padded(imagecodecs.cms_profile("srgb"))
    return made


def _whole(picture: Dataset) -> Dataset:
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner = [1, 1]
    area.DisplayedAreaBottomRightHandCorner = [int(picture.Columns), int(picture.Rows)]
    area.PresentationSizeMode = "SCALE TO FIT"
    spacing = picture.get("PixelSpacing") or picture.get("ImagerPixelSpacing")
    if spacing and len(spacing) == 2:
        area.PresentationPixelSpacing = [str(value) for value in spacing]
    else:
        area.PresentationPixelAspectRatio = [str(value) for value in picture.get("PixelAspectRatio") or (1, 1)]
    return area


def _add_greys(made: Dataset, picture: Dataset) -> None:
    """The image's own way from stored values to shades, which a state without it would take away."""
    if "ModalityLUTSequence" in picture:
        made.ModalityLUTSequence = picture.ModalityLUTSequence
    elif "RescaleSlope" in picture and "RescaleIntercept" in picture:
        made.RescaleIntercept = picture.RescaleIntercept
        made.RescaleSlope = picture.RescaleSlope
        made.RescaleType = str(picture.get("RescaleType") or ("HU" if picture.get("Modality") == "CT" else "US"))
    centre, width = (picture.get(keyword) for keyword in ("WindowCenter", "WindowWidth"))
    if centre not in (None, "") and width not in (None, ""):
        window = Dataset()
        window.WindowCenter, window.WindowWidth = _first(centre), _first(width)
        made.SoftcopyVOILUTSequence = [window]
    made.PresentationLUTShape = "INVERSE" if picture.PhotometricInterpretation == "MONOCHROME1" else "IDENTITY"


def _annotation(picture: Dataset, frame: int, drawn: Sequence[Drawn]) -> Dataset:
    made = Dataset()
    if is_multiframe(picture):
        made.ReferencedImageSequence = [reference(picture, {frame})]
    made.GraphicLayer = _LAYER
    made.GraphicObjectSequence = [graphic for each in drawn for graphic in _graphics(each)]
    words = [_words(each) for each in drawn if each.words]
    if words:
        made.TextObjectSequence = words
    return made


def _graphics(drawn: Drawn) -> list[Dataset]:
    points = drawn.points
    match drawn.kind:
        case Kind.POINT:
            return [_graphic("POINT", points)]
        case Kind.ELLIPSE:
            (left, top), (right, bottom) = _box(drawn)
            across, down = (left + right) / 2, (top + bottom) / 2
            ends = [(left, down), (right, down)], [(across, top), (across, bottom)]
            # The major axis comes first (PS3.3 C.10.5.1.2).
            wide = right - left >= bottom - top
            return [_graphic("ELLIPSE", [*ends[0], *ends[1]] if wide else [*ends[1], *ends[0]])]
        case Kind.RECTANGLE:
            (left, top), (right, bottom) = _box(drawn)
            corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
            return [_graphic("POLYLINE", corners)]
        case Kind.COBB:
            return [_graphic("POLYLINE", points[:2]), _graphic("POLYLINE", points[2:])]
        case Kind.ARROW:
            return [_graphic("POLYLINE", points), _graphic("POLYLINE", _arrow_head(*points))]
        case _:
            return [_graphic("POLYLINE", points)]


def _graphic(kind: str, points: Sequence[tuple[float, float]]) -> Dataset:
    made = Dataset()
    made.GraphicAnnotationUnits = "PIXEL"
    made.GraphicDimensions = 2
    made.NumberOfGraphicPoints = len(points)
    made.GraphicData = [value for point in points for value in point]
    made.GraphicType = kind
    if kind == "ELLIPSE" or (points[0] == points[-1] and len(points) > 1):
        made.GraphicFilled = "N"
    return made


def _arrow_head(tip: tuple[float, float], tail: tuple[float, float]) -> list[tuple[float, float]]:
    along = ((tail[0] - tip[0]) * _ARROW_HEAD, (tail[1] - tip[1]) * _ARROW_HEAD)
    side = (-along[1] / 2, along[0] / 2)
    return [
        (tip[0] + along[0] + side[0], tip[1] + along[1] + side[1]),
        tip,
        (tip[0] + along[0] - side[0], tip[1] + along[1] - side[1]),
    ]


def _words(drawn: Drawn) -> Dataset:
    """Words beside the place that lies furthest to the right."""
    made = Dataset()
    at = max(drawn.points)
    made.AnchorPointAnnotationUnits = "PIXEL"
    made.UnformattedTextValue = drawn.words.replace("\n", "\r\n")
    made.AnchorPoint = list(at)
    made.AnchorPointVisibility = "N"
    return made


def _box(drawn: Drawn) -> tuple[tuple[float, float], tuple[float, float]]:
    columns, rows = zip(*drawn.points, strict=True)
    return (min(columns), min(rows)), (max(columns), max(rows))


def _first(value: object) -> str:
    return str(value[0] if isinstance(value, Sequence) and not isinstance(value, str) else value)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)
