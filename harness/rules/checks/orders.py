"""What the fields of an order owe each other, and what an examination must tell.

Source: white paper, 3.2.2 and 3.3.1 (D); DICOM PS3.5, chapter 9 (UIDs).
"""

import re
from collections.abc import Iterator
from typing import Final

from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import missing_element, quoted
from harness.text import say

IONISING: Final = frozenset(
    ["BMD", "CR", "CT", "DX", "IO", "MG", "NM", "PT", "PX", "RF", "RG", "XA"]
)

_UID: Final = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)


@named("order-number-in-obr")
def order_number_in_obr(subject: Subject) -> Iterator[Problem]:
    """OBR-2 of an order repeats ORC-2, component by component."""
    message = subject.carried
    orders = list(message.at("ORC-2"))
    for order, detail in zip(orders, message.at("OBR-2"), strict=False):
        if detail.present and order.present and detail.data != order.data:
            expected = say("value.same", value=quoted(order.value), place="ORC-2")
            yield Problem(detail.at, expected, quoted(detail.value))


@named("dose-when-ionising")
def dose_when_ionising(subject: Subject) -> Iterator[Problem]:
    modality = subject.elements["modality"].value(subject.carried)
    dose = subject.elements["dose"]
    if modality in IONISING and dose.find(subject.carried) is None:
        yield missing_element(dose, subject.carried)


@named("study-uid-form")
def study_uid_form(subject: Subject) -> Iterator[Problem]:
    """Source: DICOM PS3.5, chapter 9."""
    node = subject.elements["study-uid"].find(subject.carried)
    if node and not (_UID.fullmatch(node.value) and len(node.value) <= 64):
        yield Problem(node.at, say("exam.uid"), quoted(node.value))
