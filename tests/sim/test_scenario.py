import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness import data
from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules import profile_file
from harness.rules.profile import Profile
from harness.sim import scenario
from harness.sim.generate import cases
from harness.sim.scenario import Scenario

GOOD = """\
scenario: one
title: {fr: Un, en: One}
steps:
  - send: A
"""
SHIPPED = [pair for profile in profile_file.available() for pair in scenario.find([], profile)]


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "one.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def load_one(tmp_path: Path, text: str) -> Scenario:
    (found,) = scenario.load(written(tmp_path, text))
    return found


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "said"),
    [
        ("steps:", "stepz:", 3, 1, "did you mean `steps`"),
        ("title:", "titel:", 2, 1, "did you mean `title`"),
        ("send: A", "sned: A", 4, 5, "did you mean `send`"),
        ("send: A", "send: A\n    optionnal: true", 5, 5, "did you mean `optional`"),
        ("send: A", "send: A\n    witin: 3", 5, 5, "did you mean `within`"),
        ("send: A", "send: A\n    ack: {cod: [AA]}", 5, 11, "did you mean `code`"),
        ("send: A", "send: A\n    expect: {author: 2}", 5, 14, "did you mean `authors`"),
        ("send: A", "send: A\n    mutate: [{sett: PID-3}]", 5, 15, "did you mean `set`"),
        ("en: One", "en: One, de: Eins", 2, 26, "unknown key: `de`"),
        ("send: A", "send: A\n    zzzzzzzz: 1", 5, 5, "unknown key: `zzzzzzzz`"),
        ("  - send: A", "  - optional: true", 4, 5, "`send`"),
        (", en: One", "", 2, 8, "`en`"),
        ("scenario: one\n", "", 1, 1, "`scenario`"),
        ("scenario: one", "scenario: One Two", 1, 11, "scenario"),
        ("\n  - send: A", " []", 3, 8, "steps"),
        ("\n  - send: A", " A", 3, 8, "steps"),
        ("\n  - send: A", "\n  - A", 4, 5, "steps.0"),
        ("title: {fr: Un, en: One}", "title: One", 2, 8, "title"),
        ("send: A", "send: A\n    within: soon", 5, 13, "within"),
        ("send: A", "send: A\n    within: 0", 5, 13, "within"),
        ("send: A", "send: A\n    optional: maybe", 5, 15, "optional"),
        ("send: A", "send: A\n    ack: {code: []}", 5, 17, "code"),
        ("send: A", "send: A\n    expect: {authors: none}", 5, 23, "authors"),
        ("send: A", "send: A\n    wrogn: true", 5, 5, "did you mean `wrong`"),
        ("send: A", "send: A\n    ack: {mutate: [{remove: MSA}]}", 5, 5, "not without the other"),
        ("send: A", "send: A\n    ack: {findings: [ACK-MSA-1]}", 5, 5, "not without the other"),
        ("send: A", "send: A\n    ack: {mutate: [{sett: MSA-1}]}", 5, 21, "did you mean `set`"),
        ("send: A", "send: A\n    wrong: perhaps", 5, 12, "wrong"),
        ("send: A", "send: A\n    wrong: true", 5, 5, "the rule that is broken"),
        ("send: A", "send: A\n    mutate: [{to: x}]", 5, 14, "mutate"),
        ("send: A", "send: A\n    mutate: [{set: PID-3, remove: PID}]", 5, 14, "mutate"),
        ("send: A", "send: A\n    mutate: [{remove: PID-0}]", 5, 23, "not a path"),
        ("send: A", "send: A\n    mutate: [{set: '/a[', to: x}]", 5, 20, "not an XPath"),
        ("send: A", "send: A\n    mutate: [{repeat: '//no:id'}]", 5, 23, "not an XPath"),
        ("send: A", "send: Z", 4, 11, "A, B, C, D, E"),
        ("send: A", "send: A\n    ack: ZZ", 5, 10, "'AA', 'AE' or 'AR'"),
        ("send: A", "send: A\n    send: B", 5, 5, "`send`"),
        ("send: A", "send: E\n    document: {acton: replace}", 5, 16, "did you mean `action`"),
        (
            "send: A",
            "send: E\n    document: {action: renew}",
            5,
            24,
            "'initial', 'replace' or 'del",
        ),
        ("send: A", "send: E\n    document: {level: 2}", 5, 23, "'1', '3' or 'both'"),
        ("send: A", "send: E\n    document: {message: ADT}", 5, 25, "'ORU' or 'MDM'"),
        ("send: A", "send: E\n    document: {charset: latin1}", 5, 25, "'UTF-8' or '8859/15'"),
        ("send: A", "send: E\n    document: {attachment: big}", 5, 28, "such as `5 MB`"),
        ("send: A", "send: E\n    document: {name: Two Words}", 5, 22, "document.name"),
        ("send: A", "send: E\n    document: {change: text}", 5, 24, "does not change so"),
        ("send: A", "send: B\n    document: {level: 1}", 5, 23, "of level 3"),
        ("send: A", "send: B\n    document: {action: replace, change: addendum}", 5, 41, "flow B"),
        (
            "send: A",
            "send: B\n    document: {action: delete, change: responsible}",
            5,
            40,
            "flow B",
        ),
        ("send: A", "send: E\n    document: {level: both, message: MDM}", 5, 23, "one document"),
        ("send: A", "send: A\n    document: {action: replace}", 5, 15, "no document"),
        ("send: A", "send: A\n    change: text", 5, 13, "'responsible'"),
        ("send: A", "send: A\n    answer: {decision: refuse}", 5, 5, "nothing of `answer`"),
        ("send: A", "send: C\n    exams: 2", 5, 5, "nothing of `exams`"),
        ("send: A", "send: A\n    charset: latin1", 5, 14, "'UTF-8' or '8859/15'"),
        ("send: A", "send: E\n    change: responsible", 5, 13, "inside `document`"),
        ("send: A", "send: A\n    for: anna", 5, 10, "`anna`"),
        ("steps:", "cases: {anna: ct-brain}\nsteps:", 5, 5, "`for`"),
        ("steps:", "cases: {anna: {cas: dx-knee}}\nsteps:", 3, 16, "did you mean `case`"),
        ("steps:", "cases: {anna: {twin: lea}}\nsteps:", 3, 22, "`lea`"),
        ("steps:", "cases: {anna: {twin: anna}}\nsteps:", 3, 22, "`anna`"),
        ("steps:", "cases: {anna: {}}\nsteps:", 3, 15, "`anna`"),
        ("steps:", "case: dx-knee\ncases: {anna: ct-brain}\nsteps:", 3, 1, "exclude"),
        ("fr: Un", "fr: &a Un, x: *a", 2, None, ""),
        ("send: A", "send: !!python/name:os.system A", 4, None, ""),
        ("{fr: Un", "{fr: Un}}", 2, None, ""),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, line: int, column: int | None, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(HarnessError) as wrong:
        scenario.load(written(tmp_path, GOOD.replace(old, new, 1)))
    found = wrong.value
    assert found.file == tmp_path / "one.yaml"
    assert (found.line, found.column if column else None) == (line, column)
    assert said in found.render("en")
    assert found.exit_code == 2


@pytest.mark.parametrize(("text", "line"), [("", 1), ("---\n", 2), ("# nothing\n", 1)])
def test_a_file_without_a_scenario_is_refused(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(HarnessError) as wrong:
        scenario.load(written(tmp_path, text))
    assert wrong.value.line == line


def test_the_place_is_that_of_the_document_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as wrong:
        scenario.load(written(tmp_path, GOOD + "---\n" + GOOD.replace("send", "sned")))
    assert wrong.value.line == 9


@pytest.mark.parametrize(
    ("step", "long"),
    [
        ("{send: A, ack: AE}", "{send: A, ack: {code: [AE]}}"),
        ("{send: A, ack: {code: AE, err: PID}}", "{send: A, ack: {code: [AE], err: PID}}"),
        ("{send: A, expect: {findings: X-1}}", "{send: A, expect: {findings: [X-1]}}"),
        ("{send: A}", "{send: A, ack: {code: [AA]}, within: 30, optional: false}"),
    ],
)
def test_a_short_form_stands_for_a_long_one(tmp_path: Path, step: str, long: str) -> None:
    short = load_one(tmp_path, GOOD.replace("- send: A", f"- {step}"))
    assert short == load_one(tmp_path, GOOD.replace("- send: A", f"- {long}"))


def test_several_scenarios_of_a_file_keep_their_order(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD + "---\n" + GOOD.replace("one", "two"))
    assert [found.scenario for found in scenario.load(file)] == ["one", "two"]


def names(*wanted: str) -> list[str]:
    return [found.scenario for found, _ in scenario.find(wanted, profiles.DEFAULT)]


def test_a_whole_name_finds_one() -> None:
    assert names("lb-nominal-ct-brain") == ["lb-nominal-ct-brain"]


def test_a_prefix_finds_all_that_begin_with_it() -> None:
    assert len(names("lb-neg")) > 3
    assert set(names("lb-neg")) == {name for name in names() if name.startswith("lb-neg")}


def test_a_whole_name_goes_before_a_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, GOOD + "---\n" + GOOD.replace("one", "one-more"))
    real = data.path
    monkeypatch.setattr(
        data, "path", lambda *parts: tmp_path if parts[:1] == ("scenarios",) else real(*parts)
    )
    assert names("one") == ["one"]
    assert names("on") == ["one", "one-more"]


def test_names_keep_the_order_in_which_they_were_asked() -> None:
    asked = ["lb-neg-ins-key", "lb-nominal-ct-brain"]
    assert names(*asked) == asked


def test_a_file_or_a_folder_finds_what_it_holds(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    assert names(str(file)) == names(str(tmp_path)) == ["one"]


@pytest.mark.parametrize(
    ("name", "said"), [("lb-nominal-ct-brian", "lb-nominal-ct-brain"), ("no/such.yaml", "such")]
)
def test_a_name_that_finds_nothing_is_an_error(name: str, said: str) -> None:
    with pytest.raises(HarnessError, match=said):
        names(name)


def test_scenarios_are_shipped_and_their_names_unique() -> None:
    assert len(SHIPPED) >= 9
    assert len({found.scenario for found, _ in SHIPPED}) == len(SHIPPED)


@pytest.mark.parametrize(("shipped", "file"), SHIPPED, ids=[s.scenario for s, _ in SHIPPED])
def test_a_shipped_scenario_names_what_exists(shipped: Scenario, file: Path) -> None:
    profile = profiles.load(shipped.profile)
    assert file.parent.name == shipped.profile
    chosen = [choice.case for choice in shipped.cases.values() if choice.case] or [shipped.case]
    assert set(chosen) <= set(cases.names())
    assert shipped.title.fr != shipped.title.en
    for step in shipped.steps:
        assert profile.flow(step.send).id in profile.flows
        named = (*step.expect.findings, *step.ack.findings)
        assert [name for name in named if not profile.rule(name)] == []


def problems(content: object) -> list[str]:
    checker = jsonschema.Draft202012Validator(scenario.schema())
    return [problem.message for problem in checker.iter_errors(content)]


@pytest.mark.parametrize("file", sorted({file for _, file in SHIPPED}), ids=lambda file: file.name)
def test_the_schema_accepts_every_shipped_scenario(file: Path) -> None:
    for content in yaml.safe_load_all(file.read_text(encoding="utf-8")):
        assert problems(content) == []


@pytest.mark.parametrize(
    "step",
    [
        "{send: A, ack: AE}",
        "{send: A, ack: {code: AE}}",
        "{send: A, ack: {code: [AE, AR], err: PID-3}}",
        "{send: A, expect: {findings: X-1}}",
        "{send: A, expect: {findings: [X-1], authors: 2}}",
        "{send: A, within: 2.5, optional: true, outside: false}",
        "{send: A, wrong: true, expect: {findings: X-1}}",
        "{send: A, ack: {mutate: [{remove: MSA}], findings: ACK-STRUCTURE}}",
        "{send: A, change: responsible}",
        "{send: E, document: {action: replace, change: addendum, name: second}}",
        "{send: E, document: {level: 1, charset: 8859/15, attachment: 5 MB}}",
        "{send: E, document: {level: both}}",
        "{send: B, document: {message: MDM, action: delete}}",
    ],
)
def test_the_schema_accepts_what_the_loader_accepts(tmp_path: Path, step: str) -> None:
    text = GOOD.replace("- send: A", f"- {step}")
    load_one(tmp_path, text)
    assert problems(yaml.safe_load(text)) == []


TLR = GOOD.replace("steps:", "profile: ans-tlr-2026\nsteps:")


@pytest.mark.parametrize(
    ("step", "line", "column", "said"),
    [
        ("answer: {decison: refuse}", 6, 14, "did you mean `decision`"),
        ("answer: {decision: perhaps}", 6, 24, "'accept' or 'refuse'"),
        ("answer: {protocols: 0}", 6, 25, "protocols"),
        ("answer: {form: pdf}", 6, 20, "'text' or 'encapsulated'"),
        ("reason: {word: Non}", 6, 14, "did you mean `words`"),
        ("instead: mr-brian", 6, 14, "mr-brain"),
        ("exams: 2", 6, 5, "nothing of `exams`"),
    ],
)
def test_a_mistake_in_an_answer_is_told_with_its_place(
    tmp_path: Path, step: str, line: int, column: int, said: str
) -> None:
    text = TLR.replace("send: A", f'send: "3"\n    {step}')
    with pytest.raises(HarnessError) as wrong:
        scenario.load(written(tmp_path, text))
    assert (wrong.value.line, wrong.value.column) == (line, column)
    assert said in wrong.value.render("en")


@pytest.mark.parametrize(
    "step",
    [
        '{send: "3", answer: {decision: refuse}, reason: Indisponible}',
        "{send: C, answer: {protocols: 2, form: encapsulated}, instead: mr-brain}",
        '{send: "2", reason: {code: ABSENT, words: Absent, system: L}}',
        '{send: "4", exams: 2, instead: mr-brain, charset: 8859/15}',
        "{send: E, charset: 8859/15, document: {level: 1}}",
    ],
)
def test_the_schema_accepts_what_a_step_of_the_guide_tells(tmp_path: Path, step: str) -> None:
    text = TLR.replace("- send: A", f"- {step}")
    load_one(tmp_path, text)
    assert problems(yaml.safe_load(text)) == []


def test_a_document_may_say_its_own_character_set(tmp_path: Path) -> None:
    steps = (
        "{send: E, charset: 8859/15}",
        "{send: E, charset: 8859/15, document: {charset: UTF-8}}",
        "{send: E, charset: 8859/15, document: {level: 1}}",
        "{send: E}",
    )
    found = [
        load_one(tmp_path, TLR.replace("- send: A", f"- {step}")).steps[0].form.charset
        for step in steps
    ]
    assert found == ["8859/15", "UTF-8", "8859/15", "UTF-8"]


def test_several_conversations_are_named_by_the_steps(tmp_path: Path) -> None:
    text = GOOD.replace("steps:", "cases: {anna: ct-brain, lea: {twin: anna}}\nsteps:")
    text = text.replace("send: A", "send: A\n    for: anna") + "  - {send: A, for: lea}\n"
    found = load_one(tmp_path, text)
    assert [step.of for step in found.steps] == ["anna", "lea"]
    assert [(name, c.case, c.twin) for name, c in found.cases.items()] == [
        ("anna", "ct-brain", ""),
        ("lea", "", "anna"),
    ]
    assert problems(yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    ("written", "size"), [("5 MB", 5_000_000), ("300kB", 300_000), ("1.5 MB", 1_500_000)]
)
def test_an_attachment_has_a_size_in_bytes(tmp_path: Path, written: str, size: int) -> None:
    text = GOOD.replace("send: A", f"send: E\n    document: {{attachment: {written}}}")
    assert load_one(tmp_path, text).steps[0].form.size == size


@pytest.mark.parametrize("step", ["{sned: A}", "{}", "{send: A, witin: 3}", "{send: A, within: 0}"])
def test_the_schema_refuses_what_the_loader_refuses(tmp_path: Path, step: str) -> None:
    text = GOOD.replace("- send: A", f"- {step}")
    with pytest.raises(HarnessError):
        load_one(tmp_path, text)
    assert problems(yaml.safe_load(text)) != []


def test_the_schema_file_is_the_schema_of_the_code() -> None:
    """When it fails: `telerad schema > schemas/scenario.schema.json`."""
    text = json.dumps(scenario.schema(), ensure_ascii=False, indent=2) + "\n"
    assert data.path("schemas", "scenario.schema.json").read_text(encoding="utf-8") == text


def test_a_scenario_is_deliberate_when_a_step_is_wrong_on_purpose(profile: Profile) -> None:
    found = {s.scenario: s.deliberate for s, _ in scenario.find([], profile.id)}
    assert found["lb-neg-ins-key"]
    assert not found["lb-nominal-ct-brain"]
    states = {s.scenario: s.deliberate for s, _ in scenario.find(["tlr-state"], "ans-tlr-2026")}
    assert set(states.values()) == {True}
