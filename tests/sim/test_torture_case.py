"""The cases as data: what the loader takes and refuses, and that the shipped ones are whole."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness import data
from harness.errors import HarnessError
from harness.sim.torture import blocks as torture_blocks
from harness.sim.torture import case as torture_case
from harness.sim.torture import text as torture_text
from harness.sim.torture.case import Attack, Change
from harness.wire.er7 import Message
from harness.wire.mllp import frame

EVERY = torture_case.every()
FILES = sorted(data.path("scenarios", "mllp").glob("*.yaml"))
CASE = """\
mllp: MLLP-R-001
group: framing
title: {fr: Un, en: One}
level: MUST
source: {document: mllp-1, section: block format}
says: {fr: a, en: b}
incident: {fr: a, en: b}
blocks:
  odd: {like: m1, change: [{set: MSH-10, to: "<xE9>"}]}
steps:
- send: "[odd]"
- expect: {ack: odd, code: any}
"""


def load(tmp_path: Path, text: str) -> tuple[Attack, ...]:
    file = tmp_path / "case.yaml"
    file.write_text(text, encoding="utf-8")
    return torture_case.load(file)


def test_there_are_enough_cases_of_both_roles() -> None:
    assert len(EVERY) >= 120
    assert sum(attack.tests == "sender" for attack in EVERY) >= 60
    assert len({attack.id for attack in EVERY}) == len(EVERY)


def test_every_case_says_something_of_its_own_in_both_languages() -> None:
    titles = [attack.title for attack in EVERY]
    for lang in ("fr", "en"):
        said = [(a.tests, getattr(a.title, lang)) for a in EVERY]
        assert len(set(said)) == len(said)
    assert all(len(a.incident.fr) > 20 and len(a.incident.en) > 20 for a in EVERY)
    assert all(title.fr and title.en for title in titles)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_is_as_its_schema_says(file: Path) -> None:
    schema = json.loads(data.path("schemas", "mllp.schema.json").read_text(encoding="utf-8"))
    for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
        jsonschema.validate(document, schema)


def test_the_schema_file_is_the_schema_of_the_code() -> None:
    """When it fails: `telerad schema mllp > schemas/mllp.schema.json`."""
    text = json.dumps(torture_case.schema(), ensure_ascii=False, indent=2) + "\n"
    assert data.path("schemas", "mllp.schema.json").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        ("- send:", "- sned:", "11:3", "unknown key: `sned` (did you mean `send`?)"),
        ("ack: odd", "akc: odd", "12:12", "unknown key: `akc` (did you mean `ack`?)"),
        ('to: "<xE9>"', "too: x", "9:42", "unknown key: `too` (did you mean `to`?)"),
        ("level: MUST", "level: MUSST", "4:8", "wrong value for `level`"),
        ("group: framing", "group: frames", "2:8", "unknown value: `frames`"),
        ("document: mllp-1", "document: mllp", "5:20", "unknown value: `mllp`"),
        ("like: m1", "like: m0", "9:15", "unknown block: `m0`"),
        ('send: "[odd]"', 'send: "[add]"', "11:9", "unknown block: `add` (did you mean `odd`?)"),
        ("set: MSH-10", "set: MSHH", "9:28", "a path such as MSH-10"),
        ("mllp: MLLP-R-001", "mllp: MLLP-X-1", "1:7", "wrong value for `mllp`"),
        ('- send: "[odd]"', "- {wait: 1, end: a}", "11:3", "exactly one of send, wait"),
        ("code: any", "code: OK", "12:11", "codes among good, any"),
        ("incident: {fr: a, en: b}\n", "", "1:1", "missing: `incident`"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, place: str, told: str
) -> None:
    assert old in CASE
    with pytest.raises(HarnessError) as wrong:
        load(tmp_path, CASE.replace(old, new))
    assert f"case.yaml:{place}:" in str(wrong.value)
    assert told in str(wrong.value)


def test_an_answer_is_no_block_of_a_receiver_case(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="unknown block: `ack`"):
        load(tmp_path, CASE.replace("[odd]", "[ack]"))


def test_cases_are_found_by_prefix_and_role() -> None:
    assert {a.tests for a in torture_case.find(["mllp-s"])} == {"sender"}
    assert [a.id for a in torture_case.find(["MLLP-R-001"])] == ["MLLP-R-001"]
    with pytest.raises(HarnessError, match="MLLP-S-001"):
        torture_case.find(["MLLP-S-001"], "receiver")


def test_a_case_of_the_suite_is_no_scenario() -> None:
    """`telerad run scenarios` leaves the folder of the suite alone."""
    from harness.sim import scenario

    files = {file for _, file in scenario.find([str(data.path("scenarios"))], "livre-blanc-2024")}
    assert files
    assert not any(file.parent.name == "mllp" for file in files)


# -- the notation ---------------------------------------------------------------------------


def test_bytes_are_written_readably() -> None:
    blocks = {"m1": b"MSH|"}
    assert torture_text.read("<LF>[m1]<xFF>{m1}é<CR>", blocks) == (
        b"\n" + frame(b"MSH|") + b"\xffMSH|" + "é".encode() + b"\r"
    )
    assert torture_text.read("<ZZ> {1} []", blocks) == b"<ZZ> {1} []"
    assert torture_text.named("<VT>{m1}[odd]") == {"m1", "odd"}


@given(st.binary())
def test_what_is_shown_reads_back_as_the_same_bytes(raw: bytes) -> None:
    raw = bytes(byte for byte in raw if byte not in b"<{[")
    assert torture_text.read(torture_text.shown(raw), {}) == raw


@given(st.binary())
def test_what_is_shown_does_not_act(raw: bytes) -> None:
    shown = torture_text.shown(raw)
    assert not [c for c in shown if ord(c) < 0x20 or ord(c) == 0x7F]


# -- changes --------------------------------------------------------------------------------

GOOD = b"MSH|^~\\&|A|B|C|D|1||ORM^O01|1|T|2.5.1\rPID|1||9\r"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"set": "MSH-10", "to": "<xE9>"}, GOOD.replace(b"|1|T", b"|\xe9|T")),
        ({"remove": "PID"}, GOOD.partition(b"PID")[0]),
        ({"bytes": "lf"}, GOOD.replace(b"\r", b"\n")),
        ({"replace": "<CR>PID", "by": "<CR><CR>PID"}, GOOD.replace(b"\rPID", b"\r\rPID")),
        ({"append": "x~", "times": 3}, GOOD + b"x~x~x~"),
        ({"trim": 1}, GOOD[:-1]),
        ({"delimiters": "$%*!@"}, GOOD.translate(bytes.maketrans(b"|^~\\&", b"$%*!@"))),
        ({"encode": "utf-16"}, GOOD.decode().encode("utf-16")),
    ],
)
def test_a_change_is_made(change: dict[str, Any], wanted: bytes) -> None:
    assert torture_blocks.changed(GOOD, [Change.model_validate(change)]) == wanted


@pytest.mark.parametrize(("size", "least"), [("10 kB", 10_000), ("300 kB", 300_000)])
def test_padding_has_about_the_size_asked_for(size: str, least: int) -> None:
    raw = torture_blocks.changed(GOOD, [Change(pad=size)])
    assert least - 100 <= len(raw) - len(GOOD) <= least + 100
    assert Message(raw).write() == raw
