"""A later edition of a guide needs data files only: a folder that extends the one before."""

from collections.abc import Iterator
from datetime import datetime

import edition
import pytest

from harness.errors import HarnessError
from harness.rules import migration, profile_file
from harness.rules import profile as profiles
from harness.rules.counterpart import counterpart
from harness.rules.migration import Status
from harness.rules.profile import Profile
from harness.rules.rule import Level, Verdict
from harness.show.compare import rulesdiff
from harness.sim.actor import Actor
from harness.sim.generate import cases
from harness.wire.er7 import Message


@pytest.fixture(scope="module", autouse=True)
def _published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with edition.published(tmp_path_factory.mktemp("data")):
        yield


@pytest.fixture(scope="module")
def parent() -> Profile:
    return profiles.load("ans-tlr-2026")


@pytest.fixture(scope="module")
def later() -> Profile:
    return profiles.load(edition.NAME)


def test_it_has_the_rules_of_its_parent_and_its_own(parent: Profile, later: Profile) -> None:
    before, after = ({rule.id for rule in one.rules} for one in (parent, later))
    assert after - before == set(edition.NEW)
    assert before - after == {"PF-PID-2"}
    softer = later.rule("PF-PID-8")
    assert softer
    assert softer.level is Level.MAY
    assert later.hash != parent.hash
    assert later.flow("2").usage == "required"
    assert later.flow("cancel").id == "2"


def broken(profile: Profile, message: Message) -> set[str]:
    outcomes = profile.judge(profile.subject("1", message))
    return {o.rule.id for o in outcomes if o.verdict is Verdict.FAIL}


def test_it_judges(parent: Profile, later: Profile, clock: datetime) -> None:
    case = cases.make_case("ct-brain", 3, clock)
    message = Actor("ris", parent, case).compose("1", case, clock)
    new = broken(later, message) - broken(parent, message)
    assert new == {"TLR-NEXT-ORC-30", "TLR-NEXT-OBR-4"}
    wrong = Message(message.raw.replace(b"\rPID|", b"\rPID||x", 1))
    assert "PF-PID-2" in broken(parent, wrong)
    assert "PF-PID-2" not in broken(later, wrong)


def test_it_is_compared_with_its_parent(parent: Profile, later: Profile) -> None:
    found = rulesdiff.diff(parent, later)
    assert [rule.id for rule in found.added] == list(edition.NEW)
    assert [one.rule.id for one in found.retired] == ["PF-PID-2"]
    assert [(one.after.id, one.what) for one in found.changed] == [("PF-PID-8", ("level",))]
    assert {flow.to: flow.status for flow in found.flows}["2"] is Status.CHANGED
    assert {f.status for f in found.flows if f.to != "2"} == {Status.KEPT}


def test_it_is_compared_with_the_white_paper_by_the_file_of_its_parent(later: Profile) -> None:
    paper = profiles.load("livre-blanc-2024")
    found = rulesdiff.diff(paper, later)
    site = next(one for one in found.moved if "LB-D-SITE" in one.move.rules)
    assert (site.move.flow, site.move.to) == ("D", "1")
    obr = next(one for one in found.moved if "LB-A-ACT" in one.move.rules)
    assert "TLR-NEXT-OBR-4" in [rule.id for rule in obr.after]
    assert counterpart("A", paper.id, later) == "1"
    assert counterpart("2", later.id, paper) is None


# -- a migration file that does not hold ----------------------------------------------------

ROW = """
from: ans-tlr-2026
flows:
- from: "1"
  to: "1"
  status: changed
  text: {{fr: a, en: b}}
  rows:
  - says: {{fr: a, en: b}}
    {row}
"""


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("status: gone", "migration.yaml:9:13: unknown value: `gone` (kept, split"),
        ("status: kept\n    now: [ORC2]", "migration.yaml:10:11: `ORC2` is not a path"),
        ("status: kept\n    rules: [TLR-NONE]", "migration.yaml:10:13: "),
        ("status: kept\n    element: weather", "migration.yaml:10:14: unknown value: `weather`"),
        ('status: moved\n    in: "7"', "migration.yaml:10:9: unknown value: `7`"),
        ("status: kept\n    wos: [ORC-2]", "unknown key: `wos` (did you mean `was`?)"),
        ("rules: []", "required key missing: `status`"),
    ],
)
def test_a_mistake_in_it_says_where(parent: Profile, later: Profile, row: str, told: str) -> None:
    file = profile_file.folders(edition.NAME)[-1] / "migration.yaml"
    file.write_text(ROW.lstrip().format(row=row), encoding="utf-8")
    try:
        with pytest.raises(HarnessError) as wrong:
            migration.load(parent, later)
    finally:
        file.unlink()
    assert told in str(wrong.value)
