"""Messages with bars and hats are read as the standard parts them; hostile ones are refused or read, and never harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.hl7.er7 import MOST_BYTES, NoMessage, acknowledge, escaped, read_message

ORU = (
    "MSH|^~\\&|RIS|CLINIC|UNDISC|HERE|20261124101500||ORU^R01^ORU_R01|MSG1|P|2.5.1|||||GB|UNICODE UTF-8\r"
    "PID|1||TEST-1^^^CLINIC^MR~999^^^NATION^NI||TESTPERSON^ADA^K||19700131|F|||||^PRN^CP^ada@example.org^44^20^5550142\r"
    "OBR|1|P-1|F-1^RIS|71250^CT Chest^L||||||||||||||ACC-9||||20261124101400|||F\r"
    "OBX|1|TX|18782-3^Report^LN||Nothing \\T\\ no mass.\\.br\\Size 3 \\F\\ 4|||N|||F\r"
)


def test_values_are_found_by_the_standards_own_numbers() -> None:
    message = read_message(ORU.encode())
    assert message.kind == "ORU^R01"
    assert message.control_id == "MSG1"
    pid, obr = message.first("PID"), message.first("OBR")
    assert pid is not None
    assert obr is not None
    assert [pid.text(3), pid.text(3, 4), pid.text(5, 2), pid.text(7)] == ["TEST-1", "CLINIC", "ADA", "19700131"]
    assert [pid.component(parts, 1) for parts in pid.repetitions(3)] == ["TEST-1", "999"]
    assert (obr.text(18), obr.text(25), obr.text(99)) == ("ACC-9", "F", "")
    assert message.all("OBX")[0].text(5) == "Nothing & no mass. Size 3 | 4"


def test_other_marks_line_ends_and_character_sets_are_read() -> None:
    other = "MSH#*~\\%#A#B###2026##ADT*A08#7#P#2.3##########8859/1\nPID#1##1*2%3*4##MÜLLER*JÖRG\n"
    message = read_message(other.encode("latin-1"))
    pid = message.first("PID")
    assert pid is not None
    assert (message.kind, pid.text(5), pid.text(5, 2), pid.text(3, 2, 2)) == ("ADT^A08", "MÜLLER", "JÖRG", "3")
    unnamed = read_message("MSH|^~\\&|A|B\rPID|1||||Ü".encode("latin-1")).first("PID")
    assert unnamed is not None
    assert unnamed.text(5) == "Ü"


def test_a_value_that_says_to_delete_is_none() -> None:
    pid = read_message(b'MSH|^~\\&|A|B\rPID|1||""||\\X4D\\\\Zodd\\x|').first("PID")
    assert pid is not None
    assert (pid.text(3), pid.text(5)) == ("", "Mx")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MSH",
        b"PID|1",
        b"MSH^^~\\&|",
        b"MSHabcdefgh",
        b"MSH\xff\xff\xff\xff\xff|",
        b"MSH|^~\\&|A\rMSH|^~\\&|B",
        b"MSH|^~\\&|A\rnonsense|1",
        b"MSH|^~\\&|A\r" + b"OBX|1\r" * 3000,
        b"MSH|^~\\&|A" + b"|" * 500,
        b"MSH|^~\\&|" + b"x" * MOST_BYTES,
    ],
)
def test_what_is_no_message_is_refused_without_quoting_it(data: bytes) -> None:
    with pytest.raises(NoMessage) as refusal:
        read_message(data)
    assert "nonsense" not in str(refusal.value)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    try:
        message = read_message(b"MSH|^~\\&|A|B|" + tail)
    except NoMessage:
        return
    for segment in message.segments:
        for number in range(20):
            assert isinstance(segment.text(number, 2, 2), str)


@given(st.text(max_size=60))
def test_what_is_escaped_is_read_back(text: str) -> None:
    message = read_message(b"MSH|^~\\&|A|B")
    wanted = " ".join(text.replace("\r", "\n").split("\n")) if ("\n" in text or "\r" in text) else text
    again = read_message(f"MSH|^~\\&|A|B\rNTE|1||{escaped(wanted, message.header.marks)}".encode("utf-8", "replace"))
    note = again.first("NTE")
    assert note is not None
    if not any(line in wanted for line in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029") and wanted != '""':
        assert note.text(3) == wanted.encode("utf-8", "replace").decode().strip()


def test_an_answer_goes_back_to_who_asked() -> None:
    answer = read_message(acknowledge(read_message(ORU.encode()), "AA", "Kept.", "20261124", "9"))
    msa = answer.first("MSA")
    assert msa is not None
    assert (answer.header.text(3), answer.header.text(5), answer.kind) == ("UNDISC", "RIS", "ACK^R01")
    assert (msa.text(1), msa.text(2), msa.text(3)) == ("AA", "MSG1", "Kept.")
    refused = read_message(acknowledge(None, "AR", "No message.", "20261124", "9")).first("MSA")
    assert refused is not None
    assert refused.text(1) == "AR"
