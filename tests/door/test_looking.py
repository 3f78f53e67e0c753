"""Proves that somebody signed in looks at what they may, for as long as they may, and that the patient sees who did."""

from functools import partial
from pathlib import Path

import httpx
import pytest
from tests.door.running import CLOSED, Door

from undisc.accounts.people.model import Method, PatientKey, Person, Role, SignedIn
from undisc.archive.model import Original
from undisc.errors import LinkUnknown, StudyUnknown
from undisc.sharing.model import Allowed, Browser, Denied, Reason, ShareChoice, Step, Use, Viewing

JANE, RICHARD = PatientKey("", "MRN-4711"), PatientKey("", "MRN-0815")
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1"


def somebody(door: Door, *roles: Role, patient: PatientKey | None = None, email: str = "") -> SignedIn:
    with door.trail.work() as work:
        person = door.people.add_person(work, Person(0, "Sam Sample", email, "", "", frozenset(roles)))
        if patient is not None:
            door.people.relate(work, person.id, patient, "self", None, "operator")
        token, _ = door.people.begin(work, person.id, Method.PASSKEY, "192.0.2.1", SAFARI)
    found = door.people.signed_in(token)
    assert found is not None
    return found


def again(door: Door, me: SignedIn) -> SignedIn:
    """The same person, with what has come to hold meanwhile."""
    with door.trail.work() as work:
        token, _ = door.people.begin(work, me.person.id, Method.PASSKEY, "192.0.2.1", SAFARI)
    found = door.people.signed_in(token)
    assert found is not None
    return found


def looking(door: Door, me: SignedIn, *studies: int) -> tuple[Viewing, httpx.Client]:
    found = door.sharing.view(me, studies, Browser("203.0.113.77", SAFARI))
    assert isinstance(found, Viewing), found
    browser = door.another_browser()
    browser.cookies.set("undisc", found.token, path=f"/s/{found.link_id}")
    return found, browser


def test_patient_looks_at_their_own_and_at_nobody_elses(door: Door) -> None:
    me = somebody(door, Role.PATIENT, patient=JANE)
    found, browser = looking(door, me, 1, 2)
    assert browser.get(f"/s/{found.link_id}/study").json()["may_download"] is True
    assert browser.get(f"/s/{found.link_id}/frames/101/0").status_code == 200
    assert browser.get(f"/s/{found.link_id}/frames/301/0").status_code == 404
    assert door.sharing.view(me, [3], Browser("", "")) == Denied(Reason.NOT_THEIRS)
    assert door.sharing.view(me, [99], Browser("", "")) == Denied(Reason.NOT_THEIRS)
    assert door.sharing.view(me, [], Browser("", "")) == Denied(Reason.NOT_THEIRS)
    seen = [(action, actor) for action, actor, _ in door.trail_entries() if action in ("link-opened", "series-viewed")]
    assert seen == [("link-opened", me.actor), ("series-viewed", me.actor)]
    assert door.sharing.links() == [], "nobody gave that away"


def test_looking_ends_with_the_session_of_whoever_looks(door: Door) -> None:
    me = somebody(door, Role.PATIENT, patient=JANE)
    found, browser = looking(door, me, 1)
    assert browser.get(f"/s/{found.link_id}/study").status_code == 200
    door.people.end(me.session_id, me.actor)
    assert browser.get(f"/s/{found.link_id}/study").json() == CLOSED
    nobody = httpx.Client(base_url=door.base)
    assert nobody.post(f"/s/{found.link_id}/open", json={"secret": "x" * 24}).json() == CLOSED


def test_staff_hand_over_without_looking_and_look_by_breaking_a_glass(door: Door) -> None:
    staff = somebody(door, Role.STAFF)
    assert isinstance(door.sharing.ask_person(staff, Use.SHARE, 1), Allowed)
    assert isinstance(door.sharing.ask_person(staff, Use.FIND, 3), Allowed)
    assert door.sharing.view(staff, [1], Browser("", "")) == Denied(Reason.GLASS_WANTED)
    glass = door.people.break_glass(staff, JANE, "Unconscious in the emergency room")
    staff = again(door, staff)
    found, browser = looking(door, staff, 1)
    assert found.ends_at <= glass.until
    assert browser.get(f"/s/{found.link_id}/frames/101/0").status_code == 200
    assert browser.get(f"/s/{found.link_id}/download").status_code == 403, "looking is not taking along"
    assert door.sharing.view(staff, [3], Browser("", "")) == Denied(Reason.GLASS_WANTED)
    looks = door.sharing.looks_at(JANE)
    assert [(look.way, look.who) for look in looks] == [("signed in", "Sam Sample"), ("glass", "Sam Sample")]
    assert door.sharing.looks_at(RICHARD) == []
    door.clock.advance(hours=5)
    assert browser.get(f"/s/{found.link_id}/frames/101/0").json() == CLOSED


@pytest.mark.parametrize("role", [Role.PRIVACY, Role.ADMINISTRATOR, Role.CLINICIAN])
def test_other_roles_see_nothing_of_the_archive(door: Door, role: Role) -> None:
    me = somebody(door, role, email="sam@example.org")
    for use in Use:
        assert isinstance(door.sharing.ask_person(me, use, 1), Denied), use
    assert isinstance(door.sharing.view(me, [1], Browser("", "")), Denied)
    with pytest.raises(StudyUnknown):
        door.sharing.share(ShareChoice((1,)), me)


def test_clinician_finds_what_was_shared_to_their_address(door: Door) -> None:
    owner, doctor = (
        somebody(door, Role.PATIENT, patient=JANE),
        somebody(door, Role.CLINICIAN, email="Ann@Clinic.Example"),
    )
    other = somebody(door, Role.CLINICIAN, email="bob@clinic.example")
    choice = ShareChoice((1,), for_email="ann@clinic.example", step=Step.CLINICIAN, with_report=False, most_openings=1)
    link = door.sharing.share(choice, owner)
    assert [found.link.id for found in door.sharing.pick_up(doctor)] == [link.link.id]
    assert door.sharing.pick_up(other) == []
    assert isinstance(door.sharing.enter(other, link.link.id, Browser("", "")), Denied)
    assert isinstance(door.sharing.ask_person(doctor, Use.VIEW, 1), Allowed)
    assert isinstance(door.sharing.view(doctor, [1], Browser("", "")), Denied), "by the terms of the link alone"
    found = door.sharing.enter(doctor, link.link.id, Browser("203.0.113.77", SAFARI))
    assert isinstance(found, Viewing)
    browser = door.another_browser()
    browser.cookies.set("undisc", found.token, path=f"/s/{found.link_id}")
    assert browser.get(f"/s/{found.link_id}/frames/101/0").status_code == 200
    assert browser.get(f"/s/{found.link_id}/documents/104").status_code == 404
    assert door.sharing.enter(doctor, link.link.id, Browser("", "")) == Denied(Reason.USED_UP)
    (opening,) = door.sharing.openings(link.link.id)
    assert (opening.who, opening.who_name, opening.browser) == ("person", "Sam Sample", "Safari, iPhone")
    assert opening.address == "203.0.113.…"
    assert opening.series == (11,)


def test_opening_tells_what_was_taken_along(door: Door) -> None:
    link = door.new_link(1)
    door.open(link)
    door.get(link, "instances/101")
    door.get(link, "instances/102")
    door.get(link, "download")
    (opening,) = door.sharing.openings(link.link.id)
    assert (opening.who, opening.files, opening.downloaded) == ("holder", 2, True)
    assert opening.address == "127.0.0.…"


def test_only_who_may_hand_it_over_stops_a_link(door: Door) -> None:
    owner, stranger = somebody(door, Role.PATIENT, patient=JANE), somebody(door, Role.PATIENT, patient=RICHARD)
    link = door.sharing.share(ShareChoice((1,), step=Step.OPEN), owner)
    with pytest.raises(LinkUnknown):
        door.sharing.stop(link.link.id, stranger)
    with pytest.raises(LinkUnknown):
        door.sharing.stop("abcdefghjk", owner)
    assert door.sharing.stop(link.link.id, owner)
    assert door.open(link).json() == CLOSED
    assert [one.state for one in door.sharing.links_of_patient(JANE)] == ["revoked"]


@pytest.mark.parametrize("how", ["stopped by the owner", "session of whoever looks ended"])
def test_running_downloads_stop_however_the_link_is_closed(door: Door, tmp_path: Path, how: str) -> None:
    large = tmp_path / "large.dcm"
    large.write_bytes(bytes(80 << 20))
    door.archive.other_originals = [Original("large.dcm", 80 << 20, partial(large.open, "rb"))] * 3
    owner = somebody(door, Role.PATIENT, patient=JANE)
    if how.startswith("stopped"):
        link = door.sharing.share(ShareChoice((1,), step=Step.OPEN), owner)
        link_id, browser = link.link.id, door.client
        assert door.open(link).status_code == 200
    else:
        found, browser = looking(door, owner, 1)
        link_id = found.link_id
    with browser.stream("GET", f"/s/{link_id}/download") as answer:
        assert answer.status_code == 200
        chunks = answer.iter_raw()
        next(chunks)
        if how.startswith("stopped"):
            door.sharing.stop(link_id, owner)
        else:
            door.people.end(owner.session_id, owner.actor)
        with pytest.raises(httpx.RemoteProtocolError):
            for _ in chunks:
                pass
    assert "download-finished" not in door.actions()


def test_what_was_shared_with_a_clinician_closes_as_they_sign_out(door: Door) -> None:
    owner = somebody(door, Role.PATIENT, patient=JANE)
    doctor = somebody(door, Role.CLINICIAN, email="ann@clinic.example")
    link = door.sharing.share(ShareChoice((1,), for_email="ann@clinic.example", step=Step.CLINICIAN), owner)
    found = door.sharing.enter(doctor, link.link.id, Browser("", ""))
    assert isinstance(found, Viewing)
    browser = door.another_browser()
    browser.cookies.set("undisc", found.token, path=f"/s/{found.link_id}")
    assert browser.get(f"/s/{found.link_id}/study").status_code == 200
    door.people.end(owner.session_id, owner.actor)
    assert browser.get(f"/s/{found.link_id}/study").status_code == 200
    door.people.end(doctor.session_id, doctor.actor)
    assert browser.get(f"/s/{found.link_id}/study").json() == CLOSED
    assert door.sharing.one_link(link.link.id).state == "open"  # type: ignore[union-attr]
