"""Where things lie in the storage. Originals lie where any DICOM tool finds them without Undisc."""

from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID


def original(study: StudyUID, series: SeriesUID, instance: SOPInstanceUID) -> str:
    return f"studies/{study}/{series}/{instance}.dcm"


def frames(study: StudyUID, series: SeriesUID, instance: SOPInstanceUID) -> str:
    """What is derived from one instance: its frames for the wire, their previews and minis."""
    return f"derived/{study}/{series}/{instance}.frames"


def corrected(study: StudyUID, series: SeriesUID, instance: SOPInstanceUID, state: str) -> str:
    """The copy of an original that leaves in its place, made for one state of its study's corrections."""
    return f"derived/{study}/{series}/{instance}.{state}.dcm"


def series_file(study: StudyUID, series: SeriesUID, name: str) -> str:
    """What is derived from a whole series; name: one of SERIES_FILES."""
    return f"derived/{study}/{series}/{name}"


SERIES_FILES = ("manifest.json.gz", "metadata.json.gz", "strip", "thumbnail.webp")


def lost(study: StudyUID) -> str:
    """Below it lies what was found of a study without a row, where something else was to lie."""
    return f"lost/studies/{study}/"


def quarantined(sha256: str) -> str:
    return f"quarantine/{sha256}"
