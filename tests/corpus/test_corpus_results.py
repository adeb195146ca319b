"""Rows on disk: whole or resumable, the same bytes either way."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from packing import as_rows

from harness import data
from harness.errors import HarnessError, NotMeasured
from harness.rules.profile import Profile
from harness.show.checking import Asked
from harness.show.corpus import checking, parquet, results, rows, ruleset
from harness.show.corpus.checking import Checked, Wanted
from harness.show.corpus.children import Batch, Limits
from harness.show.corpus.results import Made, Results
from harness.show.corpus.ruleset import Choice, RuleSet

SCHEMA = json.loads(data.path("schemas", "corpus.schema.json").read_text(encoding="utf-8"))


class Here:
    """An engine in this process: it may stop, or be killed, after some batches."""

    width = 1

    def __init__(self, asked: Asked, left: list[int]) -> None:
        self._asked, self._left = asked, left

    def submit(self, batch: Batch) -> "Here._There":
        return self._There(self, batch)

    def close(self) -> None: ...

    class _There:
        def __init__(self, engine: "Here", batch: Batch) -> None:
            self._engine, self._batch = engine, batch

        def done(self) -> bool:
            return True

        def result(self, timeout: float) -> list[bytes]:
            engine = self._engine
            engine._left[0] -= len(self._batch)
            if engine._left[0] < 0:
                raise Killed
            return [rows.of(one, engine._asked) for one in self._batch]


class Killed(Exception):
    pass


Check = Callable[..., Checked]


@pytest.fixture
def check(profile: Profile, choice: Choice, lines: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Check the traffic; `judge`: how many messages before the process is killed."""
    left = [0]

    def here(rules: RuleSet, jobs: int, limits: Limits) -> Here:
        return Here(Asked(profile), left)

    monkeypatch.setattr(checking, "Local", here)
    monkeypatch.setattr(results, "SEGMENT", 4)
    monkeypatch.setattr("harness.show.corpus.work.PIECES", 3)

    def call(file: Path | None, judge: int = 1000, **more: object) -> Checked:
        left[0] = judge
        wanted = Wanted(paths=[lines], choice=choice, results=file)
        return checking.check(replace(wanted, **more), lambda corpus, summary: None)

    return call


@pytest.fixture
def whole(check: Check, tmp_path: Path) -> bytes:
    """The results of a run that nobody disturbed."""
    file = tmp_path / "whole.ndjson"
    check(file)
    return file.read_bytes()


def test_rows_hold_to_their_schema(whole: bytes) -> None:
    checker = jsonschema.Draft202012Validator(SCHEMA)
    found = as_rows(whole)
    assert [error.message for row in found for error in checker.iter_errors(row)] == []
    assert {row["index"] for row in found} == set(range(1, 16))
    assert {row["verdict"] for row in found} >= {"fail", "pass"}
    assert list(parquet.COLUMNS) == SCHEMA["required"]


@pytest.mark.parametrize("judge", [0, 3, 4, 9, 14])
def test_killed_and_resumed_is_the_same(
    check: Check, tmp_path: Path, whole: bytes, judge: int
) -> None:
    file = tmp_path / "rows.ndjson"
    with pytest.raises(Killed):
        check(file, judge=judge)
    assert not file.exists()
    checked = check(file, resume=True)
    assert file.read_bytes() == whole
    assert checked.resumed == judge // 3 * 3 // 4 * 4
    assert checked.summary == check(None).summary
    assert not (tmp_path / "rows.ndjson.parts").exists()


def test_torn_lines_are_judged_again(check: Check, tmp_path: Path, whole: bytes) -> None:
    file = tmp_path / "rows.ndjson"
    with pytest.raises(Killed):
        check(file, judge=9)
    with (tmp_path / "rows.ndjson.parts" / "manifest.ndjson").open("ab") as manifest:
        manifest.write(b'{"number": 3, "pie')
    (tmp_path / "rows.ndjson.parts" / "000003.ndjson").write_bytes(b'{"ind')
    check(file, resume=True)
    assert file.read_bytes() == whole


def test_killed_before_the_parts_were_put_together(
    check: Check, tmp_path: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.ndjson"

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    join = results._join
    monkeypatch.setattr(results, "_join", no_room)
    with pytest.raises(NotMeasured, match="No space left"):
        check(file)
    monkeypatch.setattr(results, "_join", join)
    assert check(file, judge=0, resume=True).resumed == 15
    assert file.read_bytes() == whole


def test_nothing_that_is_unfinished_is_lost_by_mistake(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "rows.ndjson"
    with pytest.raises(Killed):
        check(file, judge=9)
    with pytest.raises(HarnessError, match="unfinished") as told:
        check(file)
    assert "--resume" in told.value.render("en")


def test_another_corpus_is_not_resumed(check: Check, tmp_path: Path, lines: Path) -> None:
    file = tmp_path / "rows.ndjson"
    with pytest.raises(Killed):
        check(file, judge=9)
    lines.write_bytes(lines.read_bytes() + b'"one more"\n')
    with pytest.raises(HarnessError, match="the corpus has changed"):
        check(file, resume=True)


def test_other_bytes_under_the_same_names_are_not_resumed(
    check: Check, tmp_path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking.Corpus, "identity", lambda self: "the same")
    file = tmp_path / "rows.ndjson"
    with pytest.raises(Killed):
        check(file, judge=9)
    first, *others = lines.read_bytes().splitlines(keepends=True)
    lines.write_bytes(first.replace(b"MSH|", b"MSH#") + b"".join(others))
    with pytest.raises(HarnessError, match="the corpus has changed"):
        check(file, resume=True)
    lines.write_bytes(first)
    with pytest.raises(HarnessError, match="the corpus has changed"):
        check(file, resume=True)


def test_other_rules_do_not_go_on(check: Check, tmp_path: Path, choice: Choice) -> None:
    file = tmp_path / "rows.ndjson"
    with pytest.raises(Killed):
        check(file, judge=9)
    with pytest.raises(HarnessError, match="the rules have changed"):
        check(file, resume=True, choice=replace(choice, flow="A"))


def test_a_part_that_was_touched_is_told(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "rows.ndjson"
    with pytest.raises(Killed):
        check(file, judge=9)
    part = tmp_path / "rows.ndjson.parts" / "000001.ndjson"
    part.write_bytes(part.read_bytes().replace(b'"index": 1', b'"index": 9'))
    with pytest.raises(HarnessError, match="has changed"):
        check(file, resume=True)


def test_two_do_not_write_the_same(tmp_path: Path) -> None:
    made = Made("corpus", "rules", "tool", "profile")
    first, second = (Results(tmp_path / "rows.ndjson", made) for _ in range(2))
    first.open(resume=False)
    with pytest.raises(HarnessError):
        second.open(resume=True)
    first.close()


def test_a_manifest_of_something_else(tmp_path: Path) -> None:
    parts = tmp_path / "rows.ndjson.parts"
    parts.mkdir()
    for content in (b"[1]\n", b"{}\n{}\n", b"\x80\n"):
        (parts / "manifest.ndjson").write_bytes(content)
        found = Results(tmp_path / "rows.ndjson", Made("c", "r", "t", "p"))
        with pytest.raises(HarnessError):
            found.open(resume=True)
        found.close()


def test_parquet_has_the_same_rows(check: Check, tmp_path: Path, whole: bytes) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "rows.parquet"
    check(file)
    table = pq.read_table(file)
    assert table.to_pylist() == as_rows(whole)
    assert table.column_names == list(parquet.COLUMNS)
    again = tmp_path / "again.parquet"
    with pytest.raises(Killed):
        check(again, judge=9)
    check(again, resume=True)
    assert again.read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"results": Path("rows.csv")}, "NDJSON or Parquet"),
        ({"results": None, "resume": True}, "--resume needs"),
        ({"paths": [Path("nowhere.tar")]}, "does not exist"),
    ],
)
def test_what_the_user_has_wrong(check: Check, more: dict[str, object], says: str) -> None:
    with pytest.raises(HarnessError, match=says):
        check(None, **more)


def test_an_empty_corpus_is_told(check: Check, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(HarnessError, match="nothing to judge"):
        check(None, paths=[empty])


def test_the_rules_of_a_choice_have_one_name(choice: Choice) -> None:
    first = ruleset.pack(choice, ruleset.load(choice))
    other = replace(choice, towards="pfi")
    assert first.id != ruleset.pack(other, ruleset.load(other)).id
