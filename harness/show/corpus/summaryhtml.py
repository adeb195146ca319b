"""The summary of a corpus as one HTML page: no network, strict policy, a few hundred kilobytes."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from harness.rules.rule import Level, Rule, Verdict
from harness.show.corpus import plots, telling
from harness.show.corpus.checking import Checked
from harness.show.corpus.endings import is_archive
from harness.show.corpus.summary import EXAMPLES, OTHERS, Broken, Example, Sender, over_time
from harness.show.pages import page
from harness.show.saying import source
from harness.show.words import cut
from harness.text import Text, catalogue, plain, say

LISTED: Final = 100  # senders
_LONG: Final = 200  # characters of a name or a value
_DAYS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule as the page shows it; `rule` is None for what could not be judged."""

    id: str
    broken: Broken
    rule: Rule | None
    says: Text
    share: float
    senders: tuple[tuple[str, int], ...]
    examples: tuple[tuple[Example, Text, Text, str], ...]


def to_html(checked: Checked, lang: str, file: Path | None) -> str:
    """The page as text. `file` is where it will stand, to which links are relative."""
    style = page.asset("report.css") + page.asset("rulebook.css") + page.asset("corpus.css")
    script = page.asset("rulebook.js")
    summary = checked.summary
    step, steps = over_time(summary)
    template = page.environment().get_template("corpus.html.j2")
    return template.render(
        c=checked,
        s=summary,
        lang=lang,
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        policy=page.policy(style, script),
        verdicts=[v for v in reversed(Verdict) if summary.verdicts[v.word]],
        notes=telling.notes(checked),
        rules=list(_rules(checked, file)),
        senders=telling.by_bad(summary)[:LISTED],
        more_senders=max(0, len(summary.senders) - LISTED),
        sender=sender,
        kinds=sorted(summary.kinds.items()),
        step=step,
        steps=steps,
        undated=summary.days.get("", Counter()).total(),
        plots=_plots(checked, step, steps),
        shown_of=plots.SHOWN,
        examples=EXAMPLES,
        choices=[(level.value, plain(level.value)) for level in Level],
        source=source,
        names=catalogue(),
    )


def _plots(
    checked: Checked, step: str, steps: list[tuple[date, Counter[str]]]
) -> dict[str, Markup]:
    """By rule, by sender, over time; nothing without matplotlib."""
    if not plots.is_possible():
        return {}
    rules = [(one.rule or "-", _weighed(one)) for one in checked.summary.in_order()]
    senders = [(telling.name_of(who), of) for who, of in telling.by_bad(checked.summary)]
    found = {"senders": plots.across("senders", senders)}
    if rules:
        found["rules"] = plots.across("rules", rules)
    if steps:
        found["time"] = plots.over_time("time", steps, _DAYS[step])
    return found


def _weighed(broken: Broken) -> Counter[str]:
    return Counter({broken.verdict.word: broken.messages})


def sender(who: Sender) -> Text:
    """Application and facility; those that are not told apart together."""
    if who == OTHERS:
        return say("corpus.other_senders")
    return plain(_short(telling.name_of(who)))


def _short(value: str) -> str:
    return cut(value, "en", _LONG)


def _rules(checked: Checked, file: Path | None) -> Iterator[Shown]:
    total = checked.summary.messages or 1
    for broken in checked.summary.in_order():
        rule = checked.profile.rule(broken.rule)
        yield Shown(
            id=broken.rule or "-",
            broken=broken,
            rule=rule,
            says=telling.says_of(broken, checked),
            share=100 * broken.messages / total,
            senders=tuple((_named(who), n) for who, n in broken.senders.most_common(5)),
            examples=tuple(_example(one, file) for one in broken.examples),
        )


def _named(who: Sender) -> str:
    return "…" if who == OTHERS else _short(telling.name_of(who))


def _example(one: Example, file: Path | None) -> tuple[Example, Text, Text, str]:
    """An example with what was expected and found, and where its file is, if it is one."""
    expected, actual = (_both(of) for of in (one.expected, one.actual))
    return one, expected, actual, link_of(one.name, file)


def _both(of: dict[str, str]) -> Text:
    return Text(of["fr"], of["en"])


def link_of(name: str, page_file: Path | None) -> str:
    """The address of the file that a message stands in, relative to the page.

    Empty for a message inside an archive, and where the page goes to nobody knows where.
    """
    path = Path(name if _is_file(Path(name)) else name.partition("#")[0])
    if page_file is None or is_archive(path) or not _is_file(path):
        return ""
    relative = os.path.relpath(path.absolute(), page_file.absolute().parent)
    return quote(Path(relative).as_posix())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
