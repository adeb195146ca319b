"""The report of the MLLP torture suite as one HTML page: no network, strict policy."""

from markupsafe import Markup

from harness.show import torture
from harness.show.pages import page
from harness.show.torture import Report, Score
from harness.sim.torture.events import PHASES, Result
from harness.text import Text, catalogue, say


def to_html(report: Report, lang: str) -> str:
    """The page as text."""
    style = page.asset("report.css") + page.asset("rulebook.css") + page.asset("mllp.css")
    script = page.asset("rulebook.js")
    template = page.environment().get_template("mllp.html.j2")
    return template.render(
        report=report,
        lang=lang,
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        policy=page.policy(style, script),
        scores=list(torture.score_lines(report)),
        rows=[(role, group, _cells(found)) for role, group, found in torture.by_group(report)],
        groups=list(torture.by_group(report)),
        verdicts=_choices(report),
        parts=("behaviour", "aftermath"),
        phases=PHASES,
        source=torture.source,
        line_text=torture.line_text,
        terms=_terms(report),
        names=catalogue(),
    )


def _cells(results: list[Result]) -> list[tuple[str, Score]]:
    return [(part, torture.score(results, part)) for part in ("behaviour", "aftermath")]


def _choices(report: Report) -> list[tuple[str, Text]]:
    """The verdicts that there are, worst first."""
    found = sorted({result.verdict for result in report.results}, reverse=True)
    return [(verdict.word, say(f"verdict.{verdict.word}")) for verdict in found]


def _terms(report: Report) -> Text:
    named = {"patience": "patience", "ack_timeout": "ack", "sut_timeout": "sut"}
    values = {short: f"{report.terms.get(name, 0):g}" for name, short in named.items()}
    return say("mllp.terms", **values)
