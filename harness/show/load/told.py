"""What the terminal says of a load: one line while it goes on, then the figures and the verdict."""

from collections.abc import Iterator

from harness.show.load.record import Report, rows_of
from harness.show.saying import SIGNS
from harness.show.terminal import STYLES, Terminal
from harness.show.words import shortened, visible
from harness.sim.load.sifting import Group
from harness.sim.network.load import Load
from harness.text import Text, say

EVERY = 10.0  # seconds between two lines where nothing can be written over
SHOWN = 12  # findings


class Live:
    """One line, written over where that is possible."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._shown = 0
        self._last = -EVERY

    def told(self, load: Load) -> None:
        """How it goes."""
        text = self._text(load)
        if self.terminal.console.is_terminal:
            width = max(self.terminal.console.width - 1, 20)
            shown = visible(text)[:width]
            blank = " " * max(0, self._shown - len(shown))
            self.terminal.console.print(f"{shown}{blank}", end="\r", style="dim", markup=False)
            self._shown = len(shown)
        elif load.seconds - self._last >= EVERY and not load.judging:
            self._last = load.seconds
            self.terminal.line((f"  {text}", "dim"))

    def over(self) -> None:
        """The line is cleared."""
        if self._shown:
            self.terminal.console.print(" " * self._shown, end="\r")

    def _text(self, load: Load) -> str:
        if load.judging:
            return self.terminal.tr("load.live.judging", unjudged=load.unjudged)
        traffic = load.traffic
        acks = [row.p99 for row in rows_of(traffic.figures.total.times) if row.is_ack]
        return self.terminal.tr(
            "load.live",
            at=f"{load.seconds:.0f}",
            begun=traffic.begun,
            over=traffic.finished,
            under=traffic.under_way,
            ninety_nine=f"{max(acks, default=0):.1f}",
            problems=traffic.anomalies.counts.total(),
            unjudged=load.unjudged,
        )


def asked(report: Report) -> Text:
    """What the user wanted."""
    wanted = report.asked
    found = say(
        "load.asked",
        rate=f"{wanted['rate']:g}",
        seconds=f"{wanted['seconds']:g}",
        connections=f"{wanted['connections']:g}",
        documents=f"{wanted['documents'] * 100:g}",
    )
    if not wanted["ramp"]:
        return found
    ramp = say("load.ramp", seconds=f"{wanted['ramp']:g}")
    return Text(f"{found.fr}, {ramp.fr}", f"{found.en}, {ramp.en}")


def tiles(report: Report) -> Iterator[Text]:
    """The figures that come first."""
    yield say("load.tile.exams", over=report.finished, begun=report.begun, planned=report.planned)
    rate = report.messages / report.seconds if report.seconds else 0.0
    yield say("load.tile.rate", exams=f"{report.rate:.1f}", messages=f"{rate:.1f}")
    yield say("load.tile.judged", count=report.judged)
    if report.unjudged:
        yield say("load.tile.unjudged", count=report.unjudged)
    total = sum(trouble.count for trouble in report.troubles)
    yield say("load.tile.anomalies", count=total) if total else say("load.tile.none")


def notes(report: Report) -> Iterator[Text]:
    """What the figures do not say by themselves."""
    if report.behind:
        yield say("load.behind", late=report.late, starved=report.starved, held=report.held_back)
    if not report.heard:
        yield say("load.unheard")
    if report.own_mistakes:
        yield say("load.own", count=report.own_mistakes)


def summary(terminal: Terminal, report: Report) -> None:
    """Times, what went wrong, what the rules say, the verdict."""
    lang = terminal.lang
    terminal.title(terminal.tr("load.times"))
    width = max((len(row.title.in_(lang)) for row in report.rows), default=10)
    head = (terminal.tr("load.count"), "p50", "p95", "p99", terminal.tr("load.max"))
    terminal.line((f"  {'':<{width}} " + "".join(f"{word:>11}" for word in head), "dim"))
    for row in report.rows:
        figures = "".join(f"{ms:>11.1f}" for ms in (row.p50, row.p95, row.p99, row.highest))
        terminal.line(f"  {row.title.in_(lang):<{width}} {row.count:>11}{figures}")
    _troubles(terminal, report)
    _findings(terminal, report)
    terminal.line("")
    verdict = report.verdict
    told = terminal.tr(f"load.head.{verdict.word}")
    terminal.line((f"{SIGNS[verdict]} {told}", STYLES[verdict]))
    for text in tiles(report):
        terminal.line(f"  {text.in_(lang)}")
    for gate in report.gates:
        style = "green" if gate.held else "bold red"
        terminal.line((f"  {'✓' if gate.held else '✗'} {gate.text.in_(lang)}", style))
    for text in notes(report):
        terminal.line((f"  {text.in_(lang)}", "yellow"))
    if report.interrupted:
        terminal.line((terminal.tr("term.interrupted"), "yellow"))


def _troubles(terminal: Terminal, report: Report) -> None:
    if not report.troubles:
        return
    terminal.title(terminal.tr("load.anomalies"))
    for trouble in report.troubles:
        title = terminal.tr(f"load.anomaly.{trouble.kind}")
        sign = (f"  {SIGNS[trouble.verdict]} ", STYLES[trouble.verdict])
        first = trouble.examples[0]
        number = "" if first.exam is None else terminal.tr("load.exam", number=first.exam) + " · "
        terminal.line(sign, f"{trouble.flow:<2} {trouble.count:>7}  {title}")
        what = shortened(first.what, terminal.lang, 80)
        terminal.line((f"                {first.at:.3f} s · {number}{what}", "dim"))


def _findings(terminal: Terminal, report: Report) -> None:
    theirs = [group for group in report.groups if not group.first.ours]
    if not theirs:
        return
    terminal.title(terminal.tr("load.findings"))
    for group in theirs[:SHOWN]:
        _finding(terminal, group)
    if len(theirs) > SHOWN:
        terminal.line((f"  {terminal.tr('load.beyond', count=len(theirs) - SHOWN)}", "dim"))


def _finding(terminal: Terminal, group: Group) -> None:
    first = group.first
    sign = (f"  {SIGNS[first.verdict]} ", STYLES[first.verdict])
    count = terminal.tr("load.finding.count", count=group.count, exams=group.exams)
    terminal.line(sign, (first.rule, "bold"), f"  {first.flow} {first.place}  {count}")
    for key, text in (("report.expected", first.expected), ("report.actual", first.actual)):
        told = shortened(text.in_(terminal.lang), terminal.lang, 100)
        terminal.line((f"      {terminal.tr(key)} ", "dim"), told)
