"""What the terminal shows: a live ladder, then the verdict, then what to fix first.

Received text never reaches the terminal raw: control characters are shown as codes.
"""

from collections import Counter
from os import sep
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text as Styled

from harness.rules.rule import Level, Verdict
from harness.show.excerpt import Excerpt, excerpt
from harness.show.ranking import (
    Cause,
    Placed,
    blamed,
    causes,
    every_outcome,
    findings_in_order,
)
from harness.show.report import Report, UsedBaseline
from harness.show.saying import SIGNS, counts, known_as_text, says_the_same, source
from harness.show.words import visible
from harness.sim.record import Exchange
from harness.text import Text, plain, say

if TYPE_CHECKING:
    from harness.show.fixing import Fix

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
SHOWN: Final = 12
NAMED: Final = 3
_STEP: Final = frozenset({"STEP"})  # a rule about the exchange itself
MARGIN: Final = 9  # of the line number and its bar, before an excerpt


class Terminal:
    """Writes to a console in one language."""

    def __init__(self, lang: str, console: Console | None = None) -> None:
        self.lang = lang
        self.console = console or Console(highlight=False, soft_wrap=True)

    def line(self, *parts: tuple[str, str] | str) -> None:
        """One line of plain or (text, style) parts. Nothing is read as markup, nothing acts."""
        shown = [
            visible(part) if isinstance(part, str) else (visible(part[0]), part[1])
            for part in parts
        ]
        self.console.print(Styled.assemble(*shown))

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
        if exchange.conversation:
            head += f"{visible(exchange.conversation):<8} "
        if exchange.state == "not_run":
            reason = exchange.reason.in_(self.lang) if exchange.reason else ""
            self._hanging((head, "dim"), self.tr("term.not_run", reason=reason), "dim")
            return
        self.line(
            head,
            (f"{SIGNS[verdict]} ", style),
            f"{visible(exchange.what or '-'):<10}",
            *self._ack(exchange),
        )

    def _ack(self, exchange: Exchange) -> list[tuple[str, str] | str]:
        answer = exchange.answer.message if exchange.answer else None
        if answer is None:
            key = "term.no_ack" if exchange.request else "run.nothing"
            return [(f"  {self.tr(key)}", "red")]
        code = visible(answer.first("MSA-1") or "-")
        took = f"{exchange.seconds * 1000:7.1f} ms" if exchange.seconds is not None else ""
        parts: list[tuple[str, str] | str] = [f"  ACK {code:<3}", (took, "dim")]
        if exchange.verdict is not Verdict.PASS:
            word = self.tr(f"verdict.{exchange.verdict.word}")
            parts.append((f"  {word}", STYLES[exchange.verdict]))
        request = exchange.request
        if request and request.deliberate:
            key = "term.follows" if request.follows else "term.deliberate"
            parts.append((f"  {self.tr(key)}", "dim"))
        return parts

    # -- afterwards -------------------------------------------------------------------------

    def summary(self, report: Report) -> None:
        """Verdict, score, and the findings with the first to fix in full, failures last."""
        every = findings_in_order(report)
        findings = [placed for placed in every if not placed.finding.known]
        warnings = causes(p for p in findings if p.finding.verdict < Verdict.INCONCLUSIVE)
        worse = causes(p for p in findings if p.finding.verdict >= Verdict.INCONCLUSIVE)
        self._known(causes(placed for placed in every if placed.finding.known))
        if warnings:
            head = f"{self.tr('term.warnings')} ({len(warnings)})"
            self.title(self._led_by(head, warnings[0].first))
            for cause in warnings[:SHOWN]:
                self.finding(cause.first, brief=True)
                self._others(cause)
            self._more(len(warnings) - SHOWN)
        self._worse(report, worse)
        self._verdict(report)

    def _known(self, known: list[Cause]) -> None:
        if not known:
            return
        self.title(f"{self.tr('term.known')} ({len(known)})")
        for cause in known[:SHOWN]:
            self.finding(cause.first, brief=True)
            self._others(cause)
        self._more(len(known) - SHOWN)

    def _outdated(self, used: UsedBaseline) -> None:
        """The entries of the known failures to look at again, each with its line."""
        for one in used.outdated:
            self._hanging((f"{one.file}:{one.line}: ", "yellow"), one.says.in_(self.lang))

    def _worse(self, report: Report, worse: list[Cause]) -> None:
        if not worse:
            return
        first = worse[0].first
        self.title(self._led_by(self.tr(f"term.first.{first.finding.verdict.word}"), first))
        self.finding(first)
        if found := self._fix_of(report, first):
            self.fix(found)
        self._others(worse[0])
        self.line((f"   {'':<9} telerad explain {first.finding.rule.id}", "dim"))
        if len(worse) > 1:
            self.title(f"{self.tr('term.then')} ({len(worse) - 1})")
            for cause in worse[1:SHOWN]:
                self.finding(cause.first)
                self._others(cause)
            self._more(len(worse) - SHOWN)

    def _led_by(self, head: str, placed: Placed) -> str:
        """A heading that names the message to look at: whose fault it is, before which."""
        return self.tr("term.led_by", head=head, culprit=culprit(placed))

    def _fix_of(self, report: Report, placed: Placed) -> "Fix | None":
        from harness.show.fixing import fixes_of  # generators are slow to import

        return fixes_of(report).of(placed)

    def _others(self, cause: Cause) -> None:
        """Where else the same rule is broken."""
        if not cause.others:
            return
        folder = Path(cause.first.file).parent
        places = [
            self._place(placed).removeprefix(f"{folder}{sep}" if placed.file != "" else "")
            for placed in cause.others[:NAMED]
        ]
        if len(cause.others) > NAMED:
            places.append(self.tr("term.others", count=len(cause.others) - NAMED))
        self._hanging((f"   {self.tr('term.also_at'):<9} ", "dim"), ", ".join(places), "dim")

    def _more(self, count: int) -> None:
        if count > 0:
            self.line((f"  … {self.tr('term.more', count=count)}", "dim"))

    def _verdict(self, report: Report) -> None:
        verdict = report.verdict
        self.line("")
        title = report.profile_title.in_(self.lang)
        head = self.tr(f"head.{verdict.word}")
        told = f" — {title} ({report.profile})"
        self._hanging((f"{SIGNS[verdict]} {head}", STYLES[verdict]), told, indent=2)
        for score in score_lines(report):
            self._hanging(("  ", ""), score.in_(self.lang), indent=4)
        if report.baseline:
            self._outdated(report.baseline)
        if report.interrupted:
            self.line((self.tr("term.interrupted"), "yellow"))
        if report.unsynced:
            self.line((self.tr("term.unsynced"), "yellow"))
        if report.left_out:
            self.line((self.tr("term.left_out", count=sum(report.left_out.values())), "yellow"))

    def finding(self, placed: Placed, *, brief: bool = False) -> None:
        """One finding, as the design shows it."""
        finding = placed.finding
        rule, problem = finding.rule, finding.problem
        style = STYLES[finding.verdict]
        says = f"{rule.says.in_(self.lang)}   {rule.level.value}"
        self._hanging((f"{SIGNS[finding.verdict]} {rule.id}  ", style), says, indent=3)
        at = problem.at.path or problem.at.xpath or ""
        self._hanging(("   ─▸ ", "dim"), "   ".join(filter(None, (self._place(placed), at))))
        if brief:
            disputed = finding.verdict is Verdict.CONTESTED  # both readings are told
            told = [*(["report.advice"] if disputed else []), "report.known"]
            self._pairs(placed, ("report.expected", "report.actual", *told))
            return
        width = min(max(self.console.width, 60), 160) - MARGIN
        found = excerpt(placed.judged, finding, width) if placed.judged else None
        if found:
            self._excerpt(found, style)
        self._pairs(placed, ("report.source", "report.expected", "report.actual", "report.advice"))

    def fix(self, found: "Fix") -> None:
        """The lines that a fix changes, and what came of it."""
        width = min(max(self.console.width, 60), 160) - MARGIN
        self.line((f"   {self.tr('fix.label'):<9} ", "dim"), found.origin.in_(self.lang))
        for sign, style, lines in (("-", "red", found.before), ("+", "green", found.after)):
            for marked in lines:
                part = marked.fit(width)
                self.line((f"   {sign} ", style), part.before, (part.marked, style), part.after)
        self._hanging(("   ", ""), found.told.in_(self.lang), "dim", indent=3)

    def _place(self, placed: Placed) -> str:
        """`file:line:column`; a document inside a message counts its own lines."""
        at, judged = placed.finding.problem.at, placed.judged
        found = excerpt(judged, placed.finding) if judged else None
        column = f":{found.column}" if found else ""
        line = f":{at.line}{column}" if at.line else ""
        flow = self.tr("report.exchange", flow=placed.flow) if placed.exchange else ""
        inside = at.xpath is not None and judged and judged.message and not judged.document_file
        return f"{placed.file or flow}{' › CDA' if inside else ''}{line}"

    def _hanging(
        self, head: tuple[str, str], text: str, style: str = "", indent: int | None = None
    ) -> None:
        """A head and a text, made visible; on a terminal its next lines begin under the text."""
        text = visible(text)
        width, under = self.console.width, len(head[0]) if indent is None else indent
        if not self.console.is_terminal or len(head[0]) + len(text) <= width:
            self.line(head, (text, style))
            return
        lines = wrap(
            f"{'.' * len(head[0])}{text}",
            width=max(width, 40),
            subsequent_indent=" " * under,
            break_long_words=False,
            break_on_hyphens=False,
        )
        self.line(head, (lines[0][len(head[0]) :], style))
        for line in lines[1:]:
            self.line((line, style))

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
            "report.expected": None if says_the_same(placed.finding) else problem.expected,
            "report.actual": problem.actual,
            "report.advice": problem.advice or rule.mistake,
            "report.known": known_as_text(placed.finding),
        }
        counted = counts(placed.finding)
        for key in keys:
            value = values[key]
            if value:
                label = self.tr("report.counted" if key == "report.actual" and counted else key)
                self._hanging((f"   {label:<9} ", "dim"), value.in_(self.lang))


def culprit(placed: Placed) -> Text:
    """The message that a finding is about, and who sent it; the file where nobody did.

    What is wrong with the exchange itself is told with the role at fault.
    """
    exchange, by = placed.exchange, blamed(placed)
    if exchange is None:
        return plain(placed.file or "-")
    if not by:
        return say("term.culprit.exchange", flow=exchange.flow)
    role = say(f"term.by.{by}")
    if placed.finding.rule.kinds == _STEP:
        return say("term.culprit.fault", flow=exchange.flow, role=role)
    if placed.judged is exchange.answer:
        return say("term.culprit.answer", flow=exchange.flow, role=role)
    return say("term.culprit.message", flow=exchange.flow, role=role)


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
        label = say(f"page.{level.value}")
        score = say("term.score", level=label, passed=kept, total=total)
        also = say("term.also", na=aside[0], nt=aside[1])
        lines.append(Text(f"{score.fr} ({also.fr})", f"{score.en} ({also.en})"))
    if report.truth:
        lines.append(report.truth.text)
    if report.absent_flows:
        lines.append(say("term.absent", flows=", ".join(report.absent_flows)))
    return lines
