import io
import re

import pytest
from rich.console import Console

from harness.rules.rule import Verdict
from harness.show.ranking import findings_in_order
from harness.show.report import Report
from harness.show.terminal import SHOWN, Terminal
from harness.show.words import visible

STYLE = re.compile(r"\x1b\[[0-9;]*m")


def shown(report: Report, lang: str = "fr", width: int = 80, *, colours: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, highlight=False, soft_wrap=True, force_terminal=colours
    )
    terminal = Terminal(lang, console)
    for exchange in report.exchanges:
        terminal.step(exchange)
    for judged in report.files:
        terminal.line(judged.file)
    terminal.summary(report)
    return out.getvalue()


def test_what_was_received_never_acts(hostile: Report) -> None:
    text = shown(hostile)
    assert {c for c in text if not c.isprintable() and c not in "\n\u00a0"} == set()
    assert "\\x1b[31m" in text
    assert "\\u202e" in text


def test_only_our_own_colours_reach_a_terminal(hostile: Report) -> None:
    text = shown(hostile, colours=True)
    assert STYLE.findall(text)
    assert {c for c in STYLE.sub("", text) if not c.isprintable() and c not in "\n\u00a0"} == set()
    assert "\x1b[31m\x07" not in text


def test_text_in_brackets_is_not_read_as_markup() -> None:
    out = io.StringIO()
    Terminal("en", Console(file=out, force_terminal=True)).line("[bold]PID[/bold]")
    assert out.getvalue() == "[bold]PID[/bold]\n"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_lines_fit_a_terminal_of_80_columns(report: Report, lang: str) -> None:
    """But for what cannot be parted: a path, a file's name."""
    lines = STYLE.sub("", shown(report, lang, colours=True)).splitlines()
    long = [line for line in lines if len(line) > 80]
    assert [line for line in long if max(map(len, line.split())) < 40] == []
    assert [line for line in long if "│" in line] == []


def test_the_mark_stands_under_what_it_is_about(stopped: Report) -> None:
    lines = shown(stopped, "en").splitlines()
    number = next(n for n, line in enumerate(lines) if "│ PID|" in line)
    marks = lines[number + 1]
    start, end = marks.index("^"), marks.rindex("^") + 1
    message = stopped.exchanges[0].request
    assert message is not None
    assert message.message is not None
    assert lines[number][start:end] == message.message.first("PID-3[5=INS].1")


def test_the_verdict_comes_last_and_the_first_to_fix_before_the_others(faulty: Report) -> None:
    text = shown(faulty, "en")
    order = [text.index(part) for part in ("Fix this first", "CDA-TLR-AUTH-001", "Then (1)")]
    order.append(text.index("✗ Does not conform"))
    assert order == sorted(order)


def test_a_rule_broken_in_many_places_is_told_once(hostile: Report) -> None:
    text = shown(hostile)
    rules = [p.finding.rule.id for p in findings_in_order(hostile)]
    repeated = {rule for rule in rules if rules.count(rule) > 1}
    heads = re.findall(r"^[✗!?] ([A-Z0-9-]+)  ", text, re.M)
    assert repeated
    assert len(heads) == len(set(heads))
    assert "   aussi     " in text
    assert len(heads) <= 2 * SHOWN


def test_an_exchange_that_was_not_run_says_why(stopped: Report) -> None:
    text = shown(stopped)
    assert text.count("non joué : le flux A n'a pas abouti") == 4
    assert "aucun acquittement" not in text


def test_flows_never_judged_are_named(hostile: Report) -> None:
    assert "Flux dont aucun message n'a été jugé : A, B, C, D" in shown(hostile)
    assert "Flows of which no message was judged: A, B, C, D" in shown(hostile, "en")


def test_messages_wrong_on_purpose_are_counted_apart(everything: Report) -> None:
    text = shown(everything)
    assert text.count("faux exprès") >= 6
    assert "Non conforme" not in text
    assert everything.verdict < Verdict.INCONCLUSIVE


def test_expected_is_left_out_when_it_repeats_the_rule(faulty: Report) -> None:
    text = shown(faulty, "en")
    first = text[text.index("Fix this first") : text.index("Then (1)")]
    assert "expected" not in first
    assert "counted   1" in first


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain é 日本", "plain é 日本"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x9bb", "a\\x9bb"),
        ("a\nb", "a\\x0ab"),
        ("a\udcffb", "a\\udcffb"),
        ("a\U000e0041b", "a\\U000e0041b"),
        ("avant :\u00a0après", "avant :\u00a0après"),
    ],
)
def test_characters_that_act_become_codes(text: str, wanted: str) -> None:
    assert visible(text) == wanted
