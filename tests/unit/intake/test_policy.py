"""Whatever a disc held, one plain sentence says what came of it, and the sums add up."""

from hypothesis import given
from hypothesis import strategies as st

from undisc.discs.model import MissingFile
from undisc.intake.model import Item, Ledger, Outcome, joined
from undisc.intake.policy import judge


def _ledger(*outcomes: Outcome, missing: int = 0, report: bool = False) -> Ledger:
    items = tuple(Item(f"FILE{number}", outcome, "") for number, outcome in enumerate(outcomes))
    return Ledger(items, tuple(MissingFile("A", "", None, None, "") for _ in range(missing)), (), report)


def test_all_kept() -> None:
    verdict = judge(_ledger(Outcome.STORED, Outcome.STORED, Outcome.NOT_DICOM))
    assert (verdict.result, verdict.sentence) == ("kept", "All 2 pictures are here.")


def test_a_second_time_changes_nothing_and_says_so() -> None:
    verdict = judge(_ledger(Outcome.DUPLICATE, Outcome.DUPLICATE))
    assert verdict.result == "kept"
    assert verdict.sentence == "Everything on it is here already: 2 pictures. Nothing was changed."


def test_what_could_not_be_kept_is_counted_by_kind() -> None:
    verdict = judge(_ledger(Outcome.STORED, Outcome.QUARANTINED, Outcome.UNREADABLE, Outcome.UNREADABLE, missing=3))
    assert verdict.result == "partly"
    assert verdict.sentence == (
        "1 picture is here; 1 file was kept apart because something is wrong with it, 2 files could not be read, "
        "3 files that the disc's index lists are not on it."
    )


def test_a_report_that_could_be_kept_is_still_no_picture() -> None:
    ledger = Ledger((Item("A", Outcome.STORED, ""),), has_pictures=False)
    assert judge(ledger).result == "nothing"
    assert judge(ledger).sentence == (
        "This disc holds a report but no images. Ask the sender for the images. The report is kept."
    )


def test_a_blank_disc() -> None:
    verdict = judge(_ledger())
    assert (verdict.result, verdict.sentence) == ("nothing", "This disc is blank. Ask the sender for the images.")


def test_a_report_without_images() -> None:
    verdict = judge(_ledger(Outcome.NOT_DICOM, report=True))
    assert verdict.result == "nothing"
    assert verdict.sentence == "This disc holds a report but no images. Ask the sender for the images."


def test_a_viewer_without_images() -> None:
    verdict = judge(_ledger(Outcome.NOT_DICOM, Outcome.NOT_DICOM))
    assert verdict.result == "nothing"
    assert "no medical images among the 2 files" in verdict.sentence


@given(st.lists(st.sampled_from(Outcome)), st.integers(0, 3), st.booleans())
def test_sums_add_up_and_nothing_kept_is_never_called_success(
    outcomes: list[Outcome], missing: int, report: bool
) -> None:
    ledger = _ledger(*outcomes, missing=missing, report=report)
    assert sum(ledger.counts.values()) == ledger.files == len(outcomes)
    verdict = judge(ledger)
    here = ledger.counts[Outcome.STORED] + ledger.counts[Outcome.DUPLICATE]
    assert (verdict.result == "kept") == (here > 0 and not ledger.lost and not missing)
    assert verdict.sentence.endswith(".")


def test_ledgers_of_several_sources_join() -> None:
    whole = joined([_ledger(Outcome.STORED), _ledger(Outcome.NOT_DICOM, report=True)])
    assert whole.files == 2
    assert whole.has_report
