"""The result as JUnit XML, in the form that Jenkins and GitLab read: one case for each outcome.

`failure` is a broken MUST, `error` our own mistake or something that could not be told, `skipped`
what did not apply, was not tested, or is a known failure. Warnings pass, with their text in
`system-out`.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from lxml import etree

from harness.rules.rule import Outcome, Verdict
from harness.show.ranking import every_outcome
from harness.show.report import Report
from harness.show.saying import known_as_text
from harness.show.words import cut
from harness.sim.record import Exchange, Judged
from harness.text import Text, say

LIMIT: Final = 4000  # characters of a value
_UNSEEN: Final = re.compile(
    "[^\t\n\r\u0020-\x7e\xa0-\u061b\u061d-\u200a\u2010-\u2027\u202f-\u205f\u2070-\ud7ff"
    "\ue000-\ufefe\uff00-\ufff8\ufffc-\ufffd\U00010000-\U0010ffff]"
)


def to_junit(report: Report, lang: str = "fr") -> str:
    """The report as JUnit XML text. Control and direction characters are shown as `#x0B`."""
    cases = [*_cases(report, lang), *_not_run(report, lang), *_outdated(report, lang)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{report.seconds:.3f}",
    }
    root = etree.Element("testsuites", name="telerad", **counts)
    stamp = report.started.strftime("%Y-%m-%dT%H:%M:%S")
    suite = etree.SubElement(root, "testsuite", name=report.profile, timestamp=stamp, **counts)
    properties = etree.SubElement(suite, "properties")
    for name in ("tool", "profile", "rules_hash", "sut"):
        etree.SubElement(properties, "property", name=name, value=clean(getattr(report, name)))
    suite.extend(cases)
    etree.indent(root)
    return str(etree.tostring(root, encoding="unicode")) + "\n"


def clean(text: str) -> str:
    """Text that XML can hold: characters that are not seen as `#x0B`."""
    return _UNSEEN.sub(lambda found: f"#x{ord(found[0]):02X}", text)


def _cases(report: Report, lang: str) -> Iterator[Any]:
    for outcome, judged, exchange in every_outcome(report):
        case = _case(report, outcome, judged, exchange, lang)
        _result(case, outcome, lang)
        yield case


def _case(
    report: Report, outcome: Outcome, judged: Judged | None, exchange: Exchange | None, lang: str
) -> Any:
    flow = exchange.flow if exchange else judged.kind if judged else "-"
    owner = f"{exchange.scenario}.{exchange.number:02d}-{flow}" if exchange else judged_name(judged)
    answer = ".ack" if judged and exchange and judged is exchange.answer else ""
    return etree.Element(
        "testcase",
        classname=clean(f"{report.profile}.{owner}{answer}.{outcome.rule.group}"),
        name=clean(f"{outcome.rule.id} {outcome.rule.says.in_(lang)}"),
        file=clean(judged.file if judged else ""),
        time="0",
    )


def judged_name(judged: Judged | None) -> str:
    """The file's name as part of a class name: dots would part it."""
    return judged.file.replace(".", "_") if judged else "-"


def _result(case: Any, outcome: Outcome, lang: str) -> None:
    verdict = outcome.verdict
    if verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED):
        reason = outcome.reason.in_(lang) if outcome.reason else verdict.word
        etree.SubElement(case, "skipped", message=clean(reason))
    elif verdict < Verdict.INCONCLUSIVE and any(finding.known for finding in outcome.findings):
        told = (known_as_text(finding) for finding in outcome.findings)
        reasons = dict.fromkeys(text.in_(lang) for text in told if text)
        etree.SubElement(case, "skipped", message=clean(_known(reasons, lang)))
    elif verdict is not Verdict.PASS:
        _attention(case, outcome, lang)


def _known(reasons: Iterable[str], lang: str) -> str:
    return cut(f"{say('report.known').in_(lang)}: {'; '.join(reasons)}", lang, LIMIT)


def _attention(case: Any, outcome: Outcome, lang: str) -> None:
    text = clean("\n\n".join(_lines(outcome, lang)))
    tag = {
        Verdict.FAIL: "failure",
        Verdict.ERROR: "error",
        Verdict.INCONCLUSIVE: "error",
    }.get(outcome.verdict)
    if tag is None:
        etree.SubElement(case, "system-out").text = text
        return
    kind = "harness" if outcome.verdict is Verdict.ERROR else outcome.verdict.word
    first = outcome.findings[0].problem.actual.in_(lang) if outcome.findings else ""
    first = cut(first, lang, LIMIT)
    etree.SubElement(case, tag, message=clean(first), type=kind).text = text


def _lines(outcome: Outcome, lang: str) -> Iterator[str]:
    for finding in outcome.findings:
        problem = finding.problem
        place = problem.at.path or problem.at.xpath or "-"
        words: tuple[tuple[str, Text], ...] = (
            ("report.expected", problem.expected),
            ("report.actual", problem.actual),
        )
        told = "\n".join(
            f"{say(key).in_(lang)}: {cut(value.in_(lang), lang, LIMIT)}" for key, value in words
        )
        yield f"{place}\n{told}"
    if outcome.trace:
        yield outcome.trace


def _not_run(report: Report, lang: str) -> Iterator[Any]:
    """An exchange that did not take place is one skipped case, so that it is not overlooked."""
    for exchange in report.exchanges:
        if exchange.state == "not_run":
            name = f"{report.profile}.{exchange.scenario}.{exchange.number:02d}-{exchange.flow}"
            title = say("report.exchange", flow=exchange.flow).in_(lang)
            case = etree.Element("testcase", classname=name, name=title, time="0")
            reason = exchange.reason.in_(lang) if exchange.reason else ""
            etree.SubElement(case, "skipped", message=clean(reason))
            yield case


def _outdated(report: Report, lang: str) -> Iterator[Any]:
    """An entry of the known failures to look at again fails."""
    for one in report.outdated:
        name = f"{Path(one.file).name}:{one.line} {one.why} {one.rule} {one.place}"
        owner = f"{report.profile}.baseline"
        case = etree.Element("testcase", classname=owner, name=clean(name), time="0")
        told = clean(f"{one.file}:{one.line}: {one.says.in_(lang)}")
        etree.SubElement(case, "failure", message=told, type=one.why).text = told
        yield case
