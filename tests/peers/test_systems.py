"""Systems that know nothing of us, on three libraries: the whole exchange, in both roles."""

import json
import subprocess
from pathlib import Path

import pytest
from program import PATIENCE, PROGRAM
from system import HL7APY, NOMINAL, PYTHON_HL7, REQUEST, Program, node, play, system

from harness.rules.profile import Profile
from harness.rules.rule import Verdict

pytestmark = pytest.mark.net
LISTENS = "127.0.0.1:"


@pytest.fixture(params=["python-hl7", "hl7apy", "simple-hl7"])
def program(request: pytest.FixtureRequest) -> Program:
    known = {"python-hl7": PYTHON_HL7, "hl7apy": HL7APY}
    return known.get(request.param) or node(request.config.cache)


@pytest.mark.parametrize("role", ["ris", "platform"])
def test_the_whole_exchange_conforms(program: Program, role: str, tmp_path: Path) -> None:
    more = REQUEST if role == "ris" else ()
    with system(program, role, *more) as sut:
        host, port = sut.address
        ours = ["run", NOMINAL, "--sut", role, "--sut-host", host, "--sut-port", str(port)]
        ours += ["--listen", f"{LISTENS}0", "--out", str(tmp_path), "--lang", "en"]
        with subprocess.Popen(
            [*PROGRAM, *ours], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout
            said = process.stdout.readline()
            while LISTENS not in said and not process.poll():
                said = process.stdout.readline()
            sut.meet(("127.0.0.1", int(said.rpartition(":")[2])))
            told = process.communicate(timeout=PATIENCE)[0]
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert (process.returncode, result["findings"]) == (0, []), told
    assert [x["flow"] for x in result["exchanges"]] == ["A", "B", "C", "D", "E"]
    assert {x["state"] for x in result["exchanges"]} == {"done"}


@pytest.mark.parametrize("role", ["ris", "platform"])
@pytest.mark.parametrize("kind", ["closes-after-each"])
def test_a_connection_for_each_message_is_no_fault(
    role: str, kind: str, profile: Profile, tmp_path: Path
) -> None:
    report = play(PYTHON_HL7, role, profile, tmp_path, defect=kind)
    assert report.verdict is Verdict.PASS
    assert [x.state for x in report.exchanges] == ["done"] * 5


@pytest.mark.parametrize(
    ("role", "name"),
    [("platform", "lb-neg-ins-key"), ("platform", "lb-neg-no-patient"), ("ris", "lb-neg-document")],
)
def test_a_message_that_must_be_refused_is(
    program: Program, role: str, name: str, profile: Profile, tmp_path: Path
) -> None:
    report = play(program, role, profile, tmp_path, name=name)
    assert report.verdict is Verdict.PASS
    liar = play(program, role, profile, tmp_path / "liar", defect="always-accepts", name=name)
    assert liar.verdict is Verdict.FAIL
