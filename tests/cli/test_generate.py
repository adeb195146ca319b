import json
from pathlib import Path

import pytest
from command import CLOCK, Telerad

from harness.sim.generate import cases
from harness.wire.cda import Document
from harness.wire.er7 import Message


def corsican(body: str) -> int:
    """The 13 characters as the number of which the key is made: 2A is 19, 2B is 18."""
    return int(body.replace("2A", "19").replace("2B", "18"))


@pytest.mark.parametrize("flow", list("ABCDE"))
def test_a_flow_is_written_with_cr_and_conforms(telerad: Telerad, flow: str) -> None:
    done = telerad("generate", "flow", flow, "--count", "2", "--seed", "3", "--out", "new")
    assert done.code == 0
    files = [done.folder / line for line in done.out.splitlines()]
    assert [file.name for file in files] == [f"{flow}-ct-brain-0000{n}.er7" for n in (3, 4)]
    for file in files:
        raw = file.read_bytes()
        assert raw.startswith(b"MSH|^~\\&|")
        assert raw.endswith(b"\r")
        assert b"\n" not in raw
    assert files[0].read_bytes() != files[1].read_bytes()
    assert telerad("check", "new", "--flow", flow).code == 0


@pytest.mark.parametrize(("kind", "code"), [("cr", "18748-4"), ("da", "55115-0")])
def test_a_document_is_written_and_conforms(telerad: Telerad, kind: str, code: str) -> None:
    done = telerad("generate", kind, "--clock", CLOCK, "--out", "new")
    (file,) = [done.folder / line for line in done.out.splitlines()]
    assert file.name == f"{kind}-ct-brain-00001.xml"
    document = Document.parse(file.read_bytes())
    assert document.first("/cda:ClinicalDocument/cda:code/@code") == code
    assert telerad("check", "new").code == 0


@pytest.mark.parametrize(
    ("options", "place", "value"),
    [
        (["--action", "replace"], "ORC-1", "RO"),
        (["--action", "delete"], "OBX[1]-11", "D"),
        (["--message", "MDM", "--action", "replace"], "MSH-9.2", "T10"),
        (["--charset", "8859/15"], "MSH-18", "8859/15"),
        (["--level", "both"], "OBX[2]-2", "ED"),
        (["--action", "replace", "--change", "visibility"], "OBX[3]-5.1", "Y"),
    ],
)
def test_a_document_is_sent_as_asked(
    telerad: Telerad, options: list[str], place: str, value: str
) -> None:
    done = telerad("generate", "flow", "E", *options, "--out", "new")
    message = Message(Path(done.folder, done.out.strip()).read_bytes())
    assert message.first(place) == value
    assert telerad("check", "new", "--flow", "E").code == 0


def test_a_replacement_of_either_document_conforms(telerad: Telerad) -> None:
    for kind in ("cr", "da"):
        done = telerad("generate", kind, "--action", "replace", "--out", kind)
        document = Document.parse(Path(done.folder, done.out.strip()).read_bytes())
        assert document.first("/cda:ClinicalDocument/cda:versionNumber/@value") == "2"
        assert telerad("check", kind).code == 0


def test_a_large_attachment_is_made(telerad: Telerad) -> None:
    done = telerad("generate", "cr", "--attachment", "2 MB", "--out", "new")
    assert Path(done.folder, done.out.strip()).stat().st_size > 2_600_000


def test_both_levels_are_two_files(telerad: Telerad) -> None:
    done = telerad("generate", "cr", "--level", "both", "--out", "new")
    names = [Path(line).name for line in done.out.splitlines()]
    assert names == ["cr-ct-brain-00001.xml", "cr-ct-brain-00001-1.xml"]
    assert telerad("check", "new").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["flow", "A", "--action", "replace"], "--action"),
        (["flow", "B", "--level", "1"], "--level"),
        (["flow", "E", "--level", "both", "--message", "MDM"], "--level"),
        (["flow", "E", "--change", "text"], "--change"),
        (["da", "--action", "replace", "--change", "responsible"], "--change"),
        (["cr", "--attachment", "much"], "--attachment"),
    ],
)
def test_what_a_document_cannot_have_is_told(telerad: Telerad, words: list[str], said: str) -> None:
    done = telerad("generate", *words, "--out", "new")
    assert done.code == 2
    assert said in done.err


def test_the_same_seed_and_clock_give_the_same_files(telerad: Telerad) -> None:
    for out in ("one", "two"):
        done = telerad("generate", "flow", "E", "--clock", CLOCK, "--seed", "9", "--out", out)
    name = "E-ct-brain-00009.er7"
    assert (done.folder / "one" / name).read_bytes() == (done.folder / "two" / name).read_bytes()


@pytest.mark.parametrize("case", cases.names())
def test_every_clinical_case_can_be_asked_for(telerad: Telerad, case: str) -> None:
    done = telerad("generate", "flow", "A", "--case", case, "--out", "new")
    assert done.code == 0
    assert Message(Path(done.folder, done.out.strip()).read_bytes()).first("ORC-1") == "NW"


def test_identities_are_json_lines_with_a_right_key_and_a_test_oid(telerad: Telerad) -> None:
    done = telerad("generate", "identity", "--count", "50", "--seed", "2")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert len(rows) == 50
    assert len({row["ins"] for row in rows}) == 50
    for row in rows:
        assert int(row["ins"][13:]) == 97 - corsican(row["ins"][:13]) % 97
        assert row["ins_oid"] == "1.2.250.1.213.1.4.10"
        assert row["sex"] in ("M", "F")
    assert telerad("generate", "identity", "--count", "50", "--seed", "2").out == done.out
