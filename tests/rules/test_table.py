from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.rules import table
from harness.rules.rule import Level, Rule, Subject, Verdict, evaluate
from harness.wire.er7 import Message

CONTEXT = table.Context(
    {"A": ("A",), "order": ("A", "D")}, {}, {"sex": frozenset("MF")}, frozenset({"doc"})
)
HEAD = b"MSH|^~\\&|A\r"


def rules(tmp_path: Path, row: str, block: str = "") -> list[Rule]:
    file = tmp_path / "table.yaml"
    file.write_text(
        f"document: doc\nsection: '1'\nkinds: [A]\ngroup: patient\n{block}rows:\n"
        f"- {{id: T-1, says: {{fr: f, en: e}}, {row}}}\n",
        encoding="utf-8",
    )
    return list(table.load(file, CONTEXT))


@pytest.mark.parametrize(
    ("row", "segment", "verdict"),
    [
        ("at: PID-8, usage: R", b"PID|||||||", Verdict.FAIL),
        ("at: PID-8, usage: R", b"PID||||||||M", Verdict.PASS),
        ("at: PID-8, usage: R", b"ORC|NW", Verdict.NOT_APPLICABLE),
        ("at: PID-8, usage: RE", b"PID|||||||", Verdict.WARNING),
        ("at: PID-8, usage: X", b"PID||||||||M", Verdict.FAIL),
        ("at: PID-8, is: M", b"PID||||||||F", Verdict.FAIL),
        ("at: PID-8, is: M", b"PID|||||||", Verdict.PASS),
        ("at: PID-8, in: [M, F]", b"PID||||||||U", Verdict.FAIL),
        ("at: PID-8, set: sex", b"PID||||||||F", Verdict.PASS),
        ("at: PID-8, like: '[A-Z]'", b"PID||||||||f", Verdict.FAIL),
        ("at: PID-7, type: DT", b"PID|||||||19790231", Verdict.FAIL),
        ("at: PID-7, type: DT", b"PID|||||||19790228", Verdict.PASS),
        ("at: PID-3, card: 1..1", b"PID|||1~2", Verdict.FAIL),
        ("at: PID-8, usage: R, when: PID-7", b"PID|||||||", Verdict.NOT_APPLICABLE),
        ("at: PID-8, usage: R, when: not PID-7", b"PID|||||||", Verdict.FAIL),
        ("at: PID-8, usage: R, when: 'PID-7 = 1, 2'", b"PID|||||||2", Verdict.FAIL),
        ("at: PID-8, usage: R, when: 'PID-7 != 1, 2'", b"PID|||||||2", Verdict.NOT_APPLICABLE),
        ("at: PID-8, usage: R, when: after A", b"PID|||||||", Verdict.NOT_APPLICABLE),
        ("at: PID-8, usage: R, when: towards pfi", b"PID|||||||", Verdict.NOT_APPLICABLE),
        ("at: PID-8, usage: RE, pfi: MUST", b"PID|||||||", Verdict.WARNING),
        ("structure: MSH PID", b"ORC|NW", Verdict.FAIL),
        ("untested: {fr: f, en: e}", b"PID|", Verdict.NOT_TESTED),
        ("observed: 'yes'", b"PID|", Verdict.NOT_TESTED),
    ],
)
def test_what_a_row_says_is_what_is_judged(
    tmp_path: Path, row: str, segment: bytes, verdict: Verdict
) -> None:
    (rule,) = rules(tmp_path, row)
    assert evaluate(rule, Subject("A", Message(HEAD + segment))).verdict is verdict


@pytest.mark.parametrize("row", ["usage: R, when: towards pfi", "usage: RE, pfi: MUST"])
def test_towards_a_pfi_a_row_may_ask_more(tmp_path: Path, row: str) -> None:
    (rule,) = rules(tmp_path, f"at: PID-8, {row}")
    subject = Subject("A", Message(HEAD + b"PID|||||||"), towards="pfi")
    outcome = evaluate(rule, subject)
    assert outcome.verdict is Verdict.FAIL
    assert {outcome.rule.level, outcome.findings[0].rule.level} == {Level.MUST}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("at: PID-8, usag: R", "did you mean `usage`"),
        ("at: PID.8, usage: R", "path"),
        ("at: PID-8", "nothing to check"),
        ("at: PID-8, usage: Q", "unknown value"),
        ("at: PID-8, type: XX", "unknown value"),
        ("at: PID-8, set: none", "unknown value"),
        ("at: PID-8, like: '('", "regular expression"),
        ("at: PID-8, card: many", "cardinality"),
        ("at: PID-8, usage: R, when: 'if x'", "condition"),
        ("at: PID-8, usage: R, kinds: [Q]", "unknown value"),
        ("at: PID-8, usage: R, level: HARD", "unknown value"),
        ("by: no-such-check", "no check"),
        ("element: no-such-element", "unknown value"),
        ("structure: 'MSH [PID'", "structure"),
        ("at: PID-8, usage: R, id: T-2", "twice"),
    ],
)
def test_a_mistake_in_a_table_has_its_line_and_column(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(HarnessError) as wrong:
        rules(tmp_path, row)
    assert words in str(wrong.value)
    assert wrong.value.line == 6
    assert wrong.value.column


def test_conditions_of_block_and_row_both_count(tmp_path: Path) -> None:
    (rule,) = rules(tmp_path, "at: PID-8, usage: R, when: PID-7", "when: PID-3\n")
    assert (
        evaluate(rule, Subject("A", Message(HEAD + b"PID|||||||1"))).verdict
        is Verdict.NOT_APPLICABLE
    )
    assert evaluate(rule, Subject("A", Message(HEAD + b"PID|||1||||1"))).verdict is Verdict.FAIL


def test_a_check_that_raises_is_our_error_and_not_the_peers_failure() -> None:
    def broken(subject: Subject) -> list[object]:
        raise ZeroDivisionError("ours")

    rule = Rule(
        id="T-1",
        level=Level.MUST,
        says=None,
        source=None,
        kinds=frozenset("A"),
        group="x",
        check=broken,  # type: ignore[arg-type]  # only the check matters
    )
    outcome = evaluate(rule, Subject("A", Message(HEAD)))
    assert outcome.verdict is Verdict.ERROR
    assert "ZeroDivisionError" in outcome.trace
