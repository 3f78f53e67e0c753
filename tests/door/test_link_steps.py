"""Proves that a link which asks for more than a passcode opens for whoever proves that, and for nobody else."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from tests.door.running import CLOSED, Door
from tests.door.small_archive import NAMES_NEVER_LOGGED

from undisc.accounts.people.model import Method, PatientKey, Role
from undisc.db.tables import studies
from undisc.sharing.model import Contact, NewLink, ShareChoice, Step

JANE = PatientKey("", "MRN-4711")
BORN = "1970-01-01"


def shared(door: Door, step: Step = Step.CODE, **more: Any) -> NewLink:
    choice = {"studies": (1,), "for_email": "ann@clinic.example", "for_phone": "+49 30 901842", **more}
    return door.sharing.share(ShareChoice(step=step, **choice), "operator")


def of_patient(door: Door, **contact: str) -> NewLink:
    return door.sharing.patient_link((1, 2), Contact(**contact), "system")


def ask(door: Door, link: NewLink, client: httpx.Client | None = None, **said: str) -> httpx.Response:
    body = {"secret": link.secret, **said}
    return (client or door.client).post(f"/s/{link.link.id}/open", json=body)


def kind(answer: httpx.Response) -> str:
    assert "set-cookie" not in answer.headers or "undisc=" not in answer.headers["set-cookie"] or answer.is_success
    for name in NAMES_NEVER_LOGGED:
        assert answer.is_success or name not in answer.text
    return "opened" if answer.status_code == 200 else answer.json()["type"]


def test_code_goes_to_where_it_was_said_and_opens_for_the_browser_that_asked(door: Door) -> None:
    link = shared(door)
    needed = ask(door, link)
    assert needed.status_code == 401
    assert kind(needed) == "code-needed"
    # The link went by e-mail, so the code goes to the telephone, which is told by its end alone.
    assert needed.json()["ways"] == [{"way": "text", "to": "···42"}]
    sent = ask(door, link, send_code="text", language="de")
    assert kind(sent) == "code-sent"
    assert (sent.json()["digits"], sent.json()["length"]) == (True, 6)
    assert door.letters()[-1][0] == "+49 30 901842"
    code = door.last_code()
    assert kind(ask(door, link, code=f"{code[:3]} {code[3:]}")) == "opened"
    assert door.get(link, "study").status_code == 200
    assert door.actions() == ["shared", "code-sent", "code-right", "link-opened", "series-viewed"]
    (opening,) = door.sharing.openings(link.link.id)
    assert opening.who == "recipient"


def test_letter_with_the_link_goes_out_with_the_share_and_carries_no_passcode(door: Door) -> None:
    link = shared(door, Step.PASSCODE, for_phone="")
    ((address, text),) = door.letters()
    assert address == "ann@clinic.example"
    assert link.url in text
    assert str(link.passcode) not in text
    assert not any(name in text for name in NAMES_NEVER_LOGGED)


def test_code_is_good_once_for_ten_minutes_and_only_the_newest_of_a_browser(door: Door) -> None:
    link = shared(door)
    ask(door, link)
    ask(door, link, send_code="text")
    first = door.last_code()
    ask(door, link, send_code="text")
    second = door.last_code()
    if first != second:
        assert kind(ask(door, link, code=first)) == "code-wrong"
    assert kind(ask(door, link, code=second)) == "opened"
    other = door.another_browser()
    other.cookies.set("undisc_asked", str(door.client.cookies.get("undisc_asked")))
    assert kind(ask(door, link, other, code=second)) == "code-needed"
    ask(door, link, other, send_code="text")
    late = door.last_code()
    door.clock.advance(minutes=10)
    assert kind(ask(door, link, other, code=late)) == "code-needed"


def test_code_of_another_browser_or_link_opens_nothing(door: Door) -> None:
    link, other = shared(door), shared(door)
    mine, theirs = door.another_browser(), door.another_browser()
    for client in (mine, theirs):
        ask(door, link, client)
    ask(door, link, mine, send_code="text")
    stolen = door.last_code()
    assert kind(ask(door, link, theirs, code=stolen)) == "code-needed"
    # The cookie of one link says nothing at another, wherever it is put.
    ask(door, other, theirs)
    cookie = next(cookie.value for cookie in mine.cookies.jar if cookie.name == "undisc_asked")
    forged = door.client.post(
        f"/s/{other.link.id}/open",
        json={"secret": other.secret, "code": stolen},
        headers={"Cookie": f"undisc_asked={cookie}"},
    )
    assert kind(forged) == "code-needed"
    assert kind(ask(door, link, mine, code=stolen)) == "opened"


def test_five_wrong_entries_end_a_code_and_codes_without_end_close_the_link(door: Door) -> None:
    link = shared(door)
    ask(door, link)
    tries = 0
    for _ in range(10):
        assert kind(ask(door, link, send_code="text")) == "code-sent"
        wrong = f"{(int(door.last_code()) + 1) % 1_000_000:06d}"
        answers = [ask(door, link, code=wrong) for _ in range(5)]
        tries += 5
        door.clock.advance(minutes=20)
        if tries == 50:
            assert answers[-1].json() == CLOSED
        else:
            assert [answer.json()["tries_left"] for answer in answers] == [4, 3, 2, 1, 0]
            assert kind(ask(door, link, code=door.last_code())) == "code-needed"
    assert ask(door, link).json() == CLOSED
    assert door.actions().count("code-wrong") == 50
    assert door.actions().count("link-closed") == 1


def test_five_codes_an_hour_and_no_more(door: Door) -> None:
    link = shared(door)
    browsers = [door.another_browser() for _ in range(7)]
    for browser in browsers:
        ask(door, link, browser)
    assert [kind(ask(door, link, each, send_code="text")) for each in browsers] == ["code-sent"] * 5 + ["code-late"] * 2
    assert len(door.letters()) == 6
    door.clock.advance(minutes=61)
    ask(door, link)
    assert kind(ask(door, link, send_code="text")) == "code-sent"


def test_passcode_comes_before_the_code_and_cannot_be_passed_over(door: Door) -> None:
    made = door.sharing.patient_link((1,), Contact(), "operator")
    assert made.passcode
    assert kind(ask(door, made)) == "birth-date-needed"
    assert kind(ask(door, made, passcode=made.passcode)) == "birth-date-needed"
    assert kind(ask(door, made, birth_date=BORN)) == "passcode-needed"
    assert kind(ask(door, made, passcode="000111")) == "passcode-wrong"
    stranger = door.another_browser()
    assert kind(ask(door, made, stranger, passcode=made.passcode)) == "birth-date-needed"
    assert kind(ask(door, made, passcode=made.passcode)) == "opened"


def test_patient_proves_it_and_is_known_from_then_on(door: Door) -> None:
    link = of_patient(door, phone="+4930901842", birth_date="19700101", name="Jane")
    assert kind(ask(door, link)) == "birth-date-needed"
    assert kind(ask(door, link, send_code="text")) == "birth-date-needed"
    needed = ask(door, link, birth_date=BORN)
    assert (kind(needed), needed.json()["ways"]) == ("code-needed", [{"way": "text", "to": "···42"}])
    assert kind(ask(door, link, send_code="text")) == "code-sent"
    opened = ask(door, link, code=door.last_code())
    assert opened.status_code == 200
    assert opened.json()["mine"] is True
    me = door.people.signed_in(door.client.cookies["undisc_me"])
    assert me is not None
    assert [(one.patient, one.kind) for one in me.relations] == [(JANE, "self")]
    assert me.person.roles == {Role.PATIENT}
    (opening,) = door.sharing.openings(link.link.id)
    assert opening.who == "patient"
    assert door.get(link, "study").json()["mine"] is True
    # The next time on this browser nothing is asked any more; on another one everything.
    again = of_patient(door, email="jane@example.org")
    assert kind(ask(door, again)) == "opened"
    assert kind(ask(door, again, door.another_browser())) == "birth-date-needed"
    door.people.end(me.session_id, me.actor)
    assert kind(ask(door, of_patient(door))) == "birth-date-needed"


def test_wrong_birth_dates_share_the_links_ten_tries(door: Door) -> None:
    link = of_patient(door, phone="+4930901842")
    told = [ask(door, link, birth_date=f"1969-01-{day:02d}") for day in range(1, 11)]
    assert [answer.json()["type"] for answer in told] == ["birth-date-wrong"] * 9 + ["link-closed"]
    assert [answer.json().get("tries_left") for answer in told] == [None, None, 7, 6, 5, 4, 3, 2, 1, None]
    assert ask(door, link, birth_date=BORN).json() == CLOSED


def test_where_no_birth_date_is_known_every_one_is_wrong(door: Door) -> None:
    with door.database.write() as connection:
        connection.execute(update(studies).values(birth_date=""))
    link = of_patient(door, phone="+4930901842")
    for typed in (BORN, "", "0", "00000000"):
        assert kind(ask(door, link, birth_date=typed)) in ("birth-date-wrong", "birth-date-needed")
    known = of_patient(door, phone="+4930901842", birth_date="19700102")
    assert kind(ask(door, known, birth_date="1970-01-02")) == "code-needed"


def test_link_for_clinicians_opens_for_who_is_signed_in_as_one(door: Door) -> None:
    link = shared(door, Step.CLINICIAN)
    assert kind(ask(door, link)) == "sign-in-needed"
    for role in (Role.PATIENT, Role.STAFF, Role.ADMINISTRATOR, Role.PRIVACY):
        assert kind(ask(door, link, door.signed_in(role))) == "sign-in-needed"
    clinician = door.signed_in(Role.CLINICIAN)
    assert kind(ask(door, link, clinician)) == "opened"
    (opening,) = door.sharing.openings(link.link.id)
    assert (opening.who, opening.who_name) == ("person", "Sam Sample")
    opened = [entry for entry in door.trail_entries() if entry[0] == "link-opened"]
    assert opened[0][1].startswith("person:")
    assert opened[0][2]["link"] == link.link.id


def test_openings_are_counted_and_who_has_it_open_goes_on(door: Door) -> None:
    link = shared(door, Step.OPEN, most_openings=2)
    first, second, third = (door.another_browser() for _ in range(3))
    assert kind(ask(door, link, first)) == "opened"
    assert kind(ask(door, link, first)) == "opened", "the same browser once more is no new opening"
    assert kind(ask(door, link, second)) == "opened"
    assert ask(door, link, third).json() == CLOSED
    for browser in (first, second):
        assert browser.get(f"/s/{link.link.id}/study").status_code == 200
    (told,) = [one for one in door.sharing.links() if one.link.id == link.link.id]
    assert (told.state, told.sessions) == ("used up", 2)
    door.sharing.stop(link.link.id, "operator")
    assert first.get(f"/s/{link.link.id}/study").json() == CLOSED


def test_report_is_left_out_of_everything_where_the_link_says_so(door: Door) -> None:
    link = shared(door, Step.OPEN, with_report=False)
    opened = ask(door, link).json()
    assert [series["id"] for study in opened["studies"] for series in study["series"]] == [11]
    for path in ("series/12", "series/12/metadata", "documents/104", "reports/104", "instances/104", "frames/104/0"):
        answer = door.get(link, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found"), path
    assert b"SERIES012" not in door.get(link, "download").content
    assert door.get(link, "series/11").status_code == 200
    assert b"SERIES012" in door.get(door.opened(1), "download").content


def test_owner_is_told_of_the_first_opening_once(door: Door) -> None:
    with door.trail.work() as work:
        person = door.people.person_for_patient(work, JANE, name="Jane", email="jane@example.org", language="de")
        token, _ = door.people.begin(work, person.id, Method.LINK, "192.0.2.1", "Browser/1.0")
    me = door.people.signed_in(token)
    assert me is not None
    link = door.sharing.share(ShareChoice((1,), step=Step.OPEN), me)
    assert door.letters() == []
    for _ in range(3):
        assert kind(ask(door, link, door.another_browser())) == "opened"
    ((address, text),) = door.letters()
    assert address == "jane@example.org"
    assert "/me" in text
    assert [shown.link.id for shown in door.sharing.shared_by(me)] == [link.link.id]
    assert door.sharing.shared_by(me)[0].openings == 3


@pytest.mark.parametrize(
    "said",
    [
        {"code": "x" * 201},
        {"send_code": "pigeon"},
        {"birth_date": "9" * 300},
        {"code": "123456\ud800"},
        {"code": "', 1); --"},
        {"birth_date": "<script>"},
        {"code": ["123456"]},
        {"language": {"a": 1}},
    ],
)
def test_odd_answers_get_a_plain_no(door: Door, said: dict[str, Any]) -> None:
    link = of_patient(door, phone="+4930901842")
    answer = door.client.post(
        f"/s/{link.link.id}/open",
        content=json.dumps({"secret": link.secret, **said}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in (401, 422)
    assert "script" not in answer.text


def test_expired_and_stopped_links_ask_nothing(door: Door) -> None:
    link = of_patient(door, phone="+4930901842")
    ask(door, link, birth_date=BORN)
    ask(door, link, send_code="text")
    code = door.last_code()
    door.sharing.stop(link.link.id, "operator")
    assert ask(door, link, code=code).json() == CLOSED
    late = door.sharing.share(
        ShareChoice((1,), for_phone="+4930901842", step=Step.CODE, lifetime=timedelta(hours=1)), "operator"
    )
    ask(door, late)
    ask(door, late, send_code="text")
    door.clock.advance(minutes=61)
    assert ask(door, late, code=door.last_code()).json() == CLOSED
