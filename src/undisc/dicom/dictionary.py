"""The data dictionary (PS3.6) as pydicom carries it, without what importing pydicom as a whole costs.

pydicom loads numpy and its decoders when it is imported: a third of a second and 45 MB, in each of the processes of an
import. Headers need its table of elements only, which is a module of plain data and is loaded as such; repeating groups
and private elements, rare in comparison, are left to pydicom itself.
"""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType


def _table() -> dict[int, tuple[str, str, str, str, str]]:
    package = importlib.util.find_spec("pydicom")  # finds it and does not run it
    if package is None or not package.submodule_search_locations:
        raise ImportError("pydicom is not installed")
    path = Path(package.submodule_search_locations[0]) / "_dicom_dict.py"
    spec = importlib.util.spec_from_file_location("undisc_dicom_dictionary", path)
    if spec is None or spec.loader is None:
        raise ImportError("pydicom's data dictionary is not where it was")
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DicomDictionary


_ELEMENTS = _table()


def has_tag(tag: int) -> bool:
    """Whether a tag is a public element's (repeating groups are not looked up)."""
    return tag in _ELEMENTS


def vr_of(tag: int) -> str:
    """A public element's VR, such as "US or SS" where the standard gives a choice; raises KeyError."""
    found = _ELEMENTS.get(tag)
    if found:
        return found[0]
    if tag >> 16 & 1:
        raise KeyError(tag)
    from pydicom.datadict import dictionary_VR

    return dictionary_VR(tag)


def keyword_of(tag: int) -> str:
    """A public element's keyword, "" where it has none."""
    found = _ELEMENTS.get(tag)
    return found[4] if found else ""


def private_vr_of(tag: int, creator: str) -> str:
    """A private element's VR under its creator; raises KeyError."""
    from pydicom.datadict import private_dictionary_VR

    return private_dictionary_VR(tag, creator)


@cache
def _tags() -> dict[str, int]:
    return {entry[4]: tag for tag, entry in _ELEMENTS.items() if entry[4]}


def tag_of(keyword: str) -> int | None:
    """The tag of a keyword, None where there is no such element."""
    return _tags().get(keyword)
