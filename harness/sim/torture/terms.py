"""How long things may take in the torture suite, and what it is made of besides its cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harness.sim.torture.blocks import Sample
from harness.sim.torture.case import Fact, Step

_LASTING: Final = 1.5  # of its own time-out, until a sender has surely given up


@dataclass(frozen=True, slots=True)
class Terms:
    """What a case needs besides its data. Times in seconds.

    `patience`: after so long without anything, nothing will come. `ack_timeout`: an answer that
    must come may take so long. `sut_timeout`: the sender waits so long for its acknowledgement.
    `next_message`: so long for a sender without `command` to be made to send. `sample` makes good
    messages; `mark` makes their MSH-10 those of this run; `wall` gives the time in our answers.
    """

    sample: Sample
    mark: str
    wall: Callable[[], datetime]
    patience: float = 2.0
    ack_timeout: float = 10.0
    sut_timeout: float = 10.0
    next_message: float = 120.0
    command: bool = False

    def lasts(self, step: Step) -> float:
        """Seconds that a step may take."""
        if step.wait:
            return step.wait * self.patience
        if step.outlast:
            return self.sut_timeout * _LASTING + self.patience
        if step.receive:
            return self.ack_timeout + self.sut_timeout if self.command else self.next_message
        if step.expect:
            return self._fact_lasts(step.expect)
        return self.ack_timeout  # for a connection to be there, for packets to be sent

    def _fact_lasts(self, fact: Fact) -> float:
        if fact.any:
            return min(self._fact_lasts(one) for one in fact.any)
        if fact.silence or fact.open:
            return self.patience
        if fact.again or fact.believes:
            return self.sut_timeout * _LASTING + self.ack_timeout
        return self.ack_timeout
