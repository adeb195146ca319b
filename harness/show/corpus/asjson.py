"""The summary of a corpus as JSON: the contract of `schemas/corpus-summary.schema.json`."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from harness.show.corpus.checking import Checked
from harness.show.corpus.summary import OTHERS, Broken
from harness.show.words import as_json


def to_json(checked: Checked) -> str:
    """The summary as JSON text."""
    return as_json(as_dict(checked), indent=1) + "\n"


def as_dict(checked: Checked) -> dict[str, Any]:
    """The summary as plain values."""
    summary, rules = checked.summary, checked.rules
    return {
        "schema": "telerad-corpus-summary-1",
        "tool": rules.tool,
        "profile": checked.profile.id,
        "rules_hash": rules.hash,
        "command": checked.wanted.command,
        "started": checked.started.isoformat(),
        "seconds": round(checked.seconds, 3),
        "interrupted": checked.interrupted,
        "resumed": checked.resumed,
        "verdict": checked.verdict.word,
        "messages": summary.messages,
        "bytes": summary.size,
        "rows": summary.rows,
        "aside": checked.aside,
        "compared_versions": False,
        "replacing": summary.lives["RO"],
        "withdrawing": summary.lives["CA"],
        "verdicts": _sorted(summary.verdicts),
        "kinds": {kind: _sorted(of) for kind, of in sorted(summary.kinds.items())},
        "senders": [_sender(sender, of) for sender, of in sorted(summary.senders.items())],
        "days": {day: _sorted(of) for day, of in sorted(summary.days.items())},
        "rules": [_broken(one) for one in summary.in_order()],
    }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _sender(sender: tuple[str, str], counts: Counter[str]) -> dict[str, Any]:
    others = sender == OTHERS
    return {
        "application": None if others else sender[0],
        "facility": None if others else sender[1],
        "verdicts": _sorted(counts),
    }


def _broken(broken: Broken) -> dict[str, Any]:
    return {
        "rule": broken.rule or None,
        "level": broken.level or None,
        "messages": broken.messages,
        "findings": broken.findings,
        "verdicts": _sorted(broken.verdicts),
        "examples": [asdict(one) for one in broken.examples],
    }
