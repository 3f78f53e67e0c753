"""Proves that the one decision lets through what a link, a token or the directory grants, and nothing more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.accounts.model import Scope, Service, Token
from undisc.accounts.people.model import Glass, Method, PatientKey, Person, Relation, Role, SignedIn
from undisc.sharing.model import (
    MOST_TRIES,
    Allowed,
    Denied,
    Grant,
    Link,
    Passcode,
    PeerGrant,
    PersonGrant,
    Reason,
    SecondStep,
    SecretGrant,
    Session,
    SystemGrant,
    Use,
)
from undisc.sharing.policy import may, why_closed

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    link_id = draw(st.sampled_from(["aaaaaaaaaa", "bbbbbbbbbb"]))
    link = Link(
        id=link_id,
        secret_hash="0" * 64,
        studies=draw(st.frozensets(st.integers(1, 5), max_size=4)),
        made_at=NOON,
        expires_at=draw(moments),
        may_download=draw(st.booleans()),
        may_annotate=draw(st.booleans()),
        tries_taken=draw(st.sampled_from([0, 1, MOST_TRIES - 1, MOST_TRIES])),
        revoked_at=draw(st.sampled_from([None, None, None, NOON])),
    )
    of_link = draw(st.sampled_from([link_id, link_id, link_id, "bbbbbbbbbb"]))
    return Grant(link, Session(id=1, link_id=of_link, opened_at=NOON, ends_at=draw(moments)))


studies = st.integers(1, 6)
uses = st.sampled_from(Use)


def open_grant(**changes: object) -> Grant:
    link = Link("aaaaaaaaaa", "0" * 64, frozenset({1, 2}), NOON, NOON + timedelta(days=30), may_download=True)
    session = Session(1, "aaaaaaaaaa", NOON, NOON + timedelta(hours=4))
    return Grant(replace(link, **changes), session)


def test_open_link_shows_and_gives_what_it_names() -> None:
    for use in (Use.VIEW, Use.DOWNLOAD):
        assert isinstance(may(open_grant(), 1, use, NOON), Allowed)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"revoked_at": NOON}, Reason.REVOKED),
        ({"expires_at": NOON}, Reason.EXPIRED),
        ({"tries_taken": MOST_TRIES}, Reason.USED_UP),
        ({"id": "bbbbbbbbbb"}, Reason.SESSION_OF_ANOTHER_LINK),
        ({"studies": frozenset({2})}, Reason.NOT_NAMED),
    ],
)
def test_each_restriction_denies_and_says_why(changes: dict[str, object], reason: Reason) -> None:
    assert may(open_grant(**changes), 1, Use.VIEW, NOON) == Denied(reason)


def test_nobody_without_a_grant_sees_anything() -> None:
    assert may(None, 1, Use.VIEW, NOON) == Denied(Reason.NO_GRANT)


def test_session_is_over_at_its_last_moment() -> None:
    grant = open_grant()
    assert may(grant, 1, Use.VIEW, grant.session.ends_at) == Denied(Reason.SESSION_OVER)


def test_view_only_link_shows_and_does_not_give() -> None:
    grant = open_grant(may_download=False)
    assert isinstance(may(grant, 1, Use.VIEW, NOON), Allowed)
    assert may(grant, 1, Use.DOWNLOAD, NOON) == Denied(Reason.VIEW_ONLY)


@given(grants(), studies, uses, moments)
def test_allowed_means_that_every_condition_holds(grant: Grant, study: int, use: Use, now: datetime) -> None:
    holds = (
        grant.link.revoked_at is None
        and grant.link.tries_taken < MOST_TRIES
        and now < grant.link.expires_at
        and now < grant.session.ends_at
        and grant.session.link_id == grant.link.id
        and study in grant.link.studies
        and (
            use in (Use.FIND, Use.VIEW)
            or (use is Use.DOWNLOAD and grant.link.may_download)
            or (use is Use.ANNOTATE and grant.link.may_annotate)
        )
    )
    assert isinstance(may(grant, study, use, now), Allowed) == holds


@given(grants(), studies, uses, moments, moments)
def test_revoked_link_never_allows_anything(
    grant: Grant, study: int, use: Use, now: datetime, revoked_at: datetime
) -> None:
    revoked = replace(grant, link=replace(grant.link, revoked_at=revoked_at))
    assert isinstance(may(revoked, study, use, now), Denied)


@given(grants(), studies, uses, moments, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_time_never_opens_what_was_closed(grant: Grant, study: int, use: Use, now: datetime, later: timedelta) -> None:
    if isinstance(may(grant, study, use, now), Denied):
        assert isinstance(may(grant, study, use, now + later), Denied)


@given(grants(), studies, uses, moments, st.data())
def test_adding_a_restriction_never_widens(
    grant: Grant, study: int, use: Use, now: datetime, data: st.DataObject
) -> None:
    link, session = grant.link, grant.session
    narrower = Grant(
        replace(
            link,
            studies=data.draw(st.sets(st.sampled_from(sorted(link.studies))) if link.studies else st.just(set())),
            expires_at=link.expires_at - data.draw(st.timedeltas(timedelta(0), timedelta(days=9))),
            may_download=link.may_download and data.draw(st.booleans()),
            may_annotate=link.may_annotate and data.draw(st.booleans()),
            tries_taken=min(MOST_TRIES, link.tries_taken + data.draw(st.integers(0, 3))),
            revoked_at=link.revoked_at or data.draw(st.none() | moments),
        ),
        replace(session, ends_at=session.ends_at - data.draw(st.timedeltas(timedelta(0), timedelta(days=9)))),
    )
    if isinstance(may(narrower, study, use, now), Allowed):
        assert isinstance(may(grant, study, use, now), Allowed)


@given(grants(), studies, moments)
def test_who_may_download_may_look(grant: Grant, study: int, now: datetime) -> None:
    if isinstance(may(grant, study, Use.DOWNLOAD, now), Allowed):
        assert isinstance(may(grant, study, Use.VIEW, now), Allowed)


@given(grants(), studies, uses, moments)
def test_closed_link_is_closed_for_every_session(grant: Grant, study: int, use: Use, now: datetime) -> None:
    reason = why_closed(grant.link, now)
    if reason is not None:
        assert may(grant, study, use, now) == Denied(reason)


@given(grants(), studies, moments)
def test_nobody_adds_notes_by_a_secret_alone(grant: Grant, study: int, now: datetime) -> None:
    assert isinstance(may(SecretGrant(grant.link), study, Use.ANNOTATE, now), Denied)


@given(grants(), studies, moments)
def test_nobody_changes_anything_by_a_link(grant: Grant, study: int, now: datetime) -> None:
    for use in (Use.STORE, Use.DELETE):
        for shown in (grant, SecretGrant(grant.link)):
            assert isinstance(may(shown, study, use, now), Denied)
            assert isinstance(may(shown, None, use, now), Denied)


@given(grants(), studies, uses, moments)
def test_a_secret_alone_gives_no_more_than_a_session_would(grant: Grant, study: int, use: Use, now: datetime) -> None:
    if isinstance(may(SecretGrant(grant.link), study, use, now), Allowed):
        session = Session(1, grant.link.id, now, now + timedelta(hours=1))
        assert isinstance(may(Grant(grant.link, session), study, use, now), Allowed)


def test_a_secret_alone_is_not_enough_where_a_passcode_is_wanted() -> None:
    link = open_grant(passcode=Passcode("hash", digits=True, length=6)).link
    assert may(SecretGrant(link), 1, Use.VIEW, NOON) == Denied(Reason.PASSCODE_WANTED)


SCOPE_FOR = {
    Use.FIND: Scope.READ,
    Use.VIEW: Scope.READ,
    Use.DOWNLOAD: Scope.READ,
    Use.STORE: Scope.WRITE,
    Use.ANNOTATE: Scope.WRITE,
    Use.DELETE: Scope.DELETE,
}


@given(
    st.frozensets(st.sampled_from(Scope)), st.none() | moments, st.none() | moments, st.none() | studies, uses, moments
)
def test_a_system_may_what_its_valid_token_names_and_no_more(
    scopes: frozenset[Scope],
    expires_at: datetime | None,
    revoked_at: datetime | None,
    study: int | None,
    use: Use,
    now: datetime,
) -> None:
    token = Token(1, "pacs", scopes, NOON, expires_at, revoked_at)
    holds = revoked_at is None and (expires_at is None or now < expires_at) and SCOPE_FOR.get(use) in scopes
    assert isinstance(may(SystemGrant(token), study, use, now), Allowed) == holds


SERVICE_FOR = {
    Use.FIND: Service.FIND,
    Use.VIEW: Service.RETRIEVE,
    Use.DOWNLOAD: Service.RETRIEVE,
    Use.STORE: Service.STORE,
    Use.ANNOTATE: Service.STORE,
    Use.DELETE: None,
}


@given(st.frozensets(st.sampled_from(Service)), st.none() | studies, uses, moments)
def test_a_peer_may_what_the_directory_names_and_never_deletes(
    services: frozenset[Service], study: int | None, use: Use, now: datetime
) -> None:
    answer = may(PeerGrant("pacs", services), study, use, now)
    assert isinstance(answer, Allowed) == (SERVICE_FOR.get(use) in services)
    assert isinstance(answer, Allowed) or answer == Denied(Reason.SERVICE_LACKING)


EVE = PatientKey("RIVERSIDE", "P-1")
SOMEONE_ELSE = PatientKey("RIVERSIDE", "P-2")
SAME_NUMBER_ELSEWHERE = PatientKey("LAKESIDE", "P-1")
NOBODY = PatientKey("RIVERSIDE", "")
patients = st.sampled_from([EVE, SOMEONE_ELSE, SAME_NUMBER_ELSEWHERE, NOBODY])


@st.composite
def relations(draw: st.DrawFn) -> Relation:
    kind = draw(st.sampled_from(["self", "parent", "other"]))
    return Relation(draw(st.integers(1, 9)), draw(patients), kind, draw(moments), draw(st.none() | moments))


@st.composite
def glasses(draw: st.DrawFn) -> Glass:
    return Glass(draw(st.integers(1, 9)), draw(patients), "unconscious", draw(moments), draw(moments))


@st.composite
def people(draw: st.DrawFn) -> PersonGrant:
    roles = draw(st.frozensets(st.sampled_from(Role), max_size=3))
    person = Person(1, "Sam", "sam@example.org", "", "", roles)
    relations_held, glasses_broken = draw(st.lists(relations(), max_size=3)), draw(st.lists(glasses(), max_size=3))
    ends = draw(moments)
    me = SignedIn(
        person, 1, Method.PASSKEY, NOON, ends, NOON, tuple(relations_held), tuple(glasses_broken), form_token="t"
    )
    links = draw(st.lists(grants(), max_size=2))
    return PersonGrant(me, draw(patients), tuple(grant.link for grant in links))


def expected_of(grant: PersonGrant, study: int | None, use: Use, now: datetime) -> bool:
    """What the rules say, said another way round than the policy says it."""
    me, whose = grant.me, grant.whose
    if now >= me.ends_at:
        return False
    known = whose.patient_id != ""
    own = known and any(
        one.patient == whose and one.since <= now and (one.until is None or one.until > now) for one in me.relations
    )
    glass = known and any(one.patient == whose and one.at <= now < one.until for one in me.glasses)
    addressed = [
        link for link in grant.links if why_closed(link, now) is None and (study is None or study in link.studies)
    ]
    allowed: set[Use] = set()
    if own:
        allowed |= {Use.FIND, Use.VIEW, Use.DOWNLOAD, Use.SHARE}
    if me.person.roles & {Role.STAFF, Role.CLINICIAN} and glass:
        allowed |= {Use.FIND, Use.VIEW}
    if Role.STAFF in me.person.roles:
        allowed |= {Use.FIND, Use.SHARE}
    if Role.CLINICIAN in me.person.roles and addressed:
        allowed |= {Use.FIND, Use.VIEW}
        if any(link.may_download for link in addressed):
            allowed.add(Use.DOWNLOAD)
    return use in allowed


@given(people(), st.none() | studies, uses, moments)
def test_somebody_signed_in_may_what_the_rules_say_and_no_more(
    grant: PersonGrant, study: int | None, use: Use, now: datetime
) -> None:
    assert isinstance(may(grant, study, use, now), Allowed) == expected_of(grant, study, use, now)


@given(people(), studies, moments)
def test_nobody_changes_what_is_kept_by_being_signed_in(grant: PersonGrant, study: int, now: datetime) -> None:
    for changing in (Use.STORE, Use.ANNOTATE, Use.DELETE):
        assert isinstance(may(grant, study, changing, now), Denied)


@given(people(), studies, uses, moments)
def test_administrators_and_privacy_officers_see_nothing_of_the_archive(
    grant: PersonGrant, study: int, use: Use, now: datetime
) -> None:
    only = replace(grant.me.person, roles=frozenset({Role.ADMINISTRATOR, Role.PRIVACY}))
    alone = replace(grant, me=replace(grant.me, person=only, relations=()))
    assert isinstance(may(alone, study, use, now), Denied)


@given(people(), studies, uses, moments)
def test_without_relation_glass_or_role_nothing_is_allowed(
    grant: PersonGrant, study: int, use: Use, now: datetime
) -> None:
    bare = replace(grant.me.person, roles=frozenset({Role.PATIENT, Role.PROXY}))
    alone = replace(grant, me=replace(grant.me, person=bare, relations=()))
    assert isinstance(may(alone, study, use, now), Denied)


@given(grants(), studies, uses, moments)
def test_a_link_without_reports_gives_no_report_whatever_else_it_gives(
    grant: Grant, study: int, use: Use, now: datetime
) -> None:
    without = replace(grant, link=replace(grant.link, with_report=False))
    assert isinstance(may(without, study, use, now, report=True), Denied)
    assert type(may(without, study, use, now)) is type(may(grant, study, use, now))


def test_who_has_a_link_open_goes_on_when_it_was_opened_often_enough() -> None:
    grant = open_grant(most_openings=1, openings=1)
    assert isinstance(may(grant, 1, Use.VIEW, NOON), Allowed)
    assert grant.link.is_used_up


def test_a_secret_alone_is_not_enough_where_more_is_asked_or_openings_are_counted() -> None:
    for changes in ({"second_step": step} for step in SecondStep if step):
        assert may(SecretGrant(open_grant(**changes).link), 1, Use.VIEW, NOON) == Denied(Reason.STEP_WANTED)
    assert may(SecretGrant(open_grant(most_openings=3).link), 1, Use.VIEW, NOON) == Denied(Reason.STEP_WANTED)


def test_a_link_of_somebody_whose_session_is_over_is_closed() -> None:
    assert may(open_grant(person_session_over=True), 1, Use.VIEW, NOON) == Denied(Reason.REVOKED)
