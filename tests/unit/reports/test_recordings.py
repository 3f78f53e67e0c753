"""Proves that recordings are told in the units they were measured in, value for value as pydicom reads them."""

import io
import json
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_files
from tests.factories.documents import HEMODYNAMIC, TWELVE_LEADS, VOICE, channel, ecg, recording
from tests.shared_data import SHARED
from tests.unit.reports.reading import bytes_of, model_of, scanned_of

from undisc.dicom.scan import scan
from undisc.reports import recordings
from undisc.reports.recordings import read_annotations, read_groups, sound_of, values_of


def _with_waveforms() -> list[str]:
    known = {path: None for path in get_testdata_files("*.dcm") if "waveform" in path or "ecg" in path}
    shared = [str(path) for path in SHARED.rglob("*") if "waveform" in path.name] if SHARED else []
    return [*known, *shared]


@pytest.mark.parametrize("path", _with_waveforms(), ids=lambda path: path[-40:])
def test_every_value_is_the_one_that_pydicom_reads(path: str) -> None:
    dataset = dcmread(path)
    data = Path(path).read_bytes()
    groups = read_groups(json.loads(scanned_of(data).json))
    assert len(groups) == len(dataset.WaveformSequence)
    for at, group in enumerate(groups):
        expected = dataset.waveform_array(at).T
        told = values_of(group, data, 0, group.samples)
        np.testing.assert_array_equal(told, expected.astype("f4"))
        middle = values_of(group, data, group.samples // 3, 100)
        np.testing.assert_array_equal(middle, expected[:, group.samples // 3 :][:, :100].astype("f4"))


@pytest.mark.parametrize(
    ("interpretation", "dtype"),
    [("SS", "<i2"), ("US", "<u2"), ("SB", "i1"), ("UB", "u1"), ("SL", "<i4"), ("UL", "<u4")],
)
@pytest.mark.parametrize("count", [7, 2000])
def test_every_interpretation_is_read_as_pydicom_reads_it(interpretation: str, dtype: str, count: int) -> None:
    high = np.iinfo(dtype).max
    values = np.random.default_rng(1).integers(np.iinfo(dtype).min, high, (count, 2)).astype(dtype)
    channels = [channel("a", "mV", "millivolt", 0.25, 3, bits=8), channel("b", "uV", "microvolt", 4, -2, bits=8)]
    made = recording(1, TWELVE_LEADS, values, 100, channels, interpretation)
    data = bytes_of(made)
    (group,) = read_groups(json.loads(scanned_of(data).json))
    expected = made.waveform_array(0).T.astype("f4")
    np.testing.assert_array_equal(values_of(group, data, 0, count), expected)
    assert [one.millivolts for one in group.channels] == [1.0, 0.001]


def test_big_endian_samples_are_read_as_they_are_meant() -> None:
    values = np.array([[1, -2], [300, -400]], "<i2")
    channels = [channel("a", "mV", "millivolt", 1), channel("b", "mV", "millivolt", 1)]
    made = recording(1, TWELVE_LEADS, values.astype(">i2"), 100, channels)
    (group,) = read_groups(model_of(made), big_endian=True)
    assert values_of(group, bytes_of(made), 0, 2).tolist() == [[1, 300], [-2, -400]]


def test_samples_that_were_not_taken_are_gaps() -> None:
    made = recording(1, TWELVE_LEADS, np.array([[1], [-9], [3]], "<i2"), 100, [channel("a", "mV", "millivolt", 1)])
    made.WaveformSequence[0].WaveformPaddingValue = struct.pack("<h", -9)
    made.WaveformSequence[0]["WaveformPaddingValue"].VR = "OW"
    data = bytes_of(made)
    (group,) = read_groups(model_of(made))
    told = values_of(group, data, 0, 3)[0]
    assert told[0] == 1
    assert np.isnan(told[1])
    assert told[2] == 3


def test_a_channel_without_sensitivity_has_no_unit() -> None:
    one = channel("a", "mV", "millivolt", 1)
    del one.ChannelSensitivity
    (group,) = read_groups(model_of(recording(1, TWELVE_LEADS, np.ones((5, 1), "<i2"), 100, [one])))
    assert (group.channels[0].unit, group.channels[0].millivolts) == ("", None)


def test_pressures_are_told_in_their_unit() -> None:
    made = recording(1, HEMODYNAMIC, np.full((5, 1), 120, "<i2"), 100, [channel("Ao", "mm[Hg]", "mmHg", 1)])
    (group,) = read_groups(model_of(made))
    assert (group.channels[0].unit, group.channels[0].millivolts) == ("mmHg", None)


def test_measurements_and_words_of_the_device_are_told() -> None:
    made = ecg(1, seconds=2)
    mark = Dataset()
    mark.UnformattedTextValue, mark.ReferencedWaveformChannels = "P", [1, 1]
    mark.TemporalRangeType, mark.ReferencedSamplePositions = "POINT", 251
    made.WaveformAnnotationSequence.append(mark)
    model = model_of(made)
    told = read_annotations(model, read_groups(model))
    assert told == [
        {"name": "QRS Duration", "text": "92", "unit": "ms", "at": None},
        {"name": "QT Interval", "text": "400", "unit": "ms", "at": None},
        {"name": "", "text": "Sinus rhythm", "unit": "", "at": None},
        {"name": "", "text": "P", "unit": "", "at": 0.5},
    ]


@pytest.mark.parametrize(
    ("coding", "codes", "expected"),
    [
        ("MB", [0xFF, 0x7F, 0x80, 0x00, 0xEF], [0, 0, 32124, -32124, 132]),
        ("AB", [0xD5, 0x55, 0xAA, 0x2A, 0xC5], [8, -8, 32256, -32256, 264]),
    ],
)
def test_companded_sound_is_expanded(coding: str, codes: list[int], expected: list[int]) -> None:
    """Ends and first steps of the curves in ITU-T G.711."""
    values = np.array(codes, "u1")[:, None]
    made = recording(1, VOICE, values, 8000, [channel("v", "1", "", 1, bits=8)], coding)
    data = bytes_of(made)
    (group,) = read_groups(model_of(made))
    assert values_of(group, data, 0, 5)[0].tolist() == expected
    sound = sound_of(group, data)
    assert sound is not None
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert np.frombuffer(file.readframes(5), "<i2").tolist() == expected


def test_plain_sound_becomes_a_wave_file() -> None:
    values = np.array([[0], [128], [255]], "u1")
    made = recording(1, VOICE, values, 8000, [channel("v", "1", "", 1, bits=8)], "UB")
    (group,) = read_groups(model_of(made))
    sound = sound_of(group, bytes_of(made))
    assert sound is not None
    with wave.open(io.BytesIO(sound)) as file:
        assert np.frombuffer(file.readframes(3), "<i2").tolist() == [-32768, 0, 32512]


def test_no_more_is_read_at_once_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "MOST_AT_ONCE", 24)
    made = ecg(1, seconds=1)
    data = bytes_of(made)
    scanned = scan(data)
    (group,) = read_groups(json.loads(scanned.json))  # type: ignore[union-attr]
    assert values_of(group, data, 0, 10_000).shape == (12, 2)
