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
