"""An acknowledgement against the message that it answers. Without that message, nothing is said.

Source: HL7 v2.5.1, 2.9.2 (original mode) and 2.15.8 (MSA), 2.15.9 (MSH); CI-SIS, Transmission de
documents CDA en HL7v2 2.1, technical and business acknowledgements.
"""

import re
from collections.abc import Iterator
from typing import Final

from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import plain, say

MODES: Final = ("P", "T", "D")  # table 0103; what is of no table is not to be echoed
VERSION: Final = re.compile(r"2\.[1-8](\.[12])?")  # table 0104
_ROUTE: Final = (("MSH-3", "MSH-5"), ("MSH-4", "MSH-6"), ("MSH-5", "MSH-3"), ("MSH-6", "MSH-4"))


def _same(subject: Subject, here: str, there: str) -> Iterator[Problem]:
    """The field `here` of the answer holds what stands `there` in the request."""
    if subject.request is None:
        return
    wanted = subject.request.node(there)
    found = subject.carried.node(here)
    if wanted.data != found.data:
        expected = say("ack.as_request", value=quoted(wanted.value), place=there)
        actual = quoted(found.value) if found.present else say("value.absent")
        yield Problem(found.at, expected, actual)


@named("ack-names-the-request")
def names_the_request(subject: Subject) -> Iterator[Problem]:
    node = subject.carried.node("MSA-2")
    if subject.request is None and not node.present:
        yield Problem(node.at, say("value.some"), say("value.absent"))
    yield from _same(subject, "MSA-2", "MSH-10")


@named("ack-event")
def event(subject: Subject) -> Iterator[Problem]:
    yield from _same(subject, "MSH-9.2", "MSH-9.2")


@named("ack-goes-back")
def goes_back(subject: Subject) -> Iterator[Problem]:
    """Swapped applications and facilities; what the request left empty may be filled."""
    for here, there in _ROUTE:
        if subject.request and subject.request.has(there):
            yield from _same(subject, here, there)


@named("ack-same-processing")
def same_processing(subject: Subject) -> Iterator[Problem]:
    if subject.request and subject.request.first("MSH-11.1") in MODES:
        yield from _same(subject, "MSH-11.1", "MSH-11.1")


@named("ack-same-version")
def same_version(subject: Subject) -> Iterator[Problem]:
    if subject.request and VERSION.fullmatch(subject.request.first("MSH-12.1")):
        yield from _same(subject, "MSH-12.1", "MSH-12.1")


@named("ack-says-why")
def says_why(subject: Subject) -> Iterator[Problem]:
    code = subject.carried.first("MSA-1")
    if code in ("AE", "AR") and not subject.carried.named("ERR"):
        at = subject.carried.node("MSA-1").at
        yield Problem(at, plain("ERR"), say("ack.no_reason", code=code))


@named("transmission-ack-type")
def transmission_type(subject: Subject) -> Iterator[Problem]:
    if subject.request:
        node = subject.carried.node("MSH-9")
        wanted = f"ACK^{subject.request.first('MSH-9.2')}^ACK"
        if node.value != wanted:
            actual = quoted(node.value) if node.present else say("value.absent")
            yield Problem(node.at, plain(f"`{wanted}`"), actual)


@named("zam-names-the-request")
def zam_names_the_request(subject: Subject) -> Iterator[Problem]:
    """MSH-10 of a transmission sent before, where the whole conversation is known."""
    node = subject.carried.node("OBX[1]-4")
    sent = [past.carried.first("MSH-10") for past in subject.earlier if past.document]
    if subject.recorded and sent and node.present and node.value not in sent:
        yield Problem(node.at, quoted(", ".join(sent)), quoted(node.value))
