"""`telerad mllp`: what it lists and shows, what it refuses, its exit codes."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from command import PROGRAM, Telerad, environment

from harness.sim.torture import case as torture_case

PATIENCE = 60.0  # seconds after which a process that hangs fails its test


def test_cases_are_listed_by_prefix_and_role(telerad: Telerad) -> None:
    found = json.loads(telerad("mllp", "list", "--format", "json").out)
    assert [case["id"] for case in found] == [attack.id for attack in torture_case.every()]
    senders = telerad("mllp", "list", "--as", "sender", "MLLP-S-00").out.splitlines()
    assert senders[0].startswith("MLLP-S-001")
    assert senders[-1] == "9 cases"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_case_is_shown_with_its_steps(telerad: Telerad, lang: str) -> None:
    told = telerad("mllp", "show", "mllp-r-010", lang=lang).out
    assert "MLLP-R-010" in told
    assert "<VT>{m1}<FS>[m2]" in told
    assert "python-hl7" in told
    assert ("doit (MUST)" if lang == "fr" else "must (MUST)") in told


@pytest.mark.parametrize("verb", ["list", "show", "run"])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_help_is_translated(telerad: Telerad, verb: str, lang: str) -> None:
    told = telerad("mllp", verb, "--help", lang=lang).out
    assert told.startswith("Usage :" if lang == "fr" else "Usage:")
    assert "cli.opt" not in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run"], "`--sut-host` and `--sut-port`"),
        (["run", "--sut-port", "1", "--case", "MLLP-R-9"], "no case whose number begins"),
        (["run", "--sut-port", "1", "--case", "MLLP-S-001"], "no case whose number begins"),
        (["run", "--sut-port", "1", "--message", "absent.er7"], "absent.er7: cannot be read"),
        (["run", "--sut-port", "1", "--flow", "Z"], "`Z` is not a flow of profile"),
        (["run", "--as", "sender", "--listen", "here"], "unreadable address: `here`"),
        (["run", "--as", "sender", "--trigger", "'"], "unreadable command"),
        (["run", "--sut-port", "1", "--format", "sarif"], "unknown format: `sarif`"),
        (["show", "MLLP-R-1000"], "no case whose number begins"),
    ],
)
def test_a_mistake_is_one_line(telerad: Telerad, arguments: list[str], told: str) -> None:
    done = telerad("mllp", *arguments)
    assert done.code == 2
    assert told in done.told


def test_a_file_that_is_no_message_is_refused(telerad: Telerad, tmp_path: Path) -> None:
    file = tmp_path / "empty.er7"
    file.write_bytes(b"PID|1\r")
    done = telerad("mllp", "run", "--sut-port", "1", "--message", file)
    assert (done.code, "no HL7 message" in done.told) == (2, True)


@pytest.mark.net
def test_nobody_there_was_not_measured(telerad: Telerad, tmp_path: Path) -> None:
    asked = ["--sut-port", "1", "--case", "MLLP-R-00", "--ack-timeout", "0.5"]
    done = telerad("mllp", "run", *asked, "--format", f"text,json={tmp_path}/r.json")
    assert done.code == 3
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert {case["verdict"] for case in found["cases"]} == {"inconclusive"}
    assert "Could not tell" in done.out
    assert done.out.count("not tried: 3 cases in a row") == 1


@pytest.mark.net
def test_an_interruption_leaves_what_was_found(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, says nothing
        asked = ["--sut-port", str(mute.getsockname()[1]), "--case", "MLLP-R-00"]
        command = [PROGRAM, "mllp", "run", *asked, "--format", f"json={tmp_path}/r.json"]
        with subprocess.Popen(command, env=environment("en")) as process, mute.accept()[0]:
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert found["interrupted"]
    assert {case["verdict"] for case in found["cases"]} == {"inconclusive"}


@pytest.mark.net
def test_a_command_that_is_not_there_is_told(telerad: Telerad) -> None:
    asked = ["--as", "sender", "--listen", "127.0.0.1:0", "--trigger", "no-such-command {port}"]
    done = telerad("mllp", "run", *asked, "--case", "MLLP-S-001")
    assert done.code == 2
    assert "command `no-such-command` does not start" in done.told
