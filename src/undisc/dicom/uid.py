"""Unique identifiers, as they are allowed to appear in paths and rows."""

import re
from typing import NewType

StudyUID = NewType("StudyUID", str)
SeriesUID = NewType("SeriesUID", str)
SOPInstanceUID = NewType("SOPInstanceUID", str)

_USABLE = re.compile(r"[0-9](?:[0-9.]{0,62}[0-9])?")


def is_usable_uid(text: str) -> bool:
    """Whether a UID is digits and single dots, at most 64 characters (PS3.5 9.1), so that it can name a file.

    Leading zeros in a component break the standard and occur in the field; they do no harm here and are kept.
    """
    return bool(_USABLE.fullmatch(text)) and ".." not in text
