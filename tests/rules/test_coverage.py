from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.rules import coverage
from harness.rules import profile as profiles
from harness.rules.coverage import Statement, Status
from harness.rules.profile import Profile

HEAD = "document: livre-blanc-2024\nsection: '1'\ntitle: {fr: f, en: e}\nstatements:\n"
SAYS = "says: {fr: f, en: e}"


@pytest.fixture(scope="module")
def statements(profile: Profile) -> tuple[Statement, ...]:
    return coverage.load(profile)


def loaded(tmp_path: Path, profile: Profile, rows: str) -> tuple[Statement, ...]:
    file = tmp_path / "statements.yaml"
    file.write_text(HEAD + rows, encoding="utf-8")
    return coverage.load_file(file, profile)


def test_every_statement_has_a_status_and_says_why_it_is_not_checked(
    statements: tuple[Statement, ...],
) -> None:
    assert len(statements) > 140
    assert sum(coverage.score(statements).values()) == len(statements)
    for statement in statements:
        assert (statement.why is None) == (statement.status is Status.COVERED), statement.id
        assert statement.says.fr != statement.says.en, statement.id


def test_every_rule_of_the_white_paper_is_cited(
    profile: Profile, statements: tuple[Statement, ...]
) -> None:
    assert [rule.id for rule in coverage.uncited(profile, statements)] == []


def test_the_ledger_follows_the_white_paper(statements: tuple[Statement, ...]) -> None:
    assert [section for section, _ in coverage.by_section(statements)] == [
        *("0", "1.1", "1.2.1", "1.2.2", "2", "3.1"),
        *("3.2.1", "3.2.2", "3.2.1 (B)", "3.2.1 (C)", "3.3.1", "3.3.1 (D)", "3.3.1 (E)"),
    ]
    for section, members in coverage.by_section(statements):
        begin = "S-" + section.replace(" (", "-").replace(")", "") + "-"
        assert [s.id for s in members] == [f"{begin}{n}" for n in range(1, len(members) + 1)]


def test_every_datum_of_flows_a_and_d_is_a_statement_of_its_own(
    statements: tuple[Statement, ...],
) -> None:
    checked = {s.id for s in statements if s.status is Status.COVERED}
    assert checked >= {f"S-3.2.2-{n}" for n in range(32, 41)}
    assert checked >= {f"S-3.3.1-D-{n}" for n in (*range(4, 11), *range(12, 18))}


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("rules: [HL7-MSH-7]", Status.COVERED),
        ("rules: ['HL7-MSH-*'], gap: {fr: f, en: e}", Status.PARTLY),
        ("rules: [HL7-MSH-7, LB-CONSENT]", Status.PARTLY),
        ("rules: [LB-CONSENT]", Status.UNTESTABLE),
        ("untestable: {fr: f, en: e}", Status.UNTESTABLE),
        ("gap: {fr: f, en: e}", Status.GAP),
        ("information: {fr: f, en: e}", Status.INFORMATION),
    ],
)
def test_status(tmp_path: Path, profile: Profile, row: str, status: Status) -> None:
    (statement,) = loaded(tmp_path, profile, f"- {{id: S-1-1, {SAYS}, {row}}}\n")
    assert statement.status is status


@pytest.mark.parametrize(
    ("rows", "line", "told"),
    [
        (f"- {{id: S-1-1, {SAYS}}}\n", 5, "without status"),
        (f"- {{id: S-1-1, {SAYS}, rules: []}}\n", 5, "without status"),
        (
            f"- {{id: S-1-1, {SAYS}, gap: {{fr: f, en: e}}, untestable: {{fr: f, en: e}}}}\n",
            5,
            "without status",
        ),
        (f"- {{id: S-1-1, {SAYS}, rules: [HL7-MSH-77]}}\n", 5, "did you mean `HL7-MSH-7`"),
        (f"- {{id: S-1-1, {SAYS}, rules: ['HL8-*']}}\n", 5, "no rule `HL8-\\*`"),
        (f"- {{id: T-1, {SAYS}, rules: [HL7-MSH-7]}}\n", 5, "not a statement id"),
        (f"- {{id: S-1-1, {SAYS}, rule: HL7-MSH-7}}\n", 5, "did you mean `rules`"),
        (2 * f"- {{id: S-1-1, {SAYS}, rules: [HL7-MSH-7]}}\n", 6, "given twice"),
    ],
)
def test_a_ledger_that_does_not_hold_says_where(
    tmp_path: Path, profile: Profile, rows: str, line: int, told: str
) -> None:
    with pytest.raises(HarnessError, match=told) as wrong:
        loaded(tmp_path, profile, rows)
    assert wrong.value.line == line
    assert wrong.value.column


def test_a_profile_without_ledger_says_so(profile: Profile) -> None:
    with pytest.raises(HarnessError, match=r"no ledger of statements.*livre-blanc-2024"):
        coverage.load(replace(profile, id="other"))


def test_the_ans_guide_is_covered() -> None:
    profile = profiles.load("ans-tlr-2026")
    statements = coverage.load(profile)
    assert coverage.score(statements)[Status.GAP] == 0
    assert [rule.id for rule in coverage.uncited(profile, statements)] == []
    cited = {s.note for s in statements if s.note}
    unsaid = [point.id for point in profile.points.values() if point.words not in cited]
    assert unsaid == []


def test_a_contested_point_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "statements.yaml"
    file.write_text(
        "document: ans-tlr-2026\nsection: a\ntitle: {fr: a, en: a}\nstatements:\n"
        "- {id: S-1-1, says: {fr: a, en: a}, rules: [TLR-MSH-12], contested: Z9}\n"
    )
    with pytest.raises(HarnessError) as wrong:
        coverage.load_file(file, profiles.load("ans-tlr-2026"))
    assert wrong.value.line == 5
