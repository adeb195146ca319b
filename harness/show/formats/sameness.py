"""What makes a finding of one run the same as one of another: the rule and the place, no value.

The place is the n-th message of a flow in its scenario and conversation (its answer, or the step
itself), or a file, and the path or XPath in it. Conversations count in the order they appear.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable

from harness.show.ranking import Placed
from harness.show.report import Exchange, Report


def fingerprints(report: Report, findings: Iterable[Placed]) -> list[str]:
    """A hexadecimal print of each finding. Twice the same rule at the same place gives two."""
    names = _names(report)
    met: Counter[tuple[str, ...]] = Counter()
    prints = []
    for placed in findings:
        at, key = placed.finding.problem.at, _where(placed, names)
        key = (placed.finding.rule.id, *key, at.path, at.xpath or "")
        met[key] += 1
        whole = "\0".join((*key, str(met[key])))
        prints.append(hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return prints


def _where(placed: Placed, names: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
    exchange, judged = placed.exchange, placed.judged
    if exchange is None:
        return ("file", judged.file.replace("\\", "/") if judged else "")
    part = "step" if judged is None else "answer" if judged is exchange.answer else "message"
    return (*names[exchange.number], part)


def _names(report: Report) -> dict[int, tuple[str, ...]]:
    """The name of each exchange by its number: scenario, conversation, flow, which of them."""
    talks: dict[tuple[str, str], int] = {}
    count: Counter[tuple[str, ...]] = Counter()
    found: dict[int, tuple[str, ...]] = {}
    for exchange in report.exchanges:
        name = (exchange.scenario, str(_talk(exchange, talks)), exchange.flow)
        count[name] += 1
        found[exchange.number] = (*name, str(count[name]))
    return found


def _talk(exchange: Exchange, talks: dict[tuple[str, str], int]) -> int:
    key = (exchange.scenario, exchange.conversation)
    return talks.setdefault(key, sum(name == exchange.scenario for name, _ in talks) + 1)
