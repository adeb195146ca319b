"""Two others talk through the proxy; what was recorded is judged, played and sent again."""

import json
import os
import ssl
import subprocess
from pathlib import Path
from typing import Any

import lab
import pytest
from lab import Lab
from program import PROGRAM
from test_between import asked, options, proxy
from test_hl7apy import server

from harness.wire.er7 import Message

pytestmark = pytest.mark.net


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab.make(tmp_path_factory.mktemp("lab"))


def context(made: Lab, name: str, purpose: ssl.Purpose) -> ssl.SSLContext:
    """Mutual TLS as the standard library does it."""
    found = ssl.create_default_context(purpose, cafile=made.ca)
    pair = made.pair(name)
    found.load_cert_chain(pair["cert"], pair["key"])
    found.verify_mode = ssl.CERT_REQUIRED
    return found


def telerad(*arguments: str | Path) -> int:
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments), "--lang", "en"],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode


def told(folder: Path) -> tuple[str, list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The verdict; each exchange; each finding about a message, in its order."""
    found: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    exchanges = [(x["flow"], x["state"], x["ack"], x["verdict"]) for x in found["exchanges"]]
    findings = [(f["rule"], f["verdict"], f["place"]["path"]) for f in found["findings"]]
    return found["verdict"], exchanges, findings


def test_recorded_between_two_others_over_mutual_tls_and_played_again(
    tmp_path: Path, made: Lab, request_message: Message
) -> None:
    bad = request_message.with_value("PID-3[5=INS].1", "279035121518988")
    sent = [request_message, bad.with_value("MSH-10", "N-2").with_value("ORC-2.1", "OTHER-2")]
    ris = context(made, "ris", ssl.Purpose.SERVER_AUTH)
    platform = context(made, "hl7apy", ssl.Purpose.CLIENT_AUTH)
    ours = options(made, "telerad")
    folder, file = tmp_path / "proxy", tmp_path / "again" / "scenario.yaml"
    with server("AA", context=platform) as (port, seen):
        with proxy(folder, port, *options(made, "proxy")) as between:
            for message in sent:  # one for each connection: that is how hl7apy serves
                asked(between, [message], ris)
            assert between.end() == 1
        assert seen == [message.raw.decode() for message in sent]
        recorded = told(folder)
        assert recorded[0] == "fail"
        assert "INS-F03" in {rule for rule, *_ in recorded[2]}

        assert telerad("record", folder, "--out", file) == 0
        assert (file.parent / "messages" / "0002-A.er7").read_bytes() == sent[1].raw
        where = ["--sut", "platform", "--sut-port", str(port), "--listen", "127.0.0.1:0"]
        assert telerad("run", file, *where, *ours, "--out", tmp_path / "run") == 1
        assert seen[2:] == seen[:2]
        assert told(tmp_path / "run") == recorded

        to = f"127.0.0.1:{port}"
        assert telerad("replay", folder, "--to", to, *ours, "--out", tmp_path / "same") == 1
        assert seen[4:] == seen[:2]
        assert told(tmp_path / "same") == recorded
        fresh = ["replay", folder, "--to", to, "--fresh", *ours, "--out", tmp_path / "fresh"]
        assert telerad(*fresh) == 1
        numbers = [Message(raw.encode()).first("MSH-10") for raw in seen]
        assert len(set(numbers)) == 4
        assert told(tmp_path / "fresh") == recorded


def test_an_answer_other_than_the_recorded_one_is_a_finding(
    tmp_path: Path, request_message: Message
) -> None:
    with server("AA") as (port, _), proxy(tmp_path / "proxy", port) as between:
        asked(between, [request_message])
        assert between.end() == 0
    with server("AE") as (port, _):
        arguments = ["replay", tmp_path / "proxy", "--to", f"127.0.0.1:{port}"]
        assert telerad(*arguments, "--out", tmp_path / "again") == 1
    _, _, findings = told(tmp_path / "again")
    assert "STEP-ACK" in {rule for rule, *_ in findings}
