"""Whatever comes, and whenever the process dies: what was acknowledged is in the journal, once.

The model is what the peers know: what they sent, and what was acknowledged to them. Robustness
sheet, promise P1 and section 6.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import pytest
from durable_session import CLOCK, FULL, Line, Session
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from harness.rules import profile as profiles
from harness.sim.generate import cases
from harness.sim.network import store as storing
from harness.wire import transcript
from harness.wire.er7 import Message
from harness.wire.mllp import frame

STRANGE = (
    *(b"junk", b"\n", b"\x0b\x1c\r", b"\x0bMSH|^~\\&|cut", b"\x0babc", b"\x0babc\x1c", b"\x1c\r"),
    *(b"\x0b", frame(b"no message"), frame(b"MSH|^~\\&\r")),
    frame(b"MSH|^~\\&|RIS|||||||ACK|9|T|2.5\rMSA|AA|7\r"),
)


def message(number: int) -> bytes:
    """A small order."""
    head = f"MSH|^~\\&|RIS|S|TLR|P|20260105||ORM^O01^ORM_O01|M-{number}|T|2.5.1"
    return f"{head}\rORC|NW|O-{number}\r".encode()


class Peers(RuleBasedStateMachine):
    """Peers that send, break off, send again; a disk that is slow or full; a process that dies."""

    lines = Bundle("lines")
    folder: ClassVar[Path]

    @initialize()
    def begin(self) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=self.folder)
        self.sent = 0
        self.acknowledged: dict[str, bytes] = {}
        self.owed: dict[int, set[str]] = {}  # by line, what it must bring once the disk is done
        self.start()

    def start(self) -> None:
        profile = profiles.load()
        case = cases.make_case("ct-brain", 7, CLOCK)
        self.session = Session(Path(self._folder.name), profile, case)

    # -- what peers do ------------------------------------------------------------------------

    @rule(target=lines)
    def connects(self) -> Line:
        return self.session.connect()

    @rule(line=lines, cut=st.floats(0, 1))
    def sends(self, line: Line, cut: float) -> None:
        self.sent += 1
        self._send(line, self.sent, cut)

    @precondition(lambda self: self.sent)
    @rule(line=lines, data=st.data())
    def sends_again(self, line: Line, data: st.DataObject) -> None:
        self._send(line, data.draw(st.integers(1, self.sent)), 1.0)

    @rule(line=lines, piece=st.sampled_from(STRANGE))
    def sends_something_strange(self, line: Line, piece: bytes) -> None:
        self.session.receive(line, piece)

    @rule(line=consumes(lines))
    def breaks_off(self, line: Line) -> None:
        self.owed.pop(id(line), None)
        self.session.cut(line)

    def _send(self, line: Line, number: int, cut: float) -> None:
        block = frame(message(number))
        at = int(len(block) * cut)
        alive = line in self.session.lines and not line.closed and not self.session.store.blocked
        for piece in (block[:at], block[at:]):
            self.session.receive(line, piece)
        if alive and not line.closed:
            self.owed.setdefault(id(line), set()).add(f"M-{number}")

    # -- what happens to us -------------------------------------------------------------------

    @rule()
    def the_disk_has_taken_it(self) -> None:
        self.session.write()

    @rule()
    def the_disk_is_full(self) -> None:
        self.session.write(FULL)

    @rule(part=st.floats(0, 1))
    def dies_and_starts_again(self, part: float) -> None:
        self._read_answers()
        self.session.die(part)
        self.owed.clear()
        self.start()

    # -- what must be so ----------------------------------------------------------------------

    def _read_answers(self) -> None:
        for line in self.session.lines:
            for answer in line.answers():
                named = answer.first("MSA-2")
                if named.startswith("M-"):
                    known = self.acknowledged.setdefault(named, answer.raw)
                    assert known == answer.raw, "another answer to the same message"
                self.owed.get(id(line), set()).discard(named)

    @invariant()
    def what_is_acknowledged_is_stored_once(self) -> None:
        before = len(self.acknowledged)
        self._read_answers()
        if len(self.acknowledged) > before:
            self._compare()

    def _compare(self) -> None:
        records = list(transcript.read(self.session.store.journal.path))
        kept = [one for one in records if one.kind == "message" and "again" not in one.facts]
        names = Counter(Message(one.data).first("MSH-10") for one in kept)
        assert {name: names[name] for name in self.acknowledged} == dict.fromkeys(
            self.acknowledged, 1
        )
        stored = {one.data for one in records if one.kind == "ack"}
        assert stored >= set(self.acknowledged.values())

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        self.session.settle()
        self._read_answers()
        self._compare()
        open_lines = {id(line) for line in self.session.lines if not line.closed}
        lost = {line: names for line, names in self.owed.items() if names and line in open_lines}
        assert not lost
        self.session.die(0.0)
        self._folder.cleanup()


@pytest.fixture
def own_disk(tmp_path: Path) -> None:
    Peers.folder = tmp_path


@pytest.mark.usefixtures("own_disk")
def test_nothing_acknowledged_is_lost_or_doubled() -> None:
    with patch.object(storing, "RETRY", 0.0):
        run_state_machine_as_test(
            Peers,
            settings=settings(
                max_examples=60,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
