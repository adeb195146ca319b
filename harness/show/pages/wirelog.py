"""The log of what crossed the wire, line by line, as the report shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harness.show.report import Report
from harness.sim.record import Exchange, Judged

FRAME: Final = 3  # bytes of an MLLP block around its message


@dataclass(frozen=True, slots=True)
class Passed:
    """A message or answer that passed, or a remark about the connection (`note`, without bytes).

    `size` is in bytes with the frame; `after` seconds since the message that it answers.
    """

    exchange: int
    at: datetime | None
    sender: str
    receiver: str
    what: str = ""
    control_id: str = ""
    size: int = 0
    after: float | None = None
    note: str = ""


def passed(report: Report) -> Iterator[Passed]:
    """Everything that passed, in the order of the exchanges."""
    for x in report.exchanges:
        if x.request:
            yield _of(x, x.request, x.sender, x.receiver, x.sent)
        for note in x.wire:
            yield Passed(x.number, None, x.sender, x.receiver, note=note)
        if x.answer:
            yield _of(x, x.answer, x.receiver, x.sender, x.answered, x.seconds)


def _of(
    x: Exchange,
    judged: Judged,
    sender: str,
    receiver: str,
    at: datetime | None,
    after: float | None = None,
) -> Passed:
    message = judged.message
    raw = judged.raw or (message.raw if message else b"")
    what = message.first("MSH-9") if message else ""
    code = message.first("MSA-1") if message and judged is x.answer else ""
    return Passed(
        x.number,
        at,
        sender,
        receiver,
        " ".join(part for part in (what, code) if part),
        message.first("MSH-10") if message else "",
        len(raw) + FRAME,
        after,
    )
