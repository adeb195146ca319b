import pytest

from harness.errors import HarnessError
from harness.sim.faults import FAULTS, Cut, Faults, Passing, Put, parse
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Event, Framer, frame

ACK = b"MSH|^~\\&|P||R||20260105||ACK^O01^ACK|P-2|T|2.5.1\rMSA|AA|R-2\r"
BEFORE = ACK.replace(b"-2", b"-1")


def passing(raw: bytes = frame(ACK)) -> Passing:
    return Passing(raw, Message(raw[1:-2]), frame(BEFORE))


def wire(name: str, raw: bytes = frame(ACK)) -> bytes:
    """What a fault leaves on the wire."""
    chosen = parse(name)
    steps = chosen.fault.act(passing(raw), chosen.value)
    return b"".join(step.data for step in steps if isinstance(step, Put))


def seen(data: bytes) -> list[Event]:
    framer = Framer()
    framer.receive(data)
    framer.close()
    return list(framer.events())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_does_something_and_has_words(fault: object) -> None:
    steps = fault.act(passing(), fault.value)  # type: ignore[attr-defined]
    assert steps != (Put(frame(ACK)),)
    assert fault.says.fr != fault.says.en or "MSA" in fault.says.fr  # type: ignore[attr-defined]
    fault.act(Passing(b"\x0b\x1c\r", Message(b"")), fault.value)  # type: ignore[attr-defined]


def test_names_are_unique() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names)) >= 25


def test_what_each_leaves_on_the_wire() -> None:
    whole = frame(ACK)
    assert wire("drop-ack") == b""
    assert wire("double-ack") == whole * 2
    assert wire("cut-ack=7") == whole[:7]
    assert wire("stale-ack") == frame(BEFORE)
    assert wire("pieces-ack=5") == whole
    assert wire("reset-after-ack") == whole
    assert wire("hang-up-ack") == b""
    assert b"MSA|AA|R-?" in wire("wrong-msa-2")
    assert b"MSA|AE|R-2" in wire("refusing-ack")
    for name in ("no-start-ack", "no-end-ack"):
        assert [e for e in seen(wire(name)) if isinstance(e, Block)] == []
    for name in ("no-return-ack", "junk-before-ack", "line-feed-ack"):
        assert [e.data for e in seen(wire(name)) if isinstance(e, Block)] == [ACK]


def test_time_and_the_end_of_the_connection_are_steps() -> None:
    late, cut, reset = (parse(name) for name in ("late-ack=2.5", "hang-up-ack", "reset-after-ack"))
    assert late.fault.act(passing(), late.value) == (Put(frame(ACK), 2.5),)
    assert cut.fault.act(passing(), 0) == (Cut(),)
    assert reset.fault.act(passing(), 0)[-1] == Cut(reset=True)
    pieces = parse("pieces-ack=10").fault.act(passing(), 10)
    assert [len(step.data) for step in pieces if isinstance(step, Put)][:-1] == [10] * (
        len(pieces) - 1
    )


def test_which_blocks_it_is_for() -> None:
    faults = Faults([parse("drop-ack@D#1"), parse("late-ack=1")])
    untouched = (Put(frame(ACK)),)
    assert faults.act("message", "D", passing()) == (untouched, "")
    assert faults.act("ack", "A", passing()) == ((Put(frame(ACK), 1.0),), "late-ack=1")
    assert faults.act("ack", "D", passing()) == ((), "drop-ack")
    assert faults.act("ack", "D", passing())[1] == "late-ack=1"
    faults.switch()
    assert faults.act("ack", "D", passing()) == (untouched, "")
    faults.switch()
    assert faults.act("ack", "D", passing())[1] == "late-ack=1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("late-akc", "unknown fault: `late-akc` (did you mean `late-ack`?)"),
        ("late-ack=soon", "unreadable fault: `late-ack=soon`"),
        ("drop-ack=5", "fault `drop-ack` takes no value"),
        ("", "unreadable fault"),
    ],
)
def test_a_wrong_name_is_told(text: str, told: str) -> None:
    with pytest.raises(HarnessError) as wrong:
        parse(text)
    assert str(wrong.value).startswith(told)
