"""What the fields of an order owe each other, and what an examination must tell.

Source: white paper, 3.2.2 and 3.3.1 (D).
"""

from collections.abc import Iterator
from typing import Final

from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import missing_element, quoted
from harness.rules.types import is_number
from harness.text import say
from harness.wire.er7 import Node

IONISING: Final = frozenset(
    ["BMD", "CR", "CT", "DX", "IO", "MG", "NM", "PT", "PX", "RF", "RG", "XA"]
)


@named("order-number-in-obr")
def order_number_in_obr(subject: Subject) -> Iterator[Problem]:
    """OBR-2 of an order repeats ORC-2, component by component."""
    message = subject.carried
    orders = list(message.at("ORC-2"))
    for order, detail in zip(orders, message.at("OBR-2"), strict=False):
        ordered = order.data.split(subject.carried.delimiters.component)[0]
        if detail.present and ordered and detail.data != order.data:
            expected = say("value.same", value=quoted(order.value), place="ORC-2")
            yield Problem(detail.at, expected, quoted(detail.value))


@named("dose-when-ionising")
def dose_when_ionising(subject: Subject) -> Iterator[Problem]:
    modality = subject.elements["modality"].value(subject.carried)
    dose = subject.elements["dose"]
    if modality in IONISING and dose.find(subject.carried) is None:
        yield missing_element(dose, subject.carried)


def _doses(subject: Subject) -> Iterator[tuple[Node, Node]]:
    """Each dose of an OBX with its unit. A dose that a site puts elsewhere has none to check."""
    for place in subject.elements["dose"].places:
        for node in subject.carried.at(place):
            if node.present and node.at.path.startswith("OBX"):
                segment = node.at.path.partition("-")[0]
                yield node, subject.carried.node(f"{segment}-6.1")


@named("dose-is-a-number")
def dose_is_a_number(subject: Subject) -> Iterator[Problem]:
    for dose, _ in _doses(subject):
        if not is_number(dose.value):
            yield Problem(dose.at, say("type.NM"), quoted(dose.value))


@named("dose-has-unit")
def dose_has_unit(subject: Subject) -> Iterator[Problem]:
    for _, unit in _doses(subject):
        if not unit.present:
            yield Problem(unit.at, say("exam.unit"), say("value.absent"))
