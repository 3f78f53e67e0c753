"""Staff see what came, find a patient, hand over with one press, and are told of each what became of it."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pypdf import PdfReader
from starlette.routing import Mount
from tests.door.running import serving
from tests.door.test_routes_closed import all_of, routes
from tests.factories.discs import make_disc
from tests.factories.people import COOKIE, me, patient_of, signed_in_as

from undisc.accounts.people.model import PatientKey, Role
from undisc.app import App, build, build_ordering, build_web
from undisc.export.ordering import MEDIUM
from undisc.messaging.model import Way
from undisc.settings import Settings
from undisc.sharing.consent_model import Choice, ConsentForm, SignedAs
from undisc.sharing.model import Browser
from undisc.web.people import SignedInAs

ROUTES = ("", "/rows", "/links", "/links/rows", "/discs", "/figures", "/patients/1")
SCRIPT = '"><script>alert(1)</script>'


@dataclass
class Place:
    app: App
    base: str
    token: str

    def client(self, token: str | None = None) -> httpx.Client:
        return httpx.Client(base_url=self.base, cookies={COOKIE: token or self.token}, timeout=30)

    @property
    def form_token(self) -> str:
        return me(self.app, self.token).form_token

    def post(self, path: str, fields: Mapping[str, object] | None = None, **more: object) -> httpx.Response:
        with self.client() as client:
            data = {"form_token": self.form_token} | dict(fields or {})
            more = {"follow_redirects": True} | more
            return client.post(f"/staff{path}", data=data, headers={"Accept": "text/html"}, **more)  # type: ignore[arg-type]

    def get(self, path: str, **more: object) -> httpx.Response:
        with self.client() as client:
            return client.get(f"/staff{path}", headers={"Accept": "text/html"}, **more)  # type: ignore[arg-type]

    def studies(self) -> list[int]:
        return sorted(each.id for each in self.app.archive.studies())

    def make_discs(self) -> None:
        ordering = build_ordering(self.app)
        for job in self.app.jobs.all():
            if job.kind == MEDIUM and job.ended_at is None:
                ordering.carry_out(job.arguments["medium"], lambda: None)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("staff")
    app = build(Settings(data_dir=folder / "data", workers=1, place_name="Riverside Imaging"))
    make_disc(folder / "one", slices=3, rows=32, columns=32, series=1, studies=2)
    app.intake.take_in([folder / "one"])
    with serving(build_web(app)) as base:
        yield Place(app, base, signed_in_as(app, Role.STAFF))
    app.close()


def consented(place: Place, study: int, *, email: str = "pat@example.org", phone: str = "") -> int:
    shelf = place.app.shelf.study(study)
    assert shelf is not None
    form = ConsentForm(
        language="de",
        patient_name=shelf.patient_name,
        birth_date=shelf.birth_date,
        whose=shelf.patient,
        accession="",
        email=email,
        phone=phone,
        ways=frozenset({"email"} if email else {"text"}),
        choice=Choice.CHOSEN,
        named="",
        until=None,
        email_images=False,
        signed_name="Pat",
        signed_as=SignedAs.SELF,
    )
    kept = place.app.consents.sign(form, "person:1")
    place.app.consents.attach(kept.id, study, "person:1")
    return kept.id


def test_every_route_asks_for_staff(place: Place) -> None:
    pages = [route for route in build_web(place.app).routes if not isinstance(route, Mount)]
    bare = FastAPI(routes=pages, openapi_url=None)
    found = [route for route in routes(bare) if route.path.startswith("/staff")]
    assert len(found) >= 25
    for route in found:
        asks = [call for call in all_of(route.dependant) if isinstance(call, SignedInAs)]
        assert [call.roles for call in asks] == [frozenset({Role.STAFF})], route.path


@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.STAFF)])
def test_nobody_but_staff_gets_in(place: Place, role: Role | None) -> None:
    token = signed_in_as(place.app, role) if role else ""
    with place.client(token or "nobody") as client:
        for path in ROUTES:
            answer = client.get(f"/staff{path}", follow_redirects=False)
            assert answer.status_code == (403 if role else 303), path
        for path in ("/search", "/bulk", "/patients/1/give", "/patients/1/look", "/discs", "/discs/new"):
            answer = client.post(f"/staff{path}", data={"form_token": "x", "study": "1"}, follow_redirects=False)
            assert answer.status_code == (403 if role else 303), path


def test_every_page_opens_and_names_no_patient_in_its_title(place: Place) -> None:
    shelf = place.app.shelf.study(1)
    assert shelf is not None
    family = shelf.patient_name.split("^")[0]
    for path in ROUTES:
        answer = place.get(path)
        assert answer.status_code == 200, (path, answer.text[:500])
        title = re.search(r"<title>(.*?)</title>", answer.text)
        assert title is None or family not in title[1]
    assert family in place.get("").text


def test_forms_from_elsewhere_and_without_their_token_are_refused(place: Place) -> None:
    with place.client() as client:
        for path in ("/search", "/bulk", "/patients/1/give", "/discs", "/discs/new", "/links/x/stop"):
            answer = client.post(f"/staff{path}", data={"form_token": "wrong", "study": "1", "do": "give"})
            assert answer.json()["type"] == "form-too-old", path
            headers = {"Sec-Fetch-Site": "cross-site"}
            answer = client.post(f"/staff{path}", data={"form_token": place.form_token}, headers=headers)
            assert answer.json()["type"] == "other-site", path
    assert not place.app.sharing.links()


def test_an_unchanged_list_is_not_sent_again(place: Place) -> None:
    first = place.get("/rows")
    with place.client() as client:
        again = client.get("/staff/rows", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_patients_are_found_as_they_are_typed_and_nothing_typed_is_in_an_address(place: Place) -> None:
    shelf = place.app.shelf.study(1)
    assert shelf is not None
    born = shelf.birth_date
    asked = [shelf.patient_name.split("^")[0][:4], shelf.patient.patient_id, f"{born[6:]}.{born[4:6]}.{born[:4]}"]
    for text in asked:
        answer = place.post("/search/found", {"q": text})
        assert '<a href="/staff/patients/' in answer.text, text
    answer = place.post("/search", {"q": SCRIPT})
    assert SCRIPT not in answer.text
    assert "Nobody found" in answer.text
    assert str(answer.url).endswith("/staff/search")


def test_a_link_goes_where_was_typed_and_is_taken_back_before_it_was_opened(place: Place) -> None:
    study = place.studies()[0]
    answer = place.post(
        f"/patients/{study}/give", {"study": study, "email": "pat@example.org", "do": "give", "language": "en"}
    )
    assert answer.status_code == 200
    assert "p···@example.org" in answer.text
    link = place.app.sharing.links()[0].link
    assert (link.for_email, link.made_by.startswith("person:")) == ("pat@example.org", True)
    [message] = place.app.messaging.of_link(link.id)
    assert (message.way, message.state) == (Way.EMAIL, "waiting")
    assert place.app.completions.one(study).state == "sent"  # type: ignore[union-attr]
    assert "Link sent" in place.get("/rows").text
    taken = place.post(f"/links/{link.id}/take-back")
    assert "taken back" in taken.text
    assert place.app.messaging.of_link(link.id)[0].state == "cancelled"
    assert place.app.sharing.links()[0].state == "revoked"
    assert place.app.completions.one(study).state == "waiting"  # type: ignore[union-attr]


def test_what_cannot_be_reached_is_said_and_what_was_typed_stays(place: Place) -> None:
    study = place.studies()[0]
    before = len(place.app.sharing.links())
    for fields, said in (
        ({"study": study, "email": "no address"}, "This is no e-mail address."),
        ({"study": study}, "There is nobody to send it to"),
        ({"study": study, "phone": "+1 555\n0100 x"}, "This is no telephone number."),
        ({"email": "pat@example.org"}, "Tick a scan first."),
        ({"study": 999, "email": "pat@example.org"}, "Tick a scan first."),
    ):
        answer = place.post(f"/patients/{study}/give", fields | {"do": "give"})
        assert answer.status_code == 422
        assert said in answer.text, said
    answer = place.post(f"/patients/{study}/give", {"study": study, "email": SCRIPT, "do": "give"})
    assert SCRIPT not in answer.text
    assert len(place.app.sharing.links()) == before


def test_many_are_done_at_once_and_each_says_what_became_of_it(place: Place) -> None:
    first, second = place.studies()
    marked = place.post("/bulk", {"do": "complete", "study": [first, second]})
    assert marked.text.count('data-result="done"') == 1  # the first was complete already
    assert "This was complete already." in marked.text
    # One patient with two studies gets one link; without a form nobody knows where it goes.
    answer = place.post("/bulk", {"do": "give", "study": [first, second, 999]})
    assert "There is no form" in answer.text
    assert "None of it was done." in answer.text
    consented(place, second)
    answer = place.post("/bulk", {"do": "give", "study": [first, second]})
    assert "p···@example.org" in answer.text
    link = place.app.sharing.links()[0].link
    assert link.studies == {first, second}
    assert place.post("/bulk", {"do": "delete-everything", "study": first}).status_code == 422
    dismissed = place.post("/bulk", {"do": "dismiss", "study": [first]})
    assert 'value="reopen"' in dismissed.text
    assert "Nothing here" in place.get("?show=waiting").text
    place.post("/bulk", {"do": "reopen", "study": [first]})
    assert "To hand over" in place.get("/rows?show=waiting").text


def test_what_is_printed_has_the_link_as_a_code_and_the_passcode_is_said_at_the_desk(place: Place) -> None:
    study = place.studies()[0]
    answer = place.post(f"/patients/{study}/give", {"study": study, "do": "print"})
    passcode = re.search(r"data-passcode>(\d{6})<", answer.text)
    assert passcode is not None
    link = place.app.sharing.links()[0].link
    assert (link.passcode is not None, place.app.messaging.of_link(link.id)) == (True, [])
    assert f"/s/{link.id}" not in answer.text
    sheets = re.search(r'name="sheets" value="([^"]+)"', answer.text)
    assert sheets is not None
    printed = place.post("/print", {"sheets": sheets[1]})
    assert printed.headers["content-type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(printed.content)).pages)
    assert link.id in re.sub(r"[\n\u200b]", "", text)
    assert passcode[1] not in text
    shown = place.app.shelf.study(study)
    assert shown is not None
    assert shown.patient_name.split("^")[0] not in text
    for forged in ("", "x", sheets[1][:-4] + "AAAA"):
        assert place.post("/print", {"sheets": forged}).status_code == 403
    assert place.app.completions.one(study).state == "printed"  # type: ignore[union-attr]
    both = place.post("/bulk", {"do": "print", "study": place.studies()})
    assert "Open the page to print" in both.text


def test_an_opened_link_cannot_be_taken_back_and_can_be_stopped(place: Place) -> None:
    made = place.app.sharing.create_link([place.studies()[0]])
    place.app.sharing.open_link(made.link.id, made.secret, None, Browser("127.0.0.1", "test"))  # type: ignore[arg-type, call-arg]
    answer = place.post(f"/links/{made.link.id}/take-back")
    assert "cannot" in answer.text or "not taken back" in answer.text
    assert "Stop for good" in place.get("/links").text
    place.post(f"/links/{made.link.id}/stop")
    assert place.app.sharing.one_link(made.link.id).state == "revoked"  # type: ignore[union-attr]
    assert place.post("/links/nothing/stop").status_code == 404


def test_pictures_are_shown_only_with_a_reason(place: Place) -> None:
    study = place.studies()[0]
    answer = place.post(f"/patients/{study}/look", {"reason": "", "study": study}, follow_redirects=False)
    assert answer.status_code == 422
    reason = "The surgeon asks whether all pictures are there."
    answer = place.post(f"/patients/{study}/look", {"reason": reason, "study": study}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/s/")
    assert place.app.people.glasses()[0].glass.reason == reason
    with place.client() as client:
        path = answer.headers["location"]
        cookie = re.search(r"undisc=([^;]+)", answer.headers["set-cookie"])
        assert cookie is not None
        assert client.get(f"{path}/study", headers={"Cookie": f"undisc={cookie[1]}"}).status_code == 200
    assert "emergency" in place.get(f"/patients/{study}").text


def test_a_disc_is_ordered_made_fetched_in_parts_and_removed(place: Place) -> None:
    study = place.studies()[0]
    assert "Make a disc" in place.post("/discs/new", {"study": study}).text
    ordered = place.post("/discs", {"study": study, "medium": "zip", "reports": "on", "for": "Oncology"})
    number = int(str(ordered.url).rsplit("/", 1)[1])
    assert "In line" in ordered.text
    assert place.get(f"/discs/{number}/file").status_code == 404
    place.make_discs()
    assert "Download" in place.get(f"/discs/{number}/progress").text
    whole = place.get(f"/discs/{number}/file")
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert whole.headers["content-disposition"].startswith('attachment; filename="pictures-')
    with zipfile.ZipFile(BytesIO(whole.content)) as archive:
        assert archive.testzip() is None
    with place.client() as client:
        part = client.get(f"/staff/discs/{number}/file", headers={"Range": "bytes=100-199"})
        beyond = client.get(f"/staff/discs/{number}/file", headers={"Range": "bytes=999999999999-"})
    assert (part.status_code, part.content, beyond.status_code) == (206, whole.content[100:200], 416)
    place.post(f"/discs/{number}/cancel")
    assert place.get(f"/discs/{number}/file").status_code == 404
    assert place.post("/discs", {"study": study, "medium": "floppy"}).status_code == 422
    assert place.post("/discs", {"study": 999, "medium": "zip"}).status_code == 422
    assert place.get("/discs/999999999999").status_code == 404


def test_two_names_under_one_number_are_never_on_one_screen_unwarned(place: Place, tmp_path: Path) -> None:
    study = place.app.shelf.study(place.studies()[1])
    assert study is not None
    with place.app.trail.work() as work:
        from undisc.db.tables import studies

        changed = studies.update().where(studies.c.id == study.id).values(patient_name="ELSE^SOMEBODY")
        work.connection.execute(changed)
    try:
        page = place.get(f"/patients/{study.id}").text
        assert "These may be two people." in page
        assert "ELSE, SOMEBODY" in page
        assert "Two names, one number" in place.post("/search/found", {"q": study.patient.patient_id}).text
        answer = place.post("/bulk", {"do": "give", "study": place.studies()})
        assert "Two names have this patient number" in answer.text
        assert "more than one person" in place.post("/discs/new", {"study": place.studies()}).text
    finally:
        with place.app.trail.work() as work:
            back = studies.update().where(studies.c.id == study.id).values(patient_name=study.patient_name)
            work.connection.execute(back)


def test_numbers_that_are_none_are_not_found(place: Place) -> None:
    for path in ("/patients/0", "/patients/99999999999999999999", "/patients/x", "/discs/0", "/patients/-1"):
        assert place.get(path).status_code in (404, 422), path
    for path in ("?page=-1", "?page=99999", "?show=<b>", "/links?show=x&page=x"):
        answer = place.get(path)
        assert answer.status_code == 200
        assert "<b>" not in answer.text


def test_figures_tell_how_it_goes(place: Place) -> None:
    page = place.get("/figures").text
    assert "From complete to link sent" in page
    assert "Every message went out." in page


def test_patients_make_discs_of_their_own_scans_and_nobody_elses(place: Place) -> None:
    study = place.app.shelf.study(place.studies()[0])
    assert study is not None
    token = patient_of(place.app, study.patient)
    stranger = patient_of(place.app, PatientKey("", "SOMEBODY-ELSE"))
    fields = {"form_token": me(place.app, token).form_token, "medium": "iso", "reports": "on"}
    with place.client(token) as patient, place.client(stranger) as other:
        choices = patient.get(f"/me/scans/{study.id}/disc").text
        assert "Make a disc" in choices
        assert "without the viewer. It takes" in " ".join(choices.split())
        assert other.get(f"/me/scans/{study.id}/disc").status_code == 404
        theirs = fields | {"form_token": me(place.app, stranger).form_token}
        assert other.post(f"/me/scans/{study.id}/disc", data=theirs).status_code == 404
        ordered = patient.post(f"/me/scans/{study.id}/disc", data=fields, follow_redirects=True)
        where = ordered.url.path
        assert "/me/discs/" in where
        place.make_discs()
        assert f'href="{where}/file"' in patient.get(f"{where}/progress").text
        assert patient.get(f"{where}/file").headers["content-type"] == "application/x-iso9660-image"
        for path in (where, f"{where}/progress", f"{where}/file"):
            assert other.get(path).status_code == 404
        assert other.post(f"{where}/cancel", data=theirs).status_code == 404
        sealed = patient.post(f"/me/scans/{study.id}/disc", data=fields | {"sealed": "on"})
        assert sealed.status_code in (200, 422)  # the latter where the viewer for discs is not built
        if sealed.status_code == 200:
            assert "data-passphrase" in sealed.text


@pytest.mark.parametrize("number", ["0", "-1", str(2**31), str(2**63), "9" * 400, "1e3"])
def test_numbers_that_no_row_has_are_told_plainly(place: Place, number: str) -> None:
    with place.client() as client:
        token = re.findall(r'name="form_token" value="([^"]+)"', client.get("/staff").text)[0]
        for path in (f"/staff/patients/{number}", f"/staff/discs/{number}", f"/staff/discs/{number}/file"):
            assert client.get(path).status_code in (404, 422), path
        for path in (f"messages/{number}/retry", f"messages/{number}/cancel", f"discs/{number}/cancel"):
            assert client.post(f"/staff/{path}", data={"form_token": token}).status_code in (404, 422), path
