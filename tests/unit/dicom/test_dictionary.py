"""The tables that are read without pydicom say what pydicom says."""

import subprocess
import sys

import pytest
from pydicom import charset
from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR, keyword_for_tag, private_dictionary_VR, tag_for_keyword

from undisc.dicom import charsets, dictionary


def test_every_element_has_pydicoms_vr_keyword_and_tag() -> None:
    for tag in DicomDictionary:
        assert dictionary.has_tag(tag)
        assert dictionary.vr_of(tag) == dictionary_VR(tag)
        keyword = dictionary.keyword_of(tag)
        assert keyword == keyword_for_tag(tag)
        if keyword:
            assert dictionary.tag_of(keyword) == tag_for_keyword(keyword)


def test_repeating_groups_and_private_elements_are_asked_of_pydicom() -> None:
    assert dictionary.vr_of(0x60020010) == dictionary_VR(0x60020010) == "US"
    assert dictionary.private_vr_of(0x0019100A, "SIEMENS MR HEADER") == private_dictionary_VR(
        0x0019100A, "SIEMENS MR HEADER"
    )


@pytest.mark.parametrize("tag", [0x00091001, 0x00080002])
def test_an_unknown_element_is_a_key_error(tag: int) -> None:
    with pytest.raises(KeyError):
        dictionary.vr_of(tag)


def test_character_sets_are_those_of_pydicom() -> None:
    assert charset.python_encoding == charsets._CODECS
    assert charsets._ESCAPES == charset.CODES_TO_ENCODINGS


def test_reading_a_header_loads_neither_pydicom_nor_numpy() -> None:
    program = "import sys, undisc.dicom.scan; print('pydicom' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
