"""What the MLLP torture suite tells: one record, and its text, JSON and JUnit forms. Pure."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lxml import etree

from harness.rules import profile as profiles
from harness.rules.rule import Level, Verdict
from harness.show.formats.junit import clean
from harness.show.saying import SIGNS
from harness.show.terminal import STYLES, Terminal
from harness.sim.torture.case import GROUPS, Attack
from harness.sim.torture.events import Found, Line, Result
from harness.sim.torture.text import shown
from harness.text import Text, plain, say

SCHEMA: Final = "telerad-mllp-1"
ROLES: Final = ("receiver", "sender")


@dataclass(frozen=True, slots=True)
class Report:
    """A run of the suite. `peer` says which system, `terms` the times, in seconds."""

    tool: str
    command: str
    started: datetime
    seconds: float
    peer: Text
    terms: dict[str, float]
    results: tuple[Result, ...]
    interrupted: bool = False

    @property
    def verdict(self) -> Verdict:
        """The worst of all; INCONCLUSIVE when nothing could be told."""
        told = [r.verdict for r in self.results if r.verdict > Verdict.NOT_TESTED]
        return max(told, default=Verdict.INCONCLUSIVE)

    @property
    def untested(self) -> int:
        """Cases of which something could not be seen: what a sender believes, without a command."""
        return sum(
            any(found.verdict is Verdict.NOT_TESTED for found in result.found)
            for result in self.results
        )


@dataclass(frozen=True, slots=True)
class Score:
    """How many of some cases were passed, of those that could be told; `untold` could not."""

    passed: int
    total: int
    untold: int
    worst: Verdict


def score(results: list[Result], part: str = "verdict") -> Score:
    """The score of some results by their `behaviour`, `aftermath` or `verdict`."""
    found = Counter(getattr(result, part) for result in results)
    untold = found[Verdict.INCONCLUSIVE] + found[Verdict.NOT_TESTED]
    worst = max(found, default=Verdict.NOT_TESTED)
    return Score(found[Verdict.PASS], len(results) - untold, untold, worst)


def by_group(report: Report) -> Iterator[tuple[str, str, list[Result]]]:
    """Role, group and results, in the order of the suite; none is empty."""
    for role in ROLES:
        for group in GROUPS:
            found = [r for r in report.results if (r.attack.tests, r.attack.group) == (role, group)]
            if found:
                yield role, group, found


def score_lines(report: Report) -> Iterator[Text]:
    """One line for each role and level."""
    for role in ROLES:
        for level in Level:
            found = [r for r in report.results if (r.attack.tests, r.attack.level) == (role, level)]
            if found:
                counted = score(found)
                yield say(
                    "mllp.score",
                    role=say(f"mllp.role.{role}"),
                    level=level.value,
                    passed=counted.passed,
                    total=counted.total,
                    untold=counted.untold,
                )


def source(attack: Attack) -> Text:
    """Where the requirement of a case comes from."""
    title = profiles.documents()[attack.source.document]
    return Text(f"{title.fr}, {attack.source.section}", f"{title.en}, {attack.source.section}")


def reasons(result: Result) -> list[Found]:
    """The expectations that were not met, or could not be told."""
    return [found for found in result.found if found.verdict is not Verdict.PASS]


def line_text(line: Line) -> Text:
    """One line of a transcript, in words."""
    if line.what:
        return line.what
    more = line.size - len(line.head) - len(line.tail)
    between = say("mllp.more", count=more) if more > 0 else plain("")
    packets = say("mllp.packets", count=line.count) if line.count > 1 else plain("")
    head, tail = shown(line.head), shown(line.tail)
    return Text(f"{head}{between.fr}{tail}{packets.fr}", f"{head}{between.en}{tail}{packets.en}")


# -- terminal -------------------------------------------------------------------------------


def tell(terminal: Terminal, result: Result) -> None:
    """A case that has just been tried."""
    attack = result.attack
    parts = [
        (f"{SIGNS[verdict]} ", STYLES[verdict]) for verdict in (result.behaviour, result.aftermath)
    ]
    title = attack.title.text.in_(terminal.lang)
    terminal.line("  ", *parts, (attack.id, "bold"), f"  {title}  ", (attack.level.value, "dim"))
    for found in reasons(result):
        if found.verdict is Verdict.NOT_TESTED:
            continue
        phase = terminal.tr(f"mllp.phase.{found.phase}")
        terminal.line(
            (f"       {phase} · {terminal.tr('report.expected')} ", "dim"),
            _in(terminal, found.expected),
        )
        terminal.line(
            (f"       {phase} · {terminal.tr('report.actual')} ", "dim"),
            _in(terminal, found.actual),
        )


def _in(terminal: Terminal, text: Text) -> str:
    return text.in_(terminal.lang)


def summary(terminal: Terminal, report: Report) -> None:
    """The matrix and the verdict."""
    terminal.title(terminal.tr("mllp.matrix"))
    width = max(len(terminal.tr(f"mllp.group.{group}")) for group in GROUPS)
    for role, group, results in by_group(report):
        cells = [_cell(terminal, part, score(results, part)) for part in ("behaviour", "aftermath")]
        name = terminal.tr(f"mllp.group.{group}")
        head = f"  {terminal.tr(f'mllp.role.{role}'):<12} {name:<{width}}  "
        terminal.line(head, *(part for cell in cells for part in cell))
    terminal.line("")
    head = terminal.tr(f"mllp.head.{report.verdict.word}")
    terminal.line((f"{SIGNS[report.verdict]} {head}", STYLES[report.verdict]))
    for line in score_lines(report):
        terminal.line(f"  {_in(terminal, line)}")
    if report.untested:
        terminal.line((f"  {terminal.tr('mllp.untested', count=report.untested)}", "yellow"))
    if report.interrupted:
        terminal.line((terminal.tr("term.interrupted"), "yellow"))


def _cell(terminal: Terminal, part: str, found: Score) -> list[tuple[str, str] | str]:
    word = terminal.tr(f"mllp.phase.{part}")
    told = f"{found.passed}/{found.total}"
    return [f"{word} ", (f"{SIGNS[found.worst]} {told:<8}", STYLES[found.worst])]


def listing(terminal: Terminal, attacks: tuple[Attack, ...]) -> None:
    """Cases with one line each."""
    for attack in attacks:
        group = terminal.tr(f"mllp.group.{attack.group}")
        title = attack.title.text.in_(terminal.lang)
        terminal.line((attack.id, "bold"), f"  {attack.level.value:<6}  {group:<16}  {title}")
    terminal.line((terminal.tr("mllp.count", count=len(attacks)), "dim"))


# -- JSON -----------------------------------------------------------------------------------


def to_json(report: Report) -> str:
    """The report as `schemas/mllp-result.schema.json` says."""
    content = {
        "schema": SCHEMA,
        "tool": report.tool,
        "command": report.command,
        "started": report.started.isoformat(),
        "seconds": round(report.seconds, 3),
        "peer": report.peer.as_dict(),
        "terms": report.terms,
        "interrupted": report.interrupted,
        "verdict": report.verdict.word,
        "cases": [_case_dict(result) for result in report.results],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def attack_dict(attack: Attack) -> dict[str, Any]:
    """What a case is, without its steps."""
    return {
        "id": attack.id,
        "tests": attack.tests,
        "group": attack.group,
        "level": attack.level.value,
        "title": attack.title.text.as_dict(),
        "says": attack.says.text.as_dict(),
        "incident": attack.incident.text.as_dict(),
        "seen": list(attack.seen),
        "source": {"document": attack.source.document, "section": attack.source.section},
    }


def _case_dict(result: Result) -> dict[str, Any]:
    return {
        **attack_dict(result.attack),
        "behaviour": result.behaviour.word,
        "aftermath": result.aftermath.word,
        "verdict": result.verdict.word,
        "seconds": round(result.seconds, 3),
        "expectations": [
            {
                "phase": found.phase,
                "level": found.level.value,
                "verdict": found.verdict.word,
                "expected": found.expected.as_dict(),
                "actual": found.actual.as_dict(),
            }
            for found in result.found
        ],
        "lines": [
            {
                "at": round(line.at, 4),
                "connection": line.connection,
                "way": line.way,
                "size": line.size,
                "packets": line.count,
                "text": line_text(line).as_dict(),
            }
            for line in result.lines
        ],
    }


def listing_json(attacks: tuple[Attack, ...]) -> str:
    """Cases as a JSON list."""
    return json.dumps([attack_dict(a) for a in attacks], ensure_ascii=False, indent=1) + "\n"


# -- JUnit ----------------------------------------------------------------------------------


def to_junit(report: Report, lang: str) -> str:
    """One test case for each case; a warning passes, what could not be told is an error."""
    cases = [_junit_case(result, lang) for result in report.results]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{report.seconds:.3f}",
    }
    root = etree.Element("testsuites", name="telerad", **counts)
    stamp = report.started.strftime("%Y-%m-%dT%H:%M:%S")
    suite = etree.SubElement(root, "testsuite", name="mllp", timestamp=stamp, **counts)
    properties = etree.SubElement(suite, "properties")
    for name, value in (("tool", report.tool), ("sut", report.peer.in_(lang))):
        etree.SubElement(properties, "property", name=name, value=clean(value))
    suite.extend(cases)
    etree.indent(root)
    return str(etree.tostring(root, encoding="unicode")) + "\n"


def _junit_case(result: Result, lang: str) -> Any:
    attack = result.attack
    case = etree.Element(
        "testcase",
        classname=f"mllp.{attack.tests}.{attack.group}",
        name=clean(f"{attack.id} {attack.title.text.in_(lang)}"),
        file="",
        time=f"{result.seconds:.3f}",
    )
    told = "\n".join(_junit_lines(result, lang))
    tag = {Verdict.FAIL: "failure", Verdict.INCONCLUSIVE: "error", Verdict.ERROR: "error"}.get(
        result.verdict
    )
    if result.verdict is Verdict.NOT_TESTED:
        etree.SubElement(case, "skipped", message=clean(told))
    elif tag:
        kind = result.verdict.word
        first = reasons(result)[0].actual.in_(lang) if reasons(result) else ""
        etree.SubElement(case, tag, message=clean(first), type=kind).text = clean(told)
    elif told:
        etree.SubElement(case, "system-out").text = clean(told)
    return case


def _junit_lines(result: Result, lang: str) -> Iterator[str]:
    for found in reasons(result):
        phase = say(f"mllp.phase.{found.phase}").in_(lang)
        for key, text in (("report.expected", found.expected), ("report.actual", found.actual)):
            yield f"{phase} · {say(key).in_(lang)}: {text.in_(lang)}"
