"""Which elements the index and the viewer want, by keyword, and the tags that steer how the rest is read."""

from undisc.dicom.dictionary import tag_of


def _words(text: str) -> list[str]:
    return text.split()


_KEYWORDS = _words(
    """
    SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID InstanceCreationDate InstanceCreationTime
    TimezoneOffsetFromUTC StudyDate SeriesDate AcquisitionDate ContentDate AcquisitionDateTime StudyTime SeriesTime
    AcquisitionTime ContentTime AccessionNumber Modality ConversionType Manufacturer InstitutionName
    InstitutionalDepartmentName ReferringPhysicianName StationName StudyDescription SeriesDescription
    ManufacturerModelName PatientName PatientID IssuerOfPatientID OtherPatientIDs PatientBirthDate PatientBirthTime
    PatientSex PatientAge BodyPartExamined ProtocolName SliceThickness SpacingBetweenSlices ImagerPixelSpacing
    CineRate FrameTime RecommendedDisplayFrameRate PatientPosition ViewPosition ContrastBolusAgent StudyInstanceUID
    SeriesInstanceUID StudyID SeriesNumber AcquisitionNumber InstanceNumber PatientOrientation ImagePositionPatient
    ImageOrientationPatient FrameOfReferenceUID Laterality ImageLaterality TemporalPositionIdentifier
    NumberOfTemporalPositions TemporalPositionIndex StackID InStackPositionNumber DimensionIndexValues SliceLocation
    ImageComments ImagesInAcquisition SamplesPerPixel PhotometricInterpretation PlanarConfiguration NumberOfFrames
    Rows Columns PixelSpacing PixelAspectRatio BitsAllocated BitsStored HighBit PixelRepresentation
    SmallestImagePixelValue LargestImagePixelValue PixelPaddingValue PixelPaddingRangeLimit BurnedInAnnotation
    WindowCenter WindowWidth RescaleIntercept RescaleSlope RescaleType WindowCenterWidthExplanation VOILUTFunction
    LossyImageCompression LossyImageCompressionRatio DocumentTitle MIMETypeOfEncapsulatedDocument Units
    PixelSpacingCalibrationType EstimatedRadiographicMagnificationFactor NominalScannedPixelSpacing FrameTimeVector
    PresentationLUTShape ContentLabel ContentDescription CompletionFlag VerificationFlag
    """
)


def _tag(keyword: str) -> int:
    tag = tag_of(keyword)
    assert tag is not None, keyword
    return int(tag)


WANTED: dict[int, str] = {_tag(keyword): keyword for keyword in _KEYWORDS}

PER_FRAME = frozenset(
    _words(
        """
    ImagePositionPatient ImageOrientationPatient PixelSpacing SliceThickness RescaleSlope RescaleIntercept
    RescaleType WindowCenter WindowWidth WindowCenterWidthExplanation VOILUTFunction TemporalPositionIndex
    StackID InStackPositionNumber DimensionIndexValues
    """
    )
)
"""What the viewer asks of each frame of an enhanced multi-frame object (PS3.3 C.7.6.16)."""

STRUCTURAL = frozenset(
    _words(
        """
    Rows Columns SamplesPerPixel BitsAllocated BitsStored HighBit PixelRepresentation PlanarConfiguration
    NumberOfFrames
    """
    )
)
"""A picture cannot be trusted where one of these holds no number."""

INTEGERS = tuple(
    _words(
        """
    NumberOfFrames InstanceNumber SeriesNumber AcquisitionNumber TemporalPositionIdentifier ImagesInAcquisition
    NumberOfTemporalPositions CineRate RecommendedDisplayFrameRate PixelAspectRatio
    """
    )
)
"""Wanted elements of VR IS, which may hold text where they should hold numbers."""

CHARSET = _tag("SpecificCharacterSet")
PIXEL_REPRESENTATION = _tag("PixelRepresentation")
DOCUMENT = _tag("EncapsulatedDocument")
SHARED_GROUPS = _tag("SharedFunctionalGroupsSequence")
FRAME_GROUPS = _tag("PerFrameFunctionalGroupsSequence")
EXTENDED_OFFSETS = _tag("ExtendedOffsetTable")
EXTENDED_LENGTHS = _tag("ExtendedOffsetTableLengths")
PIXELS = {
    _tag("FloatPixelData"): "FloatPixelData",
    _tag("DoubleFloatPixelData"): "DoubleFloatPixelData",
    _tag("PixelData"): "PixelData",
}

MACROS = frozenset(
    _tag(keyword)
    for keyword in _words(
        """
    PlanePositionSequence PlaneOrientationSequence PixelMeasuresSequence FrameVOILUTSequence
    PixelValueTransformationSequence FrameContentSequence FrameAnatomySequence TemporalPositionSequence
    PatientOrientationInFrameSequence MRImageFrameTypeSequence CTImageFrameTypeSequence
    FramePixelDataPropertiesSequence
    """
    )
)
"""Functional group macros whose first item holds wanted elements."""
