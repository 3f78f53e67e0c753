"""Proves that whoever checks in is asked, told back what they said and heard once; and that nobody who is not there
fills the list, reads of others, or loses what they typed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.door.check_in_door import FILLED, SIGNED, CheckInDoor, check_in_door, token_of

from undisc.sharing.consent_form import check, read_draft
from undisc.sharing.consent_model import Choice, Consent, ConsentForm, SignedAs, State

Opened = tuple[int, httpx.Client, str]
TYPED = ("Jane", "1970", "jane@example.org", "A4711", "Roe")


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckInDoor]:
    with check_in_door(tmp_path_factory.mktemp("check-in")) as door:
        yield door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[CheckInDoor]:
    with check_in_door(tmp_path) as running:
        yield running


@pytest.fixture
def at(standing: CheckInDoor) -> Opened:
    """A new place, a browser with its form open, and the form's token."""
    place, code = standing.place()
    browser = standing.entered(place, code)
    return place, browser, token_of(browser.get(f"/check-in/{place}/form"))


def test_a_form_is_filled_in_said_back_and_signed(door: CheckInDoor) -> None:
    place, code = door.place()
    browser = door.entered(place, code.lower().replace("-", " "))
    page = browser.get(f"/check-in/{place}/language")
    assert "العربية" in page.text
    chosen = browser.post(f"/check-in/{place}/language", data={"language": "de", "form_token": token_of(page)})
    assert chosen.headers["location"] == f"/check-in/{place}/form"
    form = browser.get(f"/check-in/{place}/form")
    assert '<html lang="de"' in form.text
    assert "Wer diese Bilder sehen darf" in form.text
    token = token_of(form)
    review = browser.post(f"/check-in/{place}/form", data=FILLED | {"form_token": token})
    assert review.status_code == 200
    assert (
        "Wer Jane Doe ärztlich behandelt (Dr. Roe), darf die Bilder bis 24. Dezember 2026 sehen; "
        "Ihr Link kommt per E-Mail." in review.text
    )
    assert door.app.consents.waiting() == []
    signed = browser.post(f"/check-in/{place}/sign", data=SIGNED | {"form_token": token})
    assert (signed.status_code, signed.headers["location"]) == (303, f"/check-in/{place}/thank-you")
    thanks = browser.get(signed.headers["location"])
    assert thanks.status_code == 200
    assert not any(word in thanks.text for word in TYPED)

    [waiting] = door.app.consents.waiting()
    consent = waiting.consent
    assert (consent.state, consent.entered_by, consent.form.language) == (State.WAITING, f"check-in:{place}", "de")
    assert (consent.form.patient_name, consent.form.birth_date) == ("Jane Doe", "19700101")
    assert (consent.form.choice, consent.form.signed_as) == (Choice.CLINICIANS, SignedAs.SELF)
    assert consent.form.until is not None
    assert consent.form.until.isoformat() == "2026-12-24T22:59:59+00:00"
    assert consent.form.signature == (((100, 200), (300, 200), (310, 250)), ((500, 100), (500, 300)))
    # The session is spent: what was signed is neither shown again nor signed again.
    assert browser.get(f"/check-in/{place}/form").headers["location"] == f"/check-in/{place}/thank-you"
    assert browser.post(f"/check-in/{place}/sign", data=SIGNED | {"form_token": token}).status_code == 403
    assert len(door.app.consents.waiting()) == 1


def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(at: Opened) -> None:
    place, browser, token = at
    wrong = FILLED | {"birth_month": "13", "email": "nobody", "choice": "", "form_token": token}
    answer = browser.post(f"/check-in/{place}/form", data=wrong)
    assert answer.status_code == 422
    for said in ("Write the date of birth", "This is no e-mail address", "Choose who may see"):
        assert answer.text.count(said) == 2  # in the list above, and beside the field
    for kept in ('value="Jane Doe"', 'value="13"', 'value="nobody"', 'value="A4711"', 'value="Dr. Roe"'):
        assert kept in answer.text
    assert answer.text.count('aria-invalid="true"') >= 5

    unsigned = browser.post(f"/check-in/{place}/sign", data=SIGNED | {"signed_name": " ", "form_token": token})
    assert unsigned.status_code == 422
    assert "Write your name to sign." in unsigned.text
    assert SIGNED["strokes"] in unsigned.text
    back = browser.post(f"/check-in/{place}/form", data=FILLED | {"back": "yes", "form_token": token})
    assert back.status_code == 200
    assert 'value="Jane Doe"' in back.text


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"way": ""}, "Choose at least one way"),
        ({"way": "text"}, "Write a phone number"),
        ({"way": "text", "phone": "call me"}, "This is no phone number"),
        ({"birth_day": "31", "birth_month": "2"}, "Write the date of birth"),
        ({"birth_year": "2027"}, "still to come"),
        ({"birth_day": "٣"}, None),
        ({"until": "day"}, "Choose the last day"),
        ({"until": "day", "until_day": "2026-11-23"}, "over already"),
        ({"until": "day", "until_day": "2999-01-01"}, "next ten years"),
        ({"until": "for good"}, "Choose until when"),
        ({"signed_as": "doctor"}, "Say for whom"),
        ({"name": "\u202e \x00"}, "Write the name"),
        ({"choice": "nobody-else", "until": "nonsense"}, None),
    ],
)
def test_every_answer_is_looked_at(at: Opened, said: dict[str, str], sentence: str | None) -> None:
    place, browser, token = at
    answer = browser.post(f"/check-in/{place}/form", data=FILLED | said | {"form_token": token})
    assert answer.status_code == (422 if sentence else 200)
    assert sentence is None or sentence in answer.text


def test_markup_in_names_stays_text(at: Opened) -> None:
    place, browser, token = at
    name = '"><script>alert(1)</script><b>&{{7*7}}'
    answer = browser.post(f"/check-in/{place}/form", data=FILLED | {"name": name, "named": name, "form_token": token})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "{{7*7}}" in answer.text
    braces = browser.post(f"/check-in/{place}/form", data=FILLED | {"name": "{named} {0} %s", "form_token": token})
    assert "{named} {0} %s" in braces.text


@pytest.mark.parametrize(
    "strokes",
    [
        "1 2 3",
        "1 x",
        "1 2;",
        "-1 2 3 4",
        "1 9999",
        "2000 1",
        "1 2 " * 5000,
        ";" * 300,
        "١ ٢",
        '"><svg onload=1>',
        "1.5 2",
    ],
)
def test_what_is_no_drawing_is_left_out(standing: CheckInDoor, strokes: str) -> None:
    place, code = standing.place()
    browser = standing.entered(place, code)
    token = token_of(browser.get(f"/check-in/{place}/form"))
    signed = browser.post(f"/check-in/{place}/sign", data=SIGNED | {"strokes": strokes, "form_token": token})
    assert signed.status_code == 303
    newest = standing.app.consents.waiting()[0].consent
    assert (newest.entered_by, newest.form.signature) == (f"check-in:{place}", ())


def test_a_place_that_is_not_there_looks_like_one_that_is(standing: CheckInDoor) -> None:
    place, _ = standing.place()
    browser = standing.browser()
    there, not_there = browser.get(f"/check-in/{place}"), browser.get("/check-in/99999")
    assert there.text.replace(f"/{place}/", "/N/") == not_there.text.replace("/99999/", "/N/")
    refused = [browser.post(f"/check-in/{number}/open", data={"code": "AAAAA-AAAAA"}) for number in (place, 99999)]
    assert [answer.status_code for answer in refused] == [403, 403]
    for number in ("0", "-1", "x", "9" * 30, "1%00"):
        assert browser.get(f"/check-in/{number}").status_code in (404, 422)


def test_without_the_code_nothing_is_filled_in(standing: CheckInDoor) -> None:
    place, _ = standing.place()
    browser = standing.browser()
    for page in ("language", "form", "thank-you"):
        assert browser.get(f"/check-in/{place}/{page}").headers["location"] == f"/check-in/{place}"
    for page in ("language", "form", "sign"):
        assert browser.post(f"/check-in/{place}/{page}", data=SIGNED | {"form_token": "0" * 64}).status_code == 403


def test_a_session_is_of_its_place_alone_and_ends(door: CheckInDoor) -> None:
    place, code = door.place()
    other, _ = door.place("Other room")
    browser = door.entered(place, code)
    token = token_of(browser.get(f"/check-in/{place}/form"))
    assert browser.post(f"/check-in/{other}/sign", data=SIGNED | {"form_token": token}).status_code == 403
    door.clock.advance(hours=2)
    assert browser.get(f"/check-in/{place}/form").status_code == 303
    assert browser.post(f"/check-in/{place}/sign", data=SIGNED | {"form_token": token}).status_code == 403

    again = door.entered(place, code)
    token = token_of(again.get(f"/check-in/{place}/form"))
    door.check_in.end(place, "person:1")
    assert again.post(f"/check-in/{place}/sign", data=SIGNED | {"form_token": token}).status_code == 403
    assert door.browser().post(f"/check-in/{place}/open", data={"code": code}).status_code == 403
    assert door.app.consents.waiting() == []


def test_forged_cookies_and_pages_of_others_sign_nothing(standing: CheckInDoor, at: Opened) -> None:
    place, browser, token = at
    path = f"/check-in/{place}/sign"
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post(path, data=SIGNED | {"form_token": token}, headers=elsewhere).status_code == 403
    assert browser.post(path, data=SIGNED).status_code == 403
    assert browser.post(path, data=SIGNED | {"form_token": token[:-1] + "é"}).status_code == 403
    for forged in ("x" * 900, "", "AAAA", browser.cookies["undisc_check_in"][:-4] + "AAAA"):
        stranger = standing.browser()
        stranger.cookies.set("undisc_check_in", forged)
        assert stranger.post(path, data=SIGNED | {"form_token": token}).status_code == 403
    another = standing.entered(*standing.place())
    assert another.post(path, data=SIGNED | {"form_token": token}).status_code == 403


def test_uploads_and_what_is_too_large_are_refused(at: Opened) -> None:
    place, browser, token = at
    path = f"/check-in/{place}/sign"
    assert browser.post(path, files={"name": ("a.exe", b"MZ")}, data={"form_token": token}).status_code == 415
    assert browser.post(path, json=SIGNED).status_code == 415
    assert browser.post(path, data=SIGNED | {"form_token": token, "strokes": "1 2;" * 30_000}).status_code == 413
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post(path, content=b"a=1&" * 2000, headers=kind).status_code == 422
    assert browser.post(path, content=b"name=\xff\xfe", headers=kind).status_code == 422
    long = browser.post(f"/check-in/{place}/form", data=FILLED | {"name": "J" * 20_000, "form_token": token})
    assert long.status_code == 200
    assert "J" * 200 in long.text
    assert "J" * 201 not in long.text


def test_codes_are_not_guessed_and_forms_do_not_flood(door: CheckInDoor) -> None:
    place, code = door.place()
    guesser = door.browser()
    codes = [guesser.post(f"/check-in/{place}/open", data={"code": f"AAAAA-{n:05}"}).status_code for n in range(22)]
    assert codes == [403] * 20 + [429] * 2
    assert guesser.post(f"/check-in/{place}/open", data={"code": code}).status_code == 429
    door.clock.advance(hours=1, seconds=1)

    session = door.check_in.session(door.entered(place, code).cookies["undisc_check_in"])
    assert session is not None
    checked = check(read_draft((SIGNED | {"name": "Somebody"}).items()), "en", door.clock.now())
    assert isinstance(checked, ConsentForm)
    for number in range(99):
        assert isinstance(door.check_in.sign(session, replace(checked, named=str(number)), "127.0.0.1"), Consent)
    answers: list[httpx.Response] = []
    for number in range(2):
        browser = door.entered(place, code)
        token = token_of(browser.get(f"/check-in/{place}/form"))
        sent = SIGNED | {"name": f"Jane Doe {number}", "form_token": token}
        answers.append(browser.post(f"/check-in/{place}/sign", data=sent))
    assert [answer.status_code for answer in answers] == [303, 429]
    assert "Very many forms were signed here" in answers[1].text
    assert 'value="Jane Doe 1"' in answers[1].text
    assert len(door.app.consents.waiting()) == 100


def test_a_tablet_shows_the_next_person_nothing_of_the_last(standing: CheckInDoor) -> None:
    place, code = standing.place()
    tablet = standing.entered(place, code, tablet=True)
    first = token_of(tablet.get(f"/check-in/{place}/form"))
    review = tablet.post(f"/check-in/{place}/form", data=FILLED | {"form_token": first})
    assert 'data-seconds="60"' in review.text
    assert review.headers["cache-control"] == "no-store"
    assert 'autocomplete="name"' not in review.text
    # Nobody touched it; the next person begins, and goes back to what the last one had sent.
    tablet.get(f"/check-in/{place}/language")
    resent = tablet.post(f"/check-in/{place}/form", data=FILLED | {"form_token": first})
    assert resent.status_code == 403
    assert not any(word in resent.text for word in TYPED)

    second = token_of(tablet.get(f"/check-in/{place}/form"))
    form = tablet.get(f"/check-in/{place}/form")
    assert not any(word in form.text for word in TYPED)
    assert 'autocomplete="bday' not in form.text
    tablet.post(f"/check-in/{place}/sign", data=SIGNED | {"form_token": second})
    thanks = tablet.get(f"/check-in/{place}/thank-you")
    assert f'url=/check-in/{place}/language"' in thanks.text
    assert tablet.post(f"/check-in/{place}/sign", data=SIGNED | {"form_token": second}).status_code == 403
    start = tablet.get(f"/check-in/{place}/language")
    assert start.status_code == 200
    assert "Max-Age=0" in start.headers.get_list("set-cookie")[1]
    assert tablet.get(f"/check-in/{place}/form").status_code == 200


def test_each_language_says_it_in_its_own_words(at: Opened) -> None:
    place, browser, token = at
    said: set[str] = set()
    for language in ("en", "de", "es", "fr", "ar", "ja", "zh"):
        browser.cookies.set("undisc_language", language)
        review = browser.post(f"/check-in/{place}/form", data=FILLED | {"email_images": "yes", "form_token": token})
        assert review.status_code == 200
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in review.text
        said.add(review.text.split('class="said-back"')[1].split("</p>")[0])
    assert len(said) == 7
