"""Proves that whoever guesses codes and birth dates, from many clients and at several servers at once, gets no more
tries than one who guesses alone; here on SQLite, and in tests/contract on PostgreSQL."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.door.running import Door, sharing_on

from undisc.messaging.model import Way
from undisc.sharing.model import Browser, Contact, NewLink, ShareChoice, Step
from undisc.sharing.opening_model import Answers, Asked, Asking, Busy, Closed, Opened, OpenOutcome
from undisc.sharing.service import Sharing

GUESSERS = 50


def two_servers(door: Door) -> list[Sharing]:
    other, _ = sharing_on(door.trail, door.database, door.archive, door.sharing._terms, door.keyring)
    return [door.sharing, other]


def knock(server: Sharing, link: NewLink, answers: Answers) -> OpenOutcome:
    """As often as it takes to be heard: whoever guesses at full speed does not mind being told that all are busy."""
    for _ in range(10_000):
        outcome = server.open_link(link.link.id, link.secret, None, Browser("192.0.2.9", "Guesser/1.0"), answers)
        if not isinstance(outcome, Busy):
            return outcome
    raise AssertionError("never heard")


def all_at_once(act: Callable[[int], OpenOutcome]) -> Counter[object]:
    """What became of the guesses of fifty who begin together."""
    start = threading.Barrier(GUESSERS)

    def one(number: int) -> object:
        start.wait(30)
        outcome = act(number)
        return outcome.what if isinstance(outcome, Asked) else type(outcome)

    with ThreadPoolExecutor(GUESSERS) as threads:
        return Counter(threads.map(one, range(GUESSERS)))


def test_fifty_who_guess_a_birth_date_at_once_get_ten_tries_between_them(door: Door) -> None:
    servers = two_servers(door)
    link = door.sharing.patient_link((1,), Contact(phone="+4930901842"), "system")
    found = all_at_once(
        lambda number: knock(servers[number % 2], link, Answers(birth_date=f"1950-{number % 12 + 1:02d}-11"))
    )
    # The last but one of the tries may learn that the last was taken at the other server meanwhile.
    assert found[Asking.BIRTH_DATE_WRONG] in (8, 9)
    assert found[Asking.BIRTH_DATE_WRONG] + found[Closed] == GUESSERS
    assert door.actions().count("birth-date-wrong") == 10
    assert knock(servers[1], link, Answers(birth_date="1970-01-01")) == Closed()


def test_fifty_who_guess_one_code_at_once_get_five_tries_between_them(door: Door) -> None:
    servers = two_servers(door)
    link = door.sharing.share(ShareChoice((1,), for_phone="+4930901842", step=Step.CODE), "operator")
    asked = knock(servers[0], link, Answers())
    assert isinstance(asked, Asked)
    token = asked.asked or ""
    knock(servers[0], link, Answers(send_code=Way.TEXT, asked=token))
    right = int(door.last_code())
    found = all_at_once(
        lambda number: knock(
            servers[number % 2], link, Answers(code=f"{(right + 1 + number) % 1_000_000:06d}", asked=token)
        )
    )
    assert found == {Asking.CODE_WRONG: 5, Asking.CODE: 45}
    assert door.actions().count("code-wrong") == 5
    assert Opened not in found
    late = knock(servers[1], link, Answers(code=f"{right:06d}", asked=token))
    assert isinstance(late, Asked)
    assert late.what is Asking.CODE


def test_fifty_who_show_the_right_code_at_once_open_the_link_once(door: Door) -> None:
    servers = two_servers(door)
    link = door.sharing.share(ShareChoice((1,), for_phone="+4930901842", step=Step.CODE), "operator")
    asked = knock(servers[0], link, Answers())
    assert isinstance(asked, Asked)
    token = asked.asked or ""
    knock(servers[0], link, Answers(send_code=Way.TEXT, asked=token))
    code = door.last_code()
    found = all_at_once(lambda number: knock(servers[number % 2], link, Answers(code=code, asked=token)))
    assert found == {Opened: 1, Asking.CODE: 49}
    assert door.actions().count("link-opened") == 1


def test_fifty_who_ask_for_codes_at_once_get_five(door: Door) -> None:
    servers = two_servers(door)
    link = door.sharing.share(ShareChoice((1,), for_phone="+4930901842", step=Step.CODE), "operator")
    found = all_at_once(lambda number: knock(servers[number % 2], link, Answers(send_code=Way.TEXT)))
    assert found == {Asking.CODE_SENT: 5, Asking.CODE_LATE: 45}
    assert len(door.letters()) == 6


def test_fifty_who_open_at_once_get_the_openings_that_there_are(door: Door) -> None:
    servers = two_servers(door)
    link = door.sharing.share(ShareChoice((1,), step=Step.OPEN, most_openings=7), "operator")
    found = all_at_once(lambda number: knock(servers[number % 2], link, Answers()))
    assert found == {Opened: 7, Closed: 43}


def test_codes_that_are_left_before_their_last_try_give_no_guesses_without_end(door: Door) -> None:
    link = door.sharing.share(ShareChoice((1,), for_phone="+4930901842", step=Step.CODE), "operator")
    guesses = 0
    while isinstance(asked := knock(door.sharing, link, Answers()), Asked):
        token = asked.asked or ""
        knock(door.sharing, link, Answers(send_code=Way.TEXT, asked=token))
        right = int(door.last_code())
        for number in range(4):
            knock(door.sharing, link, Answers(code=f"{(right + 1 + number) % 1_000_000:06d}", asked=token))
        guesses += 4
        door.clock.advance(minutes=13)
        assert guesses < 60
    assert door.actions().count("code-wrong") == 50
