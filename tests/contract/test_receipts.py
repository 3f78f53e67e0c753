"""Receipts are the same on either database and in either storage, and numbers are given once."""

import json
from concurrent.futures import ThreadPoolExecutor

from tests.contract.conftest import Place

from undisc.app import build, build_receipts
from undisc.audit.model import Intact
from undisc.export.receipts import Receipt, Result

_RECEIPT = Receipt(
    studies=((4, "1.2.4"),),
    made_by="operator",
    for_whom="Oncology, second floor",
    medium="iso",
    sealed=False,
    part="",
    images=120,
    verified=120,
    files=130,
    bytes=5_000_000_000,
    manifest="ab" * 32,
    outcome=Result.VERIFIED,
)


def test_receipts_kept_by_two_replicas_at_once_have_numbers_of_their_own(place: Place) -> None:
    first, second = build(place.settings("a")), build(place.settings("b"))
    try:
        with ThreadPoolExecutor(2) as at_once:
            kept = [at_once.submit(build_receipts(app).keep, _RECEIPT) for _ in range(3) for app in (first, second)]
        numbers = sorted(each.result() for each in kept)
        assert len(set(numbers)) == 6
        assert [each["number"] for each in build_receipts(second).all()] == numbers[::-1]
        for number in numbers:
            told = first.storage.read(f"receipts/{number:08d}.json")
            assert told is not None
            assert json.loads(told) == build_receipts(second).one(number)
        assert isinstance(first.trail.verify(), Intact)
    finally:
        first.close()
        second.close()
