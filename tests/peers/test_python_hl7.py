"""python-hl7, an independent client, speaks to our platform."""

import json
import signal

import hl7
import pytest
from hl7.client import MLLPClient
from program import Simulator

from harness.wire.er7 import Message

pytestmark = pytest.mark.net


def asked(platform: Simulator, *messages: bytes) -> list[hl7.Message]:
    """The answers to messages sent over one connection."""
    with MLLPClient("127.0.0.1", platform.port) as client:
        client.socket.settimeout(30)
        blocks = [client.send_message(message) for message in messages]
    for block in blocks:
        assert (block[:1], block[-2:]) == (b"\x0b", b"\x1c\r")
    return [hl7.parse(block[1:-2].decode()) for block in blocks]


def test_a_good_request_is_accepted(platform: Simulator, request_message: Message) -> None:
    rewritten = request_message.with_value("MSH-10", "N-2")
    theirs = str(hl7.parse(rewritten.raw.decode())).encode()  # through their own model
    answer, second = asked(platform, request_message.raw, theirs)
    assert str(answer.segment("MSA")[1]) == str(second.segment("MSA")[1]) == "AA"
    assert str(answer.segment("MSA")[2]) == request_message.first("MSH-10")
    assert str(answer.segment("MSH")[5]) == request_message.first("MSH-3")
    assert answer.extract_field("MSH", field_num=9) == "ACK"
    assert platform.end() == 0
    assert platform.received() == [request_message.raw, theirs]


def test_a_bad_request_is_refused_with_its_place(
    platform: Simulator, request_message: Message
) -> None:
    bad = request_message.with_value("PID-3[5=INS].1", "279035121518988")
    (answer,) = asked(platform, bad.raw)
    assert str(answer.segment("MSA")[1]) == "AE"
    assert str(answer.segment("MSA")[2]) == bad.first("MSH-10")
    assert str(answer.segment("ERR")[2]).startswith("PID^1^3^")
    assert "INS-F03" in str(answer.segment("ERR")[8])
    assert platform.end() == 1


def test_one_connection_carries_many_messages(
    platform: Simulator, request_message: Message
) -> None:
    numbers = [f"N-{number}" for number in range(20)]
    answers = asked(platform, *(request_message.with_value("MSH-10", n).raw for n in numbers))
    assert [str(answer.segment("MSA")[2]) for answer in answers] == numbers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_everything_written(
    platform: Simulator, request_message: Message, number: int
) -> None:
    asked(platform, request_message.raw)
    assert platform.end(number) == 0
    page = (platform.folder / "report.html").read_text(encoding="utf-8")
    assert request_message.first("ORC-2.1") in page
    result = json.loads((platform.folder / "result.json").read_text(encoding="utf-8"))
    assert result["verdict"] == "pass"
    assert (platform.folder / "junit.xml").stat().st_size > 0
    assert (platform.folder / "messages" / "0001-A.er7").read_bytes() == request_message.raw
    kept = [(r.kind, r.direction) for r in platform.journal]
    assert kept == [
        ("run", ""),
        ("message", "in"),
        ("ack", "out"),
        ("exchange", ""),
        ("end", ""),
    ]


def test_without_any_message_nothing_was_measured(platform: Simulator) -> None:
    assert platform.end() == 3
    assert (platform.folder / "report.html").exists()
    assert [record.kind for record in platform.journal] == ["run", "end"]
