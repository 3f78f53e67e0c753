"""Proves that the portal shows a patient their own scans and nothing of anybody else's."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.door.portal_door import PortalDoor, form_token, portal_door, send
from tests.factories.instances import ADA, BERT, Place, image
from tests.factories.people import COOKIE, patient_of, somebody, token_of
from tests.factories.people import me as session_of

from undisc.accounts.people.model import PatientKey, Role
from undisc.archive.corrections import Corrections
from undisc.sharing.model import ShareChoice, Step
from undisc.web.portal.reading import day_of


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalDoor]:
    with portal_door(tmp_path_factory.mktemp("portal")) as running:
        yield running


def test_timeline_tells_what_where_and_when_in_plain_words(door: PortalDoor) -> None:
    page = door.patient(ADA).get("/me")
    assert page.status_code == 200
    for said in ("Your scans", "2026", "MRI scan · Head", "CT scan · Chest", "With report", "3 pictures"):
        assert said in page.text, said
    assert "Bert" not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_scan_shows_pictures_and_reads_its_report_beside_them(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA, 1)
    page = ada.get(f"/me/scans/{study}")
    assert page.status_code == 200
    assert "Read the report" in page.text
    assert ada.get(f"/me/scans/{study}/thumbnail").headers["content-type"] == "image/webp"
    gone = send(ada, f"/me/scans/{study}", f"/me/scans/{study}/report")
    assert gone.status_code == 303
    beside = ada.get(gone.headers["location"])
    frame = beside.text.split('<iframe class="report" src="')[1].split('"')[0]
    report = ada.get(frame)
    assert report.content.startswith(b"%PDF-")
    assert "sandbox" in report.headers["content-security-policy"]


def test_viewing_is_by_a_link_that_ends_with_the_session(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA, 1)
    gone = send(ada, f"/me/scans/{study}", f"/me/scans/{study}/view")
    assert gone.status_code == 303
    where = gone.headers["location"]
    assert ada.get(f"{where}/study").json()["studies"][0]["id"] == study
    stranger = door.browser()
    assert stranger.get(f"{where}/study").status_code == 404
    token = form_token(ada.get("/me"))
    ada.post("/sign-out", data={"form_token": token})
    assert ada.get(f"{where}/study").status_code == 404


@pytest.mark.parametrize(("what", "inside"), [("pictures", ".jpg"), ("originals", ".dcm"), ("disc", "DICOMDIR")])
def test_copies_are_kept_as_they_are_wanted(door: PortalDoor, what: str, inside: str) -> None:
    ada, study = door.patient(ADA), door.study(ADA, 1)
    answer = send(ada, f"/me/scans/{study}", f"/me/scans/{study}/download", what=what)
    if answer.status_code == 303:
        answer = ada.get(answer.headers["location"])
    assert answer.status_code == 200
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert any(inside in name for name in names), names
    assert not any("TESTPERSON" in name.upper() for name in names)


@pytest.mark.parametrize("place", ["", "/thumbnail", "/share", "/view", "/report", "/download"])
def test_scan_of_another_patient_is_as_one_that_is_not_there(door: PortalDoor, place: str) -> None:
    ada, his = door.patient(ADA), door.study(BERT)
    answers = []
    for study in (his, 987654, "x"):
        where = f"/me/scans/{study}{place}"
        answer = ada.get(where) if place in ("", "/thumbnail", "/share") else send(ada, "/me", where, what="originals")
        answers.append((answer.status_code, answer.text.replace(f"/scans/{study}", "")))
    assert answers[0][0] == 404
    assert answers[0] == answers[1] == answers[2]


def test_proxy_sees_the_patient_until_the_relation_ends(door: PortalDoor) -> None:
    robin = door.proxy(ADA)
    assert "Scans of Ada Testperson" in robin.get("/me").text
    assert robin.get(f"/me/scans/{door.study(ADA)}").status_code == 200
    patient = door.patient(ADA)
    family = patient.get("/me/family")
    assert "Robin Relative" in family.text
    [relation] = [one for who, one in door.app.people.relations_of(door.key(ADA)) if who.name == "Robin Relative"]
    assert send(patient, "/me/family", f"/me/family/{relation.id}/end").status_code == 303
    assert robin.get(f"/me/scans/{door.study(ADA)}").status_code == 404
    assert "No scans are shown to you" in robin.get("/me").text


def test_nobody_ends_what_a_patient_is_to_themselves_or_anothers_relations(door: PortalDoor) -> None:
    ada, bert = door.patient(ADA), door.patient(BERT)
    mine = next(one for _, one in door.app.people.relations_of(door.key(ADA)) if one.kind == "self")
    for client in (ada, bert):
        assert send(client, "/me", f"/me/family/{mine.id}/end").status_code == 404
    assert door.app.people.relations_of(door.key(ADA))


def test_who_works_here_has_no_portal(door: PortalDoor) -> None:
    staff = door.browser(token_of(door.app, somebody(door.app, Role.STAFF)))
    for page in ("/me", f"/me/scans/{door.study(ADA)}", "/me/links", "/me/looks", "/me/consent", "/me/family"):
        assert staff.get(page).status_code == 403


def test_nobody_signed_in_is_led_to_where_they_can(door: PortalDoor) -> None:
    answer = door.browser().get("/me/links?of=3", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/me/links%3Fof%3D3")


def test_forms_of_other_sites_and_of_other_sessions_do_nothing(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA)
    where = f"/me/scans/{study}/view"
    theirs = form_token(door.patient(BERT).get("/me"))
    for fields, headers in (
        ({"what": ""}, {}),
        ({"form_token": theirs}, {}),
        ({"form_token": form_token(ada.get("/me"))}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        assert ada.post(where, data=fields, headers=headers, follow_redirects=False).status_code == 403


def test_patient_with_nothing_yet_is_told_what_happens(door: PortalDoor) -> None:
    page = door.browser(patient_of(door.app, PatientKey("", "NEW-1"))).get("/me")
    assert "There are no scans here yet" in page.text


def test_installing_tells_nothing_of_anybody(door: PortalDoor) -> None:
    stranger = door.browser()
    manifest = stranger.get("/me/manifest.webmanifest")
    assert manifest.json()["start_url"] == "/me"
    for icon in manifest.json()["icons"]:
        assert stranger.get(icon["src"]).status_code == 200
    assert "There is no connection" in stranger.get("/me/offline").text
    assert stranger.get("/static/icons/..%2Fpage.css").status_code == 404


def test_home_leads_to_where_somebodys_pages_are(door: PortalDoor) -> None:
    assert door.patient(ADA).get("/", follow_redirects=False).headers["location"] == "/me"
    assert door.browser().get("/", follow_redirects=False).status_code == 200


def test_somebody_is_let_in_with_dates_and_nobody_is_by_who_was_merely_let_in(door: PortalDoor) -> None:
    ada = door.patient(ADA)
    of = ada.get("/me/family").text.split("/me/family/invite?of=")[1].split('"')[0]
    page = f"/me/family/invite?of={of}"
    where = "/me/family/invite"
    missing = send(ada, page, where, of=of, name="Kim", email="kim@example.org", kind="parent")
    assert missing.status_code == 422
    past = send(ada, page, where, of=of, name="Kim", email="kim@example.org", kind="other", until="2020-01-01")
    assert past.status_code == 422
    made = send(ada, page, where, of=of, name="<b>Kim", email="kim@example.org", kind="other", until="2027-01-31")
    assert made.status_code == 200
    assert "/join#" in made.text
    assert "<b>Kim" not in made.text
    robin = door.proxy(ADA, "other")
    theirs = robin.get("/me").text
    assert "Scans of Ada Testperson" in theirs
    assert "/me/family/invite" not in robin.get("/me/family").text
    assert robin.get("/me/family/invite").status_code == 404


def test_settings_are_kept_and_nonsense_is_told(door: PortalDoor) -> None:
    bert = door.patient(BERT)
    kept = send(bert, "/me/settings", name="Bert B.", email="bert@example.org", phone="+1 555 0100", tongue="de")
    assert kept.status_code == 303
    page = bert.get("/me/settings")
    assert 'lang="de"' in page.text
    assert "bert@example.org" in page.text
    for fields in ({"name": ""}, {"name": "B", "email": "x"}, {"name": "B", "phone": "tomorrow"}):
        assert send(bert, "/me/settings", **fields).status_code == 422
    taken = send(door.patient(ADA), "/me/settings", name="Ada", email="BERT@example.org")
    assert taken.status_code == 422


def test_account_is_closed_only_by_the_word_and_with_all_that_hangs_on_it(door: PortalDoor) -> None:
    key = PatientKey("", "TEST-0001")
    ada = door.browser(patient_of(door.app, key))
    me = next(who for who, one in door.app.people.relations_of(key) if one.kind == "self")
    link = door.app.sharing.share(
        ShareChoice((door.study(ADA),), step=Step.OPEN), session_of(door.app, ada.cookies[COOKIE])
    )
    assert send(ada, "/me/settings", "/me/settings/close", sure="yes").status_code == 422
    closed = send(ada, "/me/settings", "/me/settings/close", sure="close")
    assert "Your account is closed" in closed.text
    assert ada.get("/me", follow_redirects=False).status_code == 303
    assert door.app.people.person(me.id) is None
    found = door.app.sharing.one_link(link.link.id)
    assert found is not None
    assert found.state == "revoked"


def test_parent_sees_nothing_from_the_day_of_majority_on(tmp_path: Path) -> None:
    with portal_door(tmp_path) as door:
        parent = somebody(door.app, Role.PROXY, name="Pat Parent")
        until = door.clock.now() + timedelta(hours=2)
        door.app.trail.run(
            lambda work: door.app.people.relate(work, parent.id, door.key(ADA), "parent", until, "operator")
        )
        client = door.browser(token_of(door.app, parent))
        study = door.study(ADA, 1)
        late = send(client, f"/me/scans/{study}/share", study=study, days="30", sure="yes", once="1", report="yes")
        assert late.status_code == 422
        assert "Choose an earlier day" in late.text
        where = send(client, f"/me/scans/{study}", f"/me/scans/{study}/view").headers["location"]
        assert client.get(f"{where}/study").status_code == 200
        door.clock.advance(hours=3)
        assert client.get(f"/me/scans/{study}").status_code == 404
        assert client.get(f"{where}/study").status_code == 404
        assert "No scans are shown to you" in client.get("/me").text


def test_whose_relation_ended_sees_no_picture_more_and_lets_nobody_in(door: PortalDoor) -> None:
    robin, patient = door.proxy(ADA, "guardian"), door.patient(ADA)
    of = robin.get("/me/family").text.split("/me/family/invite?of=")[1].split('"')[0]
    fields = {"of": of, "name": "Robin Again", "email": "robin@example.org", "kind": "other"}
    made = send(robin, f"/me/family/invite?of={of}", "/me/family/invite", **fields)
    pocketed = re.findall(r"[^\s\"<>]+/join#[^\s\"<>]+", made.text)[0]
    looking = send(robin, "/me", f"/me/scans/{door.study(ADA)}/view").headers["location"]
    assert robin.get(f"{looking}/study").status_code == 200
    mine = session_of(door.app, robin.cookies[COOKIE])
    given = door.app.sharing.share(ShareChoice((door.study(ADA),), step=Step.OPEN), mine).link.id
    kept = door.app.sharing.share(ShareChoice((door.study(ADA),), step=Step.OPEN), "operator").link.id
    [relation] = [one for _, one in door.app.people.relations_of(door.key(ADA)) if one.kind == "guardian"]
    assert send(patient, "/me/family", f"/me/family/{relation.id}/end").status_code == 303
    assert robin.get(f"{looking}/study").status_code == 404
    assert [door.app.sharing.one_link(one).state for one in (given, kept)] == ["revoked", "open"]  # type: ignore[union-attr]
    stranger = door.browser()
    assert stranger.post("/join", data={"secret": pocketed}).status_code == 404


@pytest.mark.parametrize("day", ["9999-12-31", "2027-13-01", "10000-01-01"])
def test_days_that_no_clock_reaches_are_told_as_wrong(day: str) -> None:
    assert day_of(day, ZoneInfo("America/Los_Angeles")) is None


def test_number_that_two_places_gave_to_two_people_shows_neither_to_the_other(tmp_path: Path) -> None:
    """Discs of two places may carry one patient number, and say nothing of who gave it."""
    other = replace(BERT, id=ADA.id, birth_date="19911231")
    with portal_door(tmp_path) as door:
        ada = door.patient(ADA)
        assert ada.get(f"/me/scans/{door.study(ADA)}").status_code == 200
        source = tmp_path / "elsewhere"
        source.mkdir()
        image(other, Place(9, 1, 1, 1), rows=64, columns=64).save_as(source / "IM1", enforce_file_format=True)
        assert not door.app.intake.take_in([source]).lost
        theirs = next(study for study in door.app.shelf.studies_of([door.key(ADA)]) if study.birth_date == "19911231")
        assert ada.get(f"/me/scans/{theirs.id}").status_code == 404
        page = ada.get("/me").text
        assert "No scans are shown to you" in page
        assert "Bert" not in page
        Corrections(door.app.storage, door.app.trail).correct(
            theirs.id, {"PatientID": "ELSEWHERE-1"}, reason="of another place", by="operator"
        )
        assert ada.get(f"/me/scans/{door.study(ADA)}").status_code == 200
        assert ada.get(f"/me/scans/{theirs.id}").status_code == 404
