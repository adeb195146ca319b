"""Two real systems, and we between them: `telerad run --sut both`."""

import json
import subprocess
from pathlib import Path

import pytest
from program import PATIENCE, PROGRAM
from system import HL7APY, NOMINAL, PYTHON_HL7, REQUEST, system

pytestmark = pytest.mark.net


def played(folder: Path, *defects: str, within: str = "15") -> tuple[int, dict[str, object], str]:
    """A RIS on hl7apy and a platform on python-hl7: exit code, result, what was said."""
    ours = [*PROGRAM, "run", NOMINAL, "--sut", "both", "--out", str(folder), "--lang", "en"]
    ours += ["--listen", "127.0.0.1:0", "--listen-back", "127.0.0.1:0", "--within", within]
    more = ("--defect", defects[0]) if defects else ()
    with (
        system(HL7APY, "ris", *REQUEST) as ris,
        system(PYTHON_HL7, "platform", *more) as platform,
    ):
        ours += ["--sut-port", str(platform.address[1]), "--ris", f"127.0.0.1:{ris.address[1]}"]
        with subprocess.Popen(ours, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            ports = []
            for _ in range(2):
                said = process.stdout.readline()
                ports.append(int(said.split("127.0.0.1:")[1].split()[0].rstrip(",;")))
            platform.meet(("127.0.0.1", ports[1]))
            ris.meet(("127.0.0.1", ports[0]))
            told = process.communicate(timeout=PATIENCE)[0]
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return process.returncode, result, told


def test_both_sides_conform(tmp_path: Path) -> None:
    code, result, told = played(tmp_path)
    assert (code, result["findings"]) == (0, []), told
    flows = {x["flow"]: x["state"] for x in result["exchanges"]}
    assert flows == dict.fromkeys("ABCDE", "done")
    assert {x["scenario"] for x in result["exchanges"]} == {NOMINAL}
    assert result["sut"] == "both"


def test_what_one_side_does_wrong_is_its_own(tmp_path: Path) -> None:
    code, result, told = played(tmp_path, "one-author")
    assert code == 1, told
    assert {(f["rule"], f["who"]) for f in result["findings"]} == {
        ("CDA-TLR-AUTH-001", "platform"),
        ("STEP-EXPECT", "platform"),
    }


def test_a_message_that_never_comes_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """The platform acknowledges nothing: the RIS stops after A."""
    code, result, told = played(tmp_path, "closes-before-ack", within="1")
    assert code == 1, told
    assert ("ACK-NONE", "platform") in {(f["rule"], f["who"]) for f in result["findings"]}
    states = [(x["flow"], x["state"]) for x in result["exchanges"]]
    assert states[0] == ("A", "no_answer")
    assert states[-1] == ("E", "not_run")
