"""What can go wrong between messages under load, by name. Pure.

Content is judged by the rules; here is what only following every message can tell: what was lost,
came twice, came out of order, or came to the wrong exam. Names are given once and never change.

Source: the project's robustness sheet, 3.2 (acknowledgement, duplicates, order).
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from harness.rules.rule import Verdict

WEIGHTS: Final = {
    "unreachable": Verdict.INCONCLUSIVE,  # no connection to the peer
    "no_ack": Verdict.FAIL,  # no acknowledgement in time
    "late_ack": Verdict.WARNING,  # the acknowledgement of a message that was given up
    "closed": Verdict.FAIL,  # the connection was closed before the acknowledgement
    "wrong_ack": Verdict.FAIL,  # MSA-2 names a message of another connection
    "stray_ack": Verdict.FAIL,  # MSA-2 names no message that waits
    "twice_ack": Verdict.FAIL,  # a second acknowledgement of the same message
    "refused": Verdict.FAIL,  # MSA-1 is not AA
    "no_message": Verdict.FAIL,  # a message that the flow asks for did not come
    "late_message": Verdict.WARNING,  # it came when it was no longer waited for
    "early": Verdict.WARNING,  # it came before the acknowledgement of what asks for it
    "too_early": Verdict.FAIL,  # it came before what asks for it was sent
    "resent": Verdict.WARNING,  # the same message again, same MSH-10
    "twice": Verdict.FAIL,  # the same flow of the same order again, other MSH-10
    "same_id": Verdict.FAIL,  # the MSH-10 of another message
    "other_order": Verdict.FAIL,  # an order number (ORC-2) that is nobody's
    "other_patient": Verdict.FAIL,  # the order is one exam's, the patient another's
    "framing": Verdict.FAIL,  # bytes that are no MLLP block
}
EXAMPLES: Final = 5  # of each kind and flow


@dataclass(frozen=True, slots=True)
class Example:
    """One occurrence. `at` in seconds since the start; `what` names the messages."""

    at: float
    exam: int | None
    what: str


@dataclass
class Anomalies:
    """How often each kind of thing happened in each flow, with a few examples."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[Example]] = field(default_factory=dict)

    def note(self, kind: str, flow: str, example: Example) -> None:
        """One more."""
        self.counts[kind, flow] += 1
        kept = self.examples.setdefault((kind, flow), [])
        if len(kept) < EXAMPLES:
            kept.append(example)

    def of(self, kind: str) -> int:
        """How often it happened in all flows."""
        return sum(count for (name, _), count in self.counts.items() if name == kind)

    @property
    def verdict(self) -> Verdict:
        """The worst that happened."""
        return max((WEIGHTS[kind] for kind, _ in self.counts), default=Verdict.PASS)
