"""Conformance test harness and simulator for the French teleradiology exchange.

    from pathlib import Path
    import harness

    report = harness.check([Path("request.er7")], flow="A")
    print(report.verdict.word, len(harness.findings(report)))

These names are stable; everything else may move.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.errors import HarnessError, NotMeasured
    from harness.rules.profile import Profile
    from harness.rules.rule import Finding, Level, Outcome, Problem, Rule, SpecRef, Verdict
    from harness.show.api import check, findings, run
    from harness.show.report import Report
    from harness.sim.case import Case
    from harness.sim.record import Exchange, Judged
    from harness.sim.scenario import Scenario
    from harness.wire.cda import Document
    from harness.wire.er7 import Message
    from harness.wire.location import Location

_HOMES = {
    "Case": "harness.sim.case",
    "Document": "harness.wire.cda",
    "Exchange": "harness.sim.record",
    "Finding": "harness.rules.rule",
    "HarnessError": "harness.errors",
    "Judged": "harness.sim.record",
    "Level": "harness.rules.rule",
    "Location": "harness.wire.location",
    "Message": "harness.wire.er7",
    "NotMeasured": "harness.errors",
    "Outcome": "harness.rules.rule",
    "Problem": "harness.rules.rule",
    "Profile": "harness.rules.profile",
    "Report": "harness.show.report",
    "Rule": "harness.rules.rule",
    "Scenario": "harness.sim.scenario",
    "SpecRef": "harness.rules.rule",
    "Verdict": "harness.rules.rule",
    "check": "harness.show.api",
    "findings": "harness.show.api",
    "run": "harness.show.api",
}

__all__ = [
    "Case",
    "Document",
    "Exchange",
    "Finding",
    "HarnessError",
    "Judged",
    "Level",
    "Location",
    "Message",
    "NotMeasured",
    "Outcome",
    "Problem",
    "Profile",
    "Report",
    "Rule",
    "Scenario",
    "SpecRef",
    "Verdict",
    "check",
    "findings",
    "run",
]


def __getattr__(name: str) -> Any:
    """Names are imported when they are first used, so that `import harness` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
