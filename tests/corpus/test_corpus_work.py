"""Workers: the same rows whoever judges, and what becomes of a piece that kills one."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from packing import as_rows

from harness.errors import NotMeasured
from harness.rules.profile import Profile
from harness.show.checking import Asked
from harness.show.corpus import children, rows, ruleset, work
from harness.show.corpus.children import Batch, Child, Children, Limits
from harness.show.corpus.pieces import Piece
from harness.show.corpus.ruleset import Choice, Refused, RuleSet
from harness.show.corpus.work import Interrupted, Local
from harness.sim.traffic import Sent
from harness.text import say

POISONED = [str(Path(__file__).with_name("poisoned.py"))]


def never() -> bool:
    return False


def piece(raw: bytes, index: int = 1, flow: str = "") -> Piece:
    return Piece(f"m{index}", raw, flow, index=index)


@pytest.fixture(scope="session")
def asked(profile: Profile) -> Asked:
    return Asked(profile)


@pytest.fixture
def pieces(sent: list[Sent]) -> list[Piece]:
    return [Piece(one.name, one.raw, index=number) for number, one in enumerate(sent, 1)]


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch, rules: RuleSet) -> Iterator[Children]:
    monkeypatch.setattr(children, "PROGRAM", POISONED)
    found = Children(rules, Limits(seconds=3))
    yield found
    found.close()


def test_many_judge_as_one_does(
    rules: RuleSet,
    asked: Asked,
    pieces: list[Piece],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(work, "PIECES", 2)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = Local(rules, 2, Limits())
    try:
        found = list(work.judged(pieces, engine, never))
    finally:
        engine.close()
    assert list(tmp_path.iterdir()) == []  # nothing stays in the system's temporary folder
    assert [one for one, _ in found] == pieces
    assert [lines for _, lines in found] == [rows.of(one, asked) for one in pieces]


def test_a_killed_worker_costs_no_message(
    rules: RuleSet, asked: Asked, pieces: list[Piece]
) -> None:
    found = Children(rules, Limits())
    batch = tuple(pieces)
    found.judge(batch[:1])
    (child,) = found._all
    os.kill(child.pid, signal.SIGKILL)  # as a system without memory does
    try:
        assert found.judge(batch) == [rows.of(one, asked) for one in batch]
        assert child not in found._all
    finally:
        found.close()


def test_a_message_that_kills_is_an_error_and_no_other_is(poisoned: Children) -> None:
    batch = tuple(piece(word, n) for n, word in enumerate((b"a", b"KILL", b"PRINT", b"b"), 1))
    found = [as_rows(lines)[0] for lines in poisoned.judge(batch)]
    assert [row["verdict"] for row in found] == ["fail", "error", "fail", "fail"]
    assert found[1]["actual_en"] == say("corpus.died", seconds="").en
    assert found[1]["rule"] is None


def test_a_message_that_takes_too_long_is_an_error(
    poisoned: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, slow, after = poisoned.judge((piece(b"a"), piece(b"SLEEP", 2), piece(b"b", 3)))
    assert as_rows(slow)[0]["actual_en"] == "not judged within 3 s"
    assert as_rows(slow)[0]["verdict"] == "error"
    assert {as_rows(one)[0]["verdict"] for one in (before, after)} == {"fail"}


def test_a_message_that_takes_too_much_memory_is_an_error(poisoned: Children) -> None:
    large, other = poisoned.judge((piece(b"MEMORY"), piece(b"b", 2)))
    assert as_rows(large)[0]["verdict"] == "error"
    assert "MemoryError" in as_rows(large)[0]["actual_en"]
    assert as_rows(other)[0]["verdict"] == "fail"
    assert len(poisoned._all) == 1  # the process lives


def test_workers_end_with_the_process_that_started_them(rules: RuleSet) -> None:
    program = (
        "import pickle, sys, os\n"
        "from harness.show.corpus.children import Child, Limits\n"
        "child = Child(pickle.load(sys.stdin.buffer), Limits())\n"
        "print(child.pid, child._folder, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    import pickle

    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(rules), capture_output=True, check=False
    )
    pid, folder = done.stdout.decode().split()
    for _ in range(200):
        if _is_dead(int(pid)):
            assert not Path(folder).exists()
            return
        time.sleep(0.05)
    pytest.fail("the worker lives on")


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_worker_that_would_judge_otherwise_refuses(rules: RuleSet, tmp_path: Path) -> None:
    for other in (
        replace(rules, tool="0.0"),
        replace(rules, code="0" * 64),
        replace(rules, hash="0" * 64),
        replace(rules, profile="no-such-guide"),
        replace(rules, files=(("../out", b""),)),
    ):
        with pytest.raises(Refused):
            ruleset.unpack(other, tmp_path)
    with pytest.raises(Refused, match="another program"):
        Child(replace(rules, code="0" * 64), Limits())


def test_a_worker_that_does_not_start(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PROGRAM", ["-c", "raise SystemExit"])
    with pytest.raises(NotMeasured):
        Child(rules, Limits())


def test_files_that_are_shipped_judge_the_same(tmp_path: Path) -> None:
    mapping = tmp_path / "here" / "site.yaml"
    mapping.parent.mkdir()
    mapping.write_text("elements: {}\n", encoding="utf-8")
    schema = Path(__file__).parents[2] / "schemas" / "cda" / "cda.xsd"
    choice = Choice("livre-blanc-2024", mapping, schema, flow="A", towards="pfi")
    profile = ruleset.load(choice)
    there = ruleset.unpack(ruleset.pack(choice, profile), tmp_path / "there")
    assert there.profile.hash == profile.hash
    assert (there.flow, there.towards) == ("A", "pfi")
    mapping.unlink()
    assert (tmp_path / "there" / "mapping" / "site.yaml").is_file()


def test_rows_of_what_cannot_be_judged(asked: Asked) -> None:
    unknown = as_rows(rows.of(piece(b"MSH|^~\\&|", flow="Z"), asked))
    assert [row["verdict"] for row in unknown] == ["inconclusive"]
    unread = as_rows(rows.of(Piece("x", b"", trouble=say("corpus.cut_short")), asked))
    assert unread[0]["verdict"] == "inconclusive"
    assert unread[0]["actual_fr"] == say("corpus.cut_short").fr


def test_a_mistake_of_ours_is_a_row(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("DUPONT")

    monkeypatch.setattr(rows, "_judged", broken)
    (row,) = as_rows(rows.of(piece(b"x"), asked))
    assert row["verdict"] == "error"
    assert "ValueError" in str(row["actual_en"])
    assert "DUPONT" not in str(row)


def test_what_the_corpus_says_a_message_is_goes_before_a_guess(
    asked: Asked, sent: list[Sent]
) -> None:
    (row, *_) = as_rows(rows.of(piece(sent[0].raw, flow="D"), asked))
    assert (row["kind"], row["guessed"]) == ("D", False)
    (row, *_) = as_rows(rows.of(piece(sent[0].raw, flow="D"), replace(asked, flow="A")))
    assert row["kind"] == "A"


class _Slow:
    """An engine that judges when it is told to."""

    width = 2

    def __init__(self) -> None:
        self.sent: list[Batch] = []
        self.free = threading.Event()

    def submit(self, batch: Batch) -> "_Slow._Later":
        self.sent.append(batch)
        return self._Later(self, batch)

    def close(self) -> None:
        self.free.set()

    class _Later:
        def __init__(self, engine: "_Slow", batch: Batch) -> None:
            self.engine, self.batch = engine, batch

        def done(self) -> bool:
            return self.engine.free.is_set()

        def result(self, timeout: float) -> list[bytes]:
            if not self.done():
                raise TimeoutError
            return [one.raw for one in self.batch]


def test_what_is_under_way_is_bounded() -> None:
    engine, read = _Slow(), 0

    def many() -> Iterator[Piece]:
        nonlocal read
        for read in range(1, 10_000):
            yield piece(b"x", read)

    asked_often = iter(range(3))
    with pytest.raises(Interrupted):
        list(work.judged(many(), engine, lambda: next(asked_often, None) is None))
    assert len(engine.sent) == 6
    assert read <= 8 * work.PIECES


def test_large_messages_are_fewer_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BYTES", 10)
    monkeypatch.setattr(work, "_HELD", 30)
    engine = _Slow()
    with pytest.raises(Interrupted):
        list(work.judged((piece(b"x" * 12, n) for n in range(99)), engine, lambda: True))
    assert len(engine.sent) == 2
    engine.free.set()
    found = list(work.judged((piece(b"x" * 12, n) for n in range(9)), engine, never))
    assert [one.index for one, _ in found] == list(range(9))
