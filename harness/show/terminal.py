"""What the terminal shows: a live ladder, then the verdict, then what to fix first.

Received text never reaches the terminal raw: control characters are shown as codes.
"""

from collections import Counter
from typing import Final

from rich.console import Console
from rich.text import Text as Styled

from harness.rules.rule import Level, Verdict
from harness.show.excerpt import Excerpt, excerpt
from harness.show.ranking import Placed, every_outcome, findings_in_order
from harness.show.report import Report
from harness.show.words import source
from harness.sim.record import Exchange
from harness.text import Text, say

STYLES: Final = {
    Verdict.PASS: "green",
    Verdict.WARNING: "yellow",
    Verdict.CONTESTED: "magenta",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold white on red",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.NOT_TESTED: "dim",
}
SIGNS: Final = {
    Verdict.PASS: "✓",
    Verdict.WARNING: "!",
    Verdict.CONTESTED: "?",
    Verdict.INCONCLUSIVE: "?",
    Verdict.FAIL: "✗",
    Verdict.ERROR: "‼",
    Verdict.NOT_APPLICABLE: "·",
    Verdict.NOT_TESTED: "·",
}
SHOWN: Final = 12


class Terminal:
    """Writes to a console in one language."""

    def __init__(self, lang: str, console: Console | None = None) -> None:
        self.lang = lang
        self.console = console or Console(highlight=False, soft_wrap=True)

    def line(self, *parts: tuple[str, str] | str) -> None:
        """One line of plain or (text, style) parts. Nothing is read as markup."""
        self.console.print(Styled.assemble(*parts))

    def tr(self, key: str, /, **values: str | int | float | Text) -> str:
        """A text of the catalogue in this terminal's language."""
        return say(key, **values).in_(self.lang)

    # -- live -------------------------------------------------------------------------------

    def title(self, text: str) -> None:
        """A heading."""
        self.line("")
        self.line((text, "bold"))

    def step(self, exchange: Exchange) -> None:
        """One rung of the ladder: who said what to whom, and the answer."""
        verdict = exchange.verdict
        arrow = "──▶" if exchange.sender == "ris" else "◀──"
        left, right = self.tr("role.ris"), self.tr("role.platform")
        style = STYLES[verdict]
        head = f"  {exchange.number:>3}  {left} {arrow} {right}   {exchange.flow:<4}"
        if exchange.state == "not_run":
            reason = exchange.reason.in_(self.lang) if exchange.reason else ""
            self.line((f"{head}{self.tr('term.not_run', reason=reason)}", "dim"))
            return
        self.line(
            head, (f"{SIGNS[verdict]} ", style), self._message(exchange), *self._ack(exchange)
        )

    def _message(self, exchange: Exchange) -> str:
        message = exchange.request.message if exchange.request else None
        kind = "^".join(message.first("MSH-9").split("^")[:2]) if message else "-"
        return f"{_visible(kind):<9}"

    def _ack(self, exchange: Exchange) -> list[tuple[str, str] | str]:
        answer = exchange.answer.message if exchange.answer else None
        if answer is None:
            return [(f"  {self.tr('term.no_ack')}", "red")]
        code = _visible(answer.first("MSA-1") or "-")
        took = f"{exchange.seconds * 1000:7.1f} ms" if exchange.seconds is not None else ""
        parts: list[tuple[str, str] | str] = [f"  ACK {code:<3}", (took, "dim")]
        if exchange.verdict is not Verdict.PASS:
            word = self.tr(f"verdict.{exchange.verdict.word}")
            parts.append((f"  {word}", STYLES[exchange.verdict]))
        request = exchange.request
        if request and request.deliberate:
            count = sum(len(outcome.findings) for outcome in request.outcomes)
            parts.append((f"  {self.tr('term.deliberate', count=count)}", "dim"))
        return parts

    # -- afterwards -------------------------------------------------------------------------

    def summary(self, report: Report) -> None:
        """Verdict, score, and the findings with the first to fix in full, failures last."""
        findings = findings_in_order(report)
        warnings = [p for p in findings if p.finding.verdict < Verdict.INCONCLUSIVE]
        worse = [p for p in findings if p.finding.verdict >= Verdict.INCONCLUSIVE]
        if warnings:
            self.title(f"{self.tr('term.warnings')} ({len(warnings)})")
            for placed in warnings[:SHOWN]:
                self.finding(placed, brief=not report.files)
            self._more(len(warnings) - SHOWN)
        self._worse(worse)
        self._verdict(report)

    def _worse(self, worse: list[Placed]) -> None:
        if not worse:
            return
        self.title(self.tr("term.fix_first"))
        self.finding(worse[0])
        if len(worse) > 1:
            self.title(f"{self.tr('term.then')} ({len(worse) - 1})")
            for placed in worse[1:SHOWN]:
                self.finding(placed)
            self._more(len(worse) - SHOWN)

    def _more(self, count: int) -> None:
        if count > 0:
            self.line((f"  … {self.tr('term.more', count=count)}", "dim"))

    def _verdict(self, report: Report) -> None:
        verdict = report.verdict
        self.line("")
        title = report.profile_title.in_(self.lang)
        head = self.tr(f"head.{verdict.word}")
        self.line((f"{SIGNS[verdict]} {head}", STYLES[verdict]), f" — {title} ({report.profile})")
        for score in score_lines(report):
            self.line("  ", score.in_(self.lang))
        if report.interrupted:
            self.line((self.tr("term.interrupted"), "yellow"))

    def finding(self, placed: Placed, *, brief: bool = False) -> None:
        """One finding, as the design shows it."""
        finding = placed.finding
        rule, problem = finding.rule, finding.problem
        style = STYLES[finding.verdict]
        self.line(
            (f"{SIGNS[finding.verdict]} {rule.id}", style),
            f"  {rule.says.in_(self.lang)}",
            (f"   {rule.level.value}", "dim"),
        )
        where = self._where(placed)
        self.line(("   ─▸ ", "dim"), where)
        if brief:
            self._pairs(placed, ("report.actual",))
            return
        found = excerpt(placed.judged, finding) if placed.judged else None
        if found:
            self._excerpt(found, style)
        self._pairs(placed, ("report.source", "report.expected", "report.actual", "report.advice"))
        if problem.at.xpath is None and rule.origin:
            self.line((f"   {'':<9} telerad explain {rule.id}", "dim"))

    def _where(self, placed: Placed) -> str:
        at = placed.finding.problem.at
        file = placed.file
        found = excerpt(placed.judged, placed.finding) if placed.judged else None
        column = f":{found.column}" if found else ""
        line = f":{at.line}{column}" if at.line else ""
        flow = self.tr("report.exchange", flow=placed.flow) if placed.exchange else ""
        parts = [f"{file}{line}" if file else flow, at.path or at.xpath or ""]
        return "   ".join(_visible(part) for part in parts if part)

    def _excerpt(self, found: Excerpt, style: str) -> None:
        before = ("…" if found.cut_before else "") + found.before
        after = found.after + ("…" if found.cut_after else "")
        gutter = f"   {found.line:>3} │ "
        self.line((gutter, "dim"), before, (found.marked, style), (after, "dim"))
        marks = "^" * max(1, len(found.marked))
        self.line((f"   {'':>3} │ ", "dim"), " " * len(before), (marks, style))

    def _pairs(self, placed: Placed, keys: tuple[str, ...]) -> None:
        rule, problem = placed.finding.rule, placed.finding.problem
        values = {
            "report.source": source(rule),
            "report.expected": problem.expected,
            "report.actual": problem.actual,
            "report.advice": problem.advice or rule.mistake,
        }
        for key in keys:
            value = values[key]
            if value:
                self.line((f"   {self.tr(key):<9} ", "dim"), _visible(value.in_(self.lang)))


def score_lines(report: Report) -> list[Text]:
    """One line for each level: how many rules were kept of those that could be judged."""
    found: dict[Level, Counter[Verdict]] = {}
    for outcome, _, _ in every_outcome(report):
        found.setdefault(outcome.rule.level, Counter())[outcome.verdict] += 1
    lines = []
    for level in Level:
        counts = found.get(level)
        if not counts:
            continue
        aside = counts[Verdict.NOT_APPLICABLE], counts[Verdict.NOT_TESTED]
        total = sum(counts.values()) - sum(aside)
        if not total:
            continue
        kept = counts[Verdict.PASS] + counts[Verdict.CONTESTED]
        score = say("term.score", level=level.value, passed=kept, total=total)
        also = say("term.also", na=aside[0], nt=aside[1])
        lines.append(Text(f"{score.fr} ({also.fr})", f"{score.en} ({also.en})"))
    return lines


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
