"""The INS that a message carries: the repetitions of PID-3 of type INS.

Type and authority make an INS, not the authority alone: under the same OID, type NH is the billing
number. During the change from a NIA to the NIR both are there, and the NIR counts.
Source: PAM.FR 2.11.2, PID-3 and 4.4; INS fact sheet, sections 3 and 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from harness.rules import nir
from harness.rules.nir import Number
from harness.rules.table import quoted
from harness.text import Text
from harness.wire.er7 import Message, Node

NULL: Final = '""'  # HL7's null: the value is deleted


@dataclass(frozen=True, slots=True)
class Ins:
    """One repetition of type INS. `node` is its CX-1, `oid` its CX-4.2; `place` names it."""

    message: Message
    place: str
    node: Node
    oid: str

    @property
    def number(self) -> Number:
        """CX-1 as a number, whatever stands there."""
        return Number(self.node.value)

    @property
    def is_deleted(self) -> bool:
        """CX-1 is HL7's null: the sender asks that the INS be forgotten."""
        return self.node.value == NULL

    def part(self, path: str) -> Node:
        """A component of the repetition, such as `4.2`."""
        return self.message.node(f"{self.place}.{path}")

    def masked(self, value: str) -> str:
        """A piece of the number for a finding: dots when it may be a real person's."""
        return "•" * len(value) if self.oid in nir.REAL_OIDS else value

    def shown(self, value: str) -> Text:
        """The same, quoted as received values are."""
        return quoted(self.masked(value))


@lru_cache(maxsize=8)
def repetitions(message: Message) -> tuple[Ins, ...]:
    """Every repetition of type INS, with or without a number."""
    return tuple(_repetitions(message))


def _repetitions(message: Message) -> Iterator[Ins]:
    for whole in message.at("PID-3[5=INS]"):
        if whole.present:
            place = whole.at.path
            oid = message.node(f"{place}.4.2").value
            yield Ins(message, place, message.node(f"{place}.1"), oid)


@lru_cache(maxsize=8)
def numbers(message: Message) -> tuple[Ins, ...]:
    """Those that hold a number."""
    return tuple(ins for ins in repetitions(message) if ins.node.present and not ins.is_deleted)


def active(message: Message) -> Ins | None:
    """The one that a receiver takes: the NIR before the NIA; None when there is no number."""
    held = numbers(message)
    return next((ins for ins in held if ins.oid != nir.NIA), held[0] if held else None)
