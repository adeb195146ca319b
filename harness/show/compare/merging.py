"""Several runs as one report: exchanges numbered through, each run told with what it was worth.

Every run keeps its name, the role it tested and the verdict of each of its scenarios: the matrix of
systems and scenarios.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from harness.show.report import Concordance, Exchange, Judged, Part, Report
from harness.text import Text

_NUMBER: Final = re.compile(r"(messages|documents)/\d+-")


def merge(runs: Sequence[tuple[str, Report]], command: str) -> Report:
    """One report of several, each with its name. All are of one profile; there is at least one."""
    shifted: list[Report] = []
    parts: list[Part] = []
    after = 0
    for name, report in runs:
        moved = _moved(report, after)
        shifted.append(moved)
        parts += moved.runs or (_part(name, moved),)
        after = max((x.number for x in moved.exchanges), default=after)
    first = shifted[0]
    roles = {report.sut for report in shifted}
    return replace(
        first,
        command=command,
        started=min(report.started for report in shifted),
        seconds=sum(report.seconds for report in shifted),
        exchanges=tuple(x for report in shifted for x in report.exchanges),
        concordance=tuple(c for report in shifted for c in report.concordance),
        sut=first.sut if len(roles) == 1 else "both",
        seed=first.seed if len({report.seed for report in shifted}) == 1 else None,
        scenario_titles=_titles(shifted),
        interrupted=any(report.interrupted for report in shifted),
        unsynced=any(report.unsynced for report in shifted),
        folder=None,
        runs=tuple(parts),
    )


def _part(name: str, report: Report) -> Part:
    return Part(
        name=name,
        sut=report.sut,
        seed=report.seed,
        started=report.started,
        seconds=report.seconds,
        interrupted=report.interrupted,
        numbers=tuple(exchange.number for exchange in report.exchanges),
    )


def _titles(reports: Iterable[Report]) -> tuple[tuple[str, Text], ...]:
    return tuple(dict(pair for report in reports for pair in report.scenario_titles).items())


# -- the numbers of a run, moved behind those of the runs before ------------------------------


def _moved(report: Report, by: int) -> Report:
    """The same run whose numbers, and the names of its files, begin after `by`."""
    runs = (replace(p, numbers=tuple(n + by for n in p.numbers)) for p in report.runs)
    return replace(
        report,
        exchanges=tuple(_exchange(exchange, by) for exchange in report.exchanges),
        concordance=tuple(_concordance(one, by) for one in report.concordance),
        runs=tuple(runs),
    )


def _exchange(exchange: Exchange, by: int) -> Exchange:
    number = exchange.number + by
    return replace(
        exchange,
        number=number,
        play=exchange.play + by,
        request=_judged(exchange.request, number),
        answer=_judged(exchange.answer, number),
    )


def _judged(judged: Judged | None, number: int) -> Judged | None:
    if judged is None:
        return None
    file, document = (_renamed(name, number) for name in (judged.file, judged.document_file))
    return replace(judged, file=file, document_file=document)


def _renamed(name: str, number: int) -> str:
    return _NUMBER.sub(rf"\g<1>/{number:04d}-", name, count=1)


def _concordance(one: Concordance, by: int) -> Concordance:
    return replace(one, exchanges=tuple(number + by for number in one.exchanges))
