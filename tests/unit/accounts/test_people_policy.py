"""When sessions are over, when a proof is fresh, what counts as one address, and what is an e-mail address."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from undisc.accounts.people.model import WORKERS, Method, Role
from undisc.accounts.people.policy import Ends, email_key, is_fresh, may_break_glass, network_of, stands

_NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_roles = st.frozensets(st.sampled_from(Role), min_size=1)
_lengths = st.timedeltas(timedelta(0), timedelta(days=60))


@given(_roles, st.sampled_from(Method), _lengths, _lengths, st.booleans())
def test_no_session_outlives_idleness_its_end_or_its_ending(
    roles: frozenset[Role], method: Method, since_begun: timedelta, since_seen: timedelta, ended: bool
) -> None:
    ends = Ends()
    begun = _NOW - since_begun
    seen = max(begun, _NOW - since_seen)
    stood = stands(
        now=_NOW,
        seen_at=seen,
        ends_at=begun + ends.whole_of(roles, method),
        ended_at=_NOW if ended else None,
        idle=ends.idle_of(roles),
    )
    if roles & WORKERS:
        assert not stood or (_NOW - begun < timedelta(hours=12) and _NOW - seen < timedelta(minutes=30))
    assert not stood or (_NOW - begun < timedelta(days=30) and _NOW - seen < timedelta(hours=12) and not ended)


def test_a_patient_with_a_passkey_stays_longer_than_one_with_a_link() -> None:
    patient = frozenset({Role.PATIENT})
    assert Ends().whole_of(patient, Method.PASSKEY) == timedelta(days=30)
    assert Ends().whole_of(patient, Method.LINK) == timedelta(hours=12)
    assert Ends().whole_of(patient | {Role.STAFF}, Method.PASSKEY) == timedelta(hours=12)


def test_a_proof_is_fresh_for_a_quarter_of_an_hour() -> None:
    assert is_fresh(_NOW - timedelta(minutes=14, seconds=59), _NOW)
    assert not is_fresh(_NOW - timedelta(minutes=15), _NOW)


def test_only_staff_and_clinicians_break_glasses() -> None:
    assert {role for role in Role if may_break_glass(frozenset({role}))} == {Role.STAFF, Role.CLINICIAN}


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("") == network_of("unix:") == "?"


@given(st.text(max_size=300))
def test_what_is_an_address_is_so_in_any_letters_and_holds_nothing_that_ends_it(text: str) -> None:
    key = email_key(text)
    if key is not None:
        assert email_key(key.upper().lower()) == key
        assert key.count("@") >= 1
        assert not set(key) & set(" \r\n\t,;<>\0")


def test_addresses_are_found_in_any_letters() -> None:
    assert email_key("  Ann@Clinic.Example ") == "ann@clinic.example"
    for text in (
        "",
        "ann",
        "@clinic.example",
        "ann@",
        "ann@localhost",
        "a b@c.example",
        "a@b.example\nBcc: c@d.example",
    ):
        assert email_key(text) is None, text
