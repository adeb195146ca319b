"""Why a receiver refuses a message, and what it says of it: MSA-1, and one ERR for each reason.

What it looks at before it accepts are the message, the identity and the life of the request; the
content of a document is judged, not refused.
Source: HL7 v2.5.1, 2.9.2 and table 0357; Volet Téléradiologie 0.1.0-ballot, volume 2,
acknowledgement.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from harness.rules.rule import Finding, Outcome, Verdict
from harness.sim.generate.messages import Refusal

MAX_ERRORS: Final = 5
_KEYS: Final = ("204", "205", "206")  # of a key: unknown, another's, or of what is closed
_GROUPS: Final = frozenset(
    {
        "encoding",
        "header",
        "structure",
        "patient",
        "ins",
        "order",
        "exam",
        "document",
        "metadata",
        "participants",
    }
)
# what a receiver does not support at all, by its place: type, event, mode, version
_UNSUPPORTED: Final[Mapping[str, str]] = {
    "MSH-9": "200",
    "MSH-9.1": "200",
    "MSH-9.2": "201",
    "MSH-9.3": "200",
    "MSH-11": "202",
    "MSH-11.1": "202",
    "MSH-12": "203",
    "MSH-12.1": "203",
}
_TYPE: Final = Refusal("MSH-9", "200", "unsupported message type")


def refusals(kind: str, outcomes: Sequence[Outcome]) -> tuple[Refusal, ...]:
    """The reasons to refuse a message of that kind, five at most; none when it is accepted."""
    found = tuple(map(_refusal, _refused(outcomes)[:MAX_ERRORS]))
    return found or ((_TYPE,) if kind == "HL7" else ())


def code(kind: str, reasons: Sequence[Refusal]) -> str:
    """MSA-1: AR for what is not supported at all, AE for what is wrong, AA for nothing."""
    if kind == "HL7" or any(reason.code in _UNSUPPORTED.values() for reason in reasons):
        return "AR"
    return "AE" if reasons else "AA"


def _refused(outcomes: Sequence[Outcome]) -> list[Finding]:
    """The findings for which a receiver refuses a message: broken MUST rules it would look at."""
    return [
        finding
        for outcome in outcomes
        if outcome.verdict is Verdict.FAIL
        and (outcome.rule.group in _GROUPS or outcome.rule.error in _KEYS)
        for finding in outcome.findings
        if finding.problem.at.path
    ]


def _refusal(finding: Finding) -> Refusal:
    text = f"{finding.rule.id}: {finding.rule.says.fr}"
    return Refusal(finding.problem.at.path, _error_code(finding), text)


def _error_code(finding: Finding) -> str:
    """The code of table 0357 for a broken rule."""
    unsupported = _UNSUPPORTED.get(finding.problem.at.path)
    if unsupported:
        return unsupported
    if finding.rule.group == "structure":
        return "100"
    if finding.problem.actual.en == "absent":
        return "101"
    return finding.rule.error or "102"
