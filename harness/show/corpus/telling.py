"""A checked corpus in the terminal: progress while it is judged, then what fails, worst first."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from harness.rules.rule import Verdict
from harness.show.corpus.checking import Checked, Watch
from harness.show.corpus.sources import Corpus
from harness.show.corpus.summary import Broken, Sender, Summary
from harness.show.saying import SIGNS
from harness.show.terminal import STYLES, Terminal
from harness.show.words import shortened, tr, visible
from harness.text import Text, say

SHOWN: Final = 15
_EVERY: Final = 0.2  # seconds
_BAD: Final = ("error", "fail", "inconclusive")


@contextmanager
def progress() -> Iterator[Watch]:
    """A bar on standard error, where that is a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda corpus, summary: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task, shown = bar.add_task(tr("corpus.progress", messages=0, bad=0)), 0.0

        def watch(corpus: Corpus, summary: Summary) -> None:
            nonlocal shown
            if time.monotonic() - shown >= _EVERY:
                shown = time.monotonic()
                bar.update(
                    task,
                    description=tr("corpus.progress", **_counts(summary)),
                    total=corpus.total,
                    completed=corpus.position,
                )

        yield watch


def _counts(summary: Summary) -> dict[str, int]:
    bad = sum(summary.verdicts[word] for word in _BAD)
    return {"messages": summary.messages, "bad": bad}


def tell(checked: Checked, terminal: Terminal) -> None:
    """The summary, failures last."""
    summary = checked.summary
    terminal.title(tr("corpus.title", messages=summary.messages))
    for broken in reversed(summary.in_order()[:SHOWN]):
        _rule(broken, checked, terminal)
    more = len(summary.broken) - SHOWN
    if more > 0:
        terminal.line((f"  … {tr('term.more', count=more)}", "dim"))
    _senders(summary, terminal)
    _verdict(checked, terminal)
    sys.stdout.flush()


def _rule(broken: Broken, checked: Checked, terminal: Terminal) -> None:
    verdict, first = broken.verdict, broken.examples[0]
    head = f"{SIGNS[verdict]} {broken.rule or '-'}  "
    terminal.line("")
    terminal.line((head, STYLES[verdict]), says_of(broken, checked).in_(terminal.lang))
    told = tr("corpus.rule", messages=broken.messages, findings=broken.findings)
    terminal.line(("   ", ""), told)
    line = f":{first.line}" if first.line else ""
    terminal.line(("   ─▸ ", "dim"), f"{first.name}{line}   {first.place}")
    actual = shortened(first.actual[terminal.lang], terminal.lang, 160)
    terminal.line((f"   {tr('report.actual'):<9} ", "dim"), actual)


def says_of(broken: Broken, checked: Checked) -> Text:
    """What the rule asks for, in both languages."""
    rule = checked.profile.rule(broken.rule)
    return rule.says if rule else say("corpus.no_rule")


def _senders(summary: Summary, terminal: Terminal) -> None:
    terminal.title(tr("corpus.by_sender"))
    for sender, counts in by_bad(summary)[:SHOWN]:
        terminal.line(f"  {name_of(sender):<40} ", *_words(counts))


def by_bad(summary: Summary) -> list[tuple[Sender, Counter[str]]]:
    """The senders, those with most messages that fail first."""

    def rank(one: tuple[Sender, Counter[str]]) -> tuple[int, int, Sender]:
        sender, counts = one
        return -sum(counts[word] for word in _BAD), -counts.total(), sender

    return sorted(summary.senders.items(), key=rank)


def name_of(sender: Sender) -> str:
    """Application and facility, or that there is none."""
    return " / ".join(filter(None, map(visible, sender))) or "-"


def _words(counts: Counter[str]) -> list[tuple[str, str]]:
    """How many messages of each verdict, worst first."""
    found = [(verdict, counts[verdict.word]) for verdict in reversed(Verdict)]
    return [
        (f"{tr(f'verdict.{verdict.word}')} {count}  ", STYLES[verdict])
        for verdict, count in found
        if count
    ]


def _verdict(checked: Checked, terminal: Terminal) -> None:
    verdict, profile = checked.verdict, checked.profile
    terminal.line("")
    head = f"{SIGNS[verdict]} {tr(f'head.{verdict.word}')}"
    terminal.line((head, STYLES[verdict]), f" — {profile.title.in_(terminal.lang)} ({profile.id})")
    terminal.line("  ", *_words(checked.summary.verdicts))
    for note in notes(checked):
        terminal.line("  ", note.in_(terminal.lang))
    if checked.interrupted:
        key = "corpus.interrupted" if checked.wanted.results else "term.interrupted"
        terminal.line((tr(key), "yellow"))


def notes(checked: Checked) -> list[Text]:
    """What the verdict does not cover, and how the work went."""
    summary, seconds = checked.summary, checked.seconds
    here = summary.messages - checked.resumed
    found = [say("corpus.alone")]
    if summary.lives:
        found.append(say("corpus.lives", count=summary.lives.total()))
    if checked.aside:
        found.append(say("corpus.aside", count=checked.aside))
    if summary.cut:
        found.append(say("corpus.cut", count=summary.cut))
    if checked.resumed:
        found.append(say("corpus.resumed", count=checked.resumed))
    rate = here / seconds if seconds else 0
    found.append(say("corpus.speed", seconds=f"{seconds:.1f}", rate=f"{rate:.0f}"))
    return found
