"""On data sets nobody foresaw, a scan equals pydicom; and a scanner that remembers equals one that does not."""

import zlib
from collections import Counter

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from tests.unit.dicom.generated_datasets import SYNTAXES, data_sets, written
from tests.unit.dicom.pydicom_reference import DELIBERATE_DIFFERENCES, compare, quiet_pydicom, read

from undisc.dicom.model import Scanned
from undisc.dicom.scan import HeaderScanner

# No shrinking: it takes minutes on data sets, and the example as found says enough.
_many = settings(
    max_examples=150,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_hand_overs: Counter[str] = Counter()


def _data_set_bytes(scanned: Scanned, data: bytes) -> bytes:
    return zlib.decompress(data[scanned.dataset_start :], -zlib.MAX_WBITS) if scanned.inflated else data


@_many
@given(dataset=data_sets(), syntax=st.sampled_from(SYNTAXES), group_lengths=st.booleans())
def test_scan_of_any_data_set_equals_pydicom(dataset: Dataset, syntax: str, group_lengths: bool) -> None:
    dataset.add_new(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7")
    data = written(dataset, syntax, group_lengths)
    scanner = HeaderScanner()
    scanned = scanner.scan(data)
    assert isinstance(scanned, Scanned)
    assert scanned.transfer_syntax == syntax
    assert scanned.damage == ()
    with quiet_pydicom():
        reference = read(data)
        assert compare(scanned, reference, _data_set_bytes(scanned, data)) == []
    _hand_overs["files"] += 1
    _hand_overs["handed over"] += scanner.handed_over


def test_none_of_the_generated_data_sets_had_to_be_handed_over() -> None:
    assert _hand_overs["handed over"] == 0


def test_every_deliberate_difference_has_its_reason() -> None:
    assert all(reason for reason in DELIBERATE_DIFFERENCES.values())


@_many
@given(
    series=st.lists(data_sets(depth=1), min_size=1, max_size=3),
    order=st.lists(st.integers(0, 2), min_size=2, max_size=8),
    syntaxes=st.lists(st.sampled_from(SYNTAXES), min_size=1, max_size=2),
    numbers=st.lists(st.integers(0, 3), min_size=8, max_size=8),
)
def test_warm_scanner_says_what_a_cold_one_says(
    series: list[Dataset], order: list[int], syntaxes: list[str], numbers: list[int]
) -> None:
    """Files that share a series UID but not their elements, in any order, through one scanner's memory."""
    warm = HeaderScanner()
    for turn, choice in enumerate(order):
        dataset = series[choice % len(series)]
        dataset.add_new(0x0020000E, "UI", "1.2.3.4.5")
        dataset.add_new(0x00200013, "IS", str(numbers[turn]))
        if numbers[turn] == 3:
            dataset.add_new(0x00100020, "LO", f"other {turn % 2}")
        data = written(dataset, syntaxes[turn % len(syntaxes)])
        assert warm.scan(data) == HeaderScanner().scan(data)


@_many
@given(data=st.data())
def test_series_with_a_byte_changed_anywhere_scans_as_if_it_were_the_first(data: st.DataObject) -> None:
    dataset = data.draw(data_sets(depth=1))
    dataset.add_new(0x0020000E, "UI", "1.2.3.4.5")
    original = written(dataset, data.draw(st.sampled_from(SYNTAXES[:3])))
    warm = HeaderScanner()
    warm.scan(original)
    for _ in range(4):
        at = data.draw(st.integers(132, len(original) - 1))
        changed = original[:at] + bytes([data.draw(st.integers(0, 255))]) + original[at + 1 :]
        assert warm.scan(changed) == HeaderScanner().scan(changed)
        assert warm.scan(original) == HeaderScanner().scan(original)


def test_memory_of_a_scanner_is_bounded() -> None:
    scanner = HeaderScanner(most_bytes=200_000)
    for number in range(400):
        dataset = Dataset()
        dataset.add_new(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7")
        dataset.add_new(0x0020000E, "UI", f"1.2.{number}")
        dataset.add_new(0x00104000, "LT", f"{number} " * 400)
        assert isinstance(scanner.scan(written(dataset, SYNTAXES[1])), Scanned)
    assert scanner.held <= 200_000
