"""Known failures: entries of a YAML file, matched with the findings of a report.

    known:
      - rule: INS-F03                # id of a rule
        place: PID-3[*].1            # path or XPath; * is any text, ? one character; any by default
        reason: corrected in 4.2     # why it is let be
        owner: RIS team              # optional
        expires: 2027-01-31          # optional: the last day

A known finding is shown with its reason and fails nothing. An entry that matches no finding any
more, or that has expired, makes the baseline outdated: exit code 4, with its line. The finding of
an expired entry is still told as known, so that it is not taken for something new.
"""

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from harness import yamlfile
from harness.rules.rule import Finding, Known, Outcome, Verdict
from harness.show.report import Exchange, Judged, Outdated, Report, UsedBaseline
from harness.yamlfile import Item

_KEYS: Final = frozenset({"rule", "place", "reason", "owner", "expires"})
_CAN_BE_KNOWN: Final = frozenset({Verdict.FAIL, Verdict.WARNING, Verdict.CONTESTED})


@dataclass(frozen=True, slots=True)
class Entry:
    """A known failure; `line` is that of its first key, from 1. `owner` may be empty."""

    rule: str
    place: str
    reason: str
    owner: str
    expires: date | None
    line: int

    def matches(self, rule: str, place: str) -> bool:
        """The entry is about this rule at this path or XPath."""
        return rule == self.rule and _glob(self.place).fullmatch(place) is not None

    def has_expired(self, today: date) -> bool:
        """Its last day is over."""
        return self.expires is not None and self.expires < today

    @property
    def known(self) -> Known:
        """What a finding says of it."""
        return Known(self.reason, self.owner, self.expires.isoformat() if self.expires else "")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of a file."""

    file: Path
    entries: tuple[Entry, ...]

    def entry(self, rule: str, place: str) -> Entry | None:
        """The first entry about this, or None."""
        return next((entry for entry in self.entries if entry.matches(rule, place)), None)

    def outdated(self, used: Iterable[Entry], today: date) -> tuple[Outdated, ...]:
        """The entries that matched nothing, and those that have expired, in their order."""
        lines = {entry.line for entry in used}
        return tuple(
            Outdated(str(self.file), entry.line, entry.rule, entry.place, why)
            for entry in self.entries
            for why, so in (
                ("stale", entry.line not in lines),
                ("expired", entry.has_expired(today)),
            )
            if so
        )


def load(file: Path) -> Baseline:
    """Read a baseline. Raises HarnessError with file, line and column."""
    root = yamlfile.load(file)
    root.only(frozenset({"known"}))
    return Baseline(file, tuple(_entry(item) for item in root.need("known").items if item.value))


def _entry(item: Item) -> Entry:
    item.only(_KEYS)
    reason = item.need("reason")
    if not reason.text.strip():
        raise reason.error("baseline.no_reason")
    place, owner, expires = (item.get(key) for key in ("place", "owner", "expires"))
    return Entry(
        rule=item.need("rule").text,
        place=place.text if place else "*",
        reason=reason.text,
        owner=owner.text if owner else "",
        expires=_date(expires) if expires else None,
        line=item.line,
    )


def _date(item: Item) -> date:
    try:
        return date.fromisoformat(item.text)
    except ValueError:
        raise item.error("baseline.bad_date", hint="2027-01-31", text=item.text) from None


def _glob(place: str) -> re.Pattern[str]:
    """`*` and `?` only: brackets are part of a path. Many `*` cost no more than a few."""
    return re.compile(fnmatch.translate(place.replace("[", "[[]")))


# -- a report in the light of it -------------------------------------------------------------


def place_of(finding: Finding) -> str:
    """The path or XPath of a finding, empty when it has neither."""
    at = finding.problem.at
    return at.path or at.xpath or ""


def apply(report: Report, baseline: Baseline, today: date) -> Report:
    """The report with its known findings marked, and what of the baseline is outdated."""
    reader = _Reader(baseline)
    exchanges = tuple(reader.exchange(exchange) for exchange in report.exchanges)
    files = tuple(reader.judged(judged) for judged in report.files)
    outdated = baseline.outdated(reader.used, today)
    use = UsedBaseline(str(baseline.file), reader.count, outdated)
    return replace(report, exchanges=exchanges, files=files, baseline=use)


@dataclass(slots=True)
class _Reader:
    """Marks findings, and remembers which entries it needed."""

    baseline: Baseline
    used: list[Entry] = field(default_factory=list)
    count: int = 0

    def exchange(self, exchange: Exchange) -> Exchange:
        return replace(
            exchange,
            request=self.judged(exchange.request) if exchange.request else None,
            answer=self.judged(exchange.answer) if exchange.answer else None,
            step_outcomes=self._outcomes(exchange.step_outcomes),
        )

    def judged(self, judged: Judged) -> Judged:
        if judged.deliberate:
            return judged
        return replace(judged, outcomes=self._outcomes(judged.outcomes))

    def _outcomes(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        return tuple(self._outcome(one) if one.findings else one for one in outcomes)

    def _outcome(self, outcome: Outcome) -> Outcome:
        findings = tuple(self._finding(finding) for finding in outcome.findings)
        if not any(finding.known for finding in findings):
            return outcome
        verdict = max(_weight(finding) for finding in findings)
        return replace(outcome, findings=findings, verdict=verdict)

    def _finding(self, finding: Finding) -> Finding:
        if finding.verdict not in _CAN_BE_KNOWN:
            return finding
        entry = self.baseline.entry(finding.rule.id, place_of(finding))
        if entry is None:
            return finding
        self.used.append(entry)
        self.count += 1
        return replace(finding, known=entry.known)


def _weight(finding: Finding) -> Verdict:
    """A known failure weighs as much as a warning."""
    return min(finding.verdict, Verdict.WARNING) if finding.known else finding.verdict
