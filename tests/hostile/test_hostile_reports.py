"""Attacks by reports, documents and recordings: markup, bombs, endless trees, lies about lengths."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.documents import CLINICAL, HOSTILE, report, section, words
from tests.unit.reports.reading import bytes_of, model_of

from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan
from undisc.reports import structured
from undisc.reports.clinical import read_clinical
from undisc.reports.model import Report, Unreadable
from undisc.reports.recordings import read_annotations, read_groups, values_of
from undisc.reports.structured import read_report

NOWHERE: dict[str, Any] = {}


def nested(depth: int) -> dict[str, Any]:
    item: dict[str, Any] = {"0040A040": {"vr": "CS", "Value": ["CONTAINER"]}}
    for _ in range(depth):
        item = {"0040A040": {"vr": "CS", "Value": ["CONTAINER"]}, "0040A730": {"vr": "SQ", "Value": [item]}}
    return item


def test_markup_in_a_report_stays_text() -> None:
    told = read_report(model_of(report(1, HOSTILE, words("</p><script>", HOSTILE))), lambda uids: NOWHERE)
    assert told.title == HOSTILE
    assert (told.blocks[0]["name"], told.blocks[0]["text"]) == ("</p><script>", HOSTILE)


def test_control_characters_do_not_reach_readers() -> None:
    made = report(1, "R", words("N", "a\x1b[31mred\x00\x08 b\r\nc"))
    told = read_report(model_of(made), lambda uids: NOWHERE)
    assert told.blocks[0]["text"] in ("a[31mred b\nc", "a[31mred b\nc ".strip())


def test_a_report_nested_without_end_is_cut_and_says_so() -> None:
    told = read_report(nested(400), lambda uids: NOWHERE)
    assert told.cut == "long"


def test_a_report_of_countless_items_is_cut_and_says_so() -> None:
    leaf = {"0040A040": {"vr": "CS", "Value": ["TEXT"]}, "0040A160": {"vr": "UT", "Value": ["word"]}}
    model = {"0040A730": {"vr": "SQ", "Value": [leaf] * 500_000}}
    told = read_report(model, lambda uids: NOWHERE)
    assert told.cut == "long"
    assert sum(len(block.get("items", [1])) for block in told.blocks) == structured.MOST_ITEMS


def test_endless_text_is_cut_and_says_so() -> None:
    leaf = {"0040A040": {"vr": "CS", "Value": ["TEXT"]}, "0040A160": {"vr": "UT", "Value": ["x" * 900_000]}}
    told = read_report({"0040A730": {"vr": "SQ", "Value": [leaf] * 5}}, lambda uids: NOWHERE)
    assert told.cut == "long"
    assert len(json.dumps(told.as_json())) < structured.MOST_CHARACTERS * 1.1


@pytest.mark.parametrize("charset", ["ISO_IR 192", "ISO_IR 100", "ISO 2022 IR 87", "GB18030", "nonsense", ""])
def test_text_in_another_character_set_than_it_says_does_no_harm(charset: str) -> None:
    data = bytes_of(report(1, "R", words("Befund", "Größe in Ordnung äöü")))
    data = data.replace(b"ISO_IR 192", charset.encode().ljust(10)[:10] if len(charset) <= 10 else b"ISO_IR 100")
    found = scan(data)
    assert isinstance(found, Scanned)
    told = read_report(json.loads(found.json), lambda uids: NOWHERE)
    assert told.blocks[0]["text"].startswith("Gr")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=30,
)
_TAGS = (
    *("0040A730", "0040A040", "0040A043", "0040A160", "0040A168", "0040A300", "0040A30A", "004008EA", "00081199"),
    *("00081155", "0040DB73", "0040A050", "00100010", "0040A073", "00700022", "00700023", "00081160", "0040A491"),
    *("54000100", "54001006", "54001004", "54001010", "5400100A", "003A001A", "003A0010", "003A0005", "003A0200"),
    *("003A0210", "003A0211", "003A0213", "0040B020", "0040A0B0", "0040A132", "0040A138", "00080100", "00080104"),
)
_VALUES = st.sampled_from(["CONTAINER", "TEXT", "NUM", "IMAGE", "CODE", "SS", "MB", "1", "nan", "-1e999", "CONTINUOUS"])
_ITEM = st.recursive(
    st.dictionaries(st.sampled_from(_TAGS), st.fixed_dictionaries({"Value": st.lists(_VALUES | _JSON, max_size=3)})),
    lambda inner: st.dictionaries(
        st.sampled_from(_TAGS), st.fixed_dictionaries({"Value": st.lists(inner | _VALUES | _JSON, max_size=3)}) | _JSON
    ),
    max_leaves=12,
)


@given(_ITEM)
def test_whatever_stands_in_a_model_no_reader_fails(model: dict[str, Any]) -> None:
    told = read_report(model, lambda uids: NOWHERE)
    json.dumps(told.as_json(), allow_nan=False)
    groups = read_groups(model)
    json.dumps([group.told() for group in groups], allow_nan=False)
    json.dumps(read_annotations(model, groups), allow_nan=False)


def _waveform(**more: Any) -> dict[str, Any]:
    channel = {"003A0203": {"vr": "SH", "Value": ["I"]}, "003A0210": {"vr": "DS", "Value": [1]}}
    group = {
        "003A0005": {"vr": "US", "Value": [1]},
        "003A0010": {"vr": "UL", "Value": [4_000_000_000]},
        "003A001A": {"vr": "DS", "Value": [500]},
        "003A0200": {"vr": "SQ", "Value": [channel]},
        "54001004": {"vr": "US", "Value": [16]},
        "54001006": {"vr": "CS", "Value": ["SS"]},
        "54001010": {"vr": "OW", "BulkDataURI": "?offset=10&length=20"},
    } | more
    return {"54000100": {"vr": "SQ", "Value": [group]}}


def test_samples_that_are_claimed_and_not_there_are_not_read() -> None:
    (group,) = read_groups(_waveform())
    assert group.samples == 10
    assert values_of(group, bytes(30), 0, 1_000_000).shape == (1, 10)
    assert values_of(group, bytes(14), 0, 10).shape == (1, 2)  # the file ends earlier still


@pytest.mark.parametrize(
    "more",
    [
        {"003A001A": {"vr": "DS", "Value": [0]}},
        {"003A001A": {"vr": "DS", "Value": ["inf"]}},
        {"003A001A": {"vr": "DS", "Value": ["nan"]}},
        {"003A0010": {"vr": "UL", "Value": ["nan"]}},
        {"003A0010": {"vr": "UL", "Value": [-5]}},
        {"003A0005": {"vr": "US", "Value": [60_000]}},
        {"54001004": {"vr": "US", "Value": [8]}},
        {"54001006": {"vr": "CS", "Value": ["XX"]}},
        {"54001010": {"vr": "OW", "BulkDataURI": "https://example.org/?offset=1&length=2"}},
        {"54001010": {"vr": "OW", "BulkDataURI": "?offset=-1&length=x"}},
    ],
)
def test_a_recording_that_contradicts_itself_is_not_drawn(more: dict[str, Any]) -> None:
    assert read_groups(_waveform(**more)) == []


_BOMB = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&b;</title></ClinicalDocument>"""
_OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&f;</title></ClinicalDocument>"""
_FOREIGN = b"""<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><ClinicalDocument xmlns="urn:hl7-org:v3"/>"""


@pytest.mark.parametrize(
    "data",
    [
        _BOMB,
        _OUTSIDE,
        _FOREIGN,
        b"<a>" * 200_000,
        b"<ClinicalDocument xmlns='urn:hl7-org:v3'>" + b"<a>" * 120 + b"</a>" * 120 + b"</ClinicalDocument>",
        b"<r>" + b"<a/>" * 300_000 + b"</r>",
        b"",
        b"\0\0\0",
        b"%PDF-1.4",
        b"<?xml version='1.0' encoding='nonsense'?><a/>",
        b"<html><body onload='alert(1)'/></html>",
    ],
    ids=["bomb", "file", "foreign", "open", "deep", "wide", "empty", "zeros", "pdf", "charset", "html"],
)
def test_a_document_that_attacks_is_offered_as_a_file(data: bytes) -> None:
    told = read_clinical(data)
    assert isinstance(told, Unreadable)


def test_a_document_s_own_style_sheet_and_markup_are_not_carried_out() -> None:
    told = read_clinical(CLINICAL.encode())
    assert isinstance(told, Report)
    assert "evil" not in json.dumps(told.as_json())
    assert told.blocks[0]["blocks"][-1]["blocks"][0]["text"] == "<b>Not bold</b>"


def test_what_a_narrative_hides_in_attributes_and_scripts_of_others_is_no_address() -> None:
    evil = CLINICAL.replace("of note", '<linkHtml href="javascript:alert(1)">of note</linkHtml>')
    told = read_clinical(evil.encode())
    assert isinstance(told, Report)
    assert "javascript" not in json.dumps(told.as_json())


def test_sections_one_in_the_other_by_the_hundred_are_cut() -> None:
    made = section("S", words("N", "deepest"))
    for _ in range(55):
        made = section("S", made)
    told = read_report(model_of(report(1, "R", made)), lambda uids: NOWHERE)
    assert told.cut == "long"
