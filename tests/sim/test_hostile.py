"""A real RIS with its own habits: what is built from its A and D says what it said."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from memory import sent

from harness.rules.rule import Verdict
from harness.rules.transmitted import document_of
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.events import Answered, Received
from harness.sim.generate import cases, messages
from harness.sim.play import Play, Setting
from harness.sim.scenario import Scenario
from harness.wire.cda import Document
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-02-03T08:00:00+01:00")
STEPS = ({"send": "A"}, {"send": "C"}, {"send": "D"}, {"send": "E"})
Habit = Callable[[bytes], bytes]


def sub(pattern: bytes, by: bytes) -> Habit:
    def change(raw: bytes) -> bytes:
        found, count = re.subn(pattern, by.replace(b"\\", b"\\\\"), raw)
        assert count, pattern
        return found

    return change


def order(written: bytes) -> Habit:
    """ORC-2 and OBR-2 so written."""

    def change(raw: bytes) -> bytes:
        lines = raw.split(b"\r")
        for place, line in enumerate(lines):
            if line[:3] in (b"ORC", b"OBR"):
                parts = line.split(b"|")
                parts[2] = written
                lines[place] = b"|".join(parts)
        return b"\r".join(lines)

    return change


def after(segment: bytes, *added: bytes) -> Habit:
    """Segments behind the first one of that name."""

    def change(raw: bytes) -> bytes:
        lines = raw.split(b"\r")
        where = next(n for n, line in enumerate(lines) if line[:3] == segment)
        return b"\r".join([*lines[: where + 1], *added, *lines[where + 1 :]])

    return change


def latin(raw: bytes) -> bytes:
    """The whole message in 8859-15, as it declares."""
    text = raw.decode("utf-8").replace("UNICODE UTF-8", "8859/15")
    return text.encode("iso8859-15")


def both(*habits: Habit) -> Habit:
    def change(raw: bytes) -> bytes:
        for habit in habits:
            raw = habit(raw)
        return raw

    return change


def swapped_identifiers(raw: bytes) -> bytes:
    """PID-3: the local number first, then the INS."""
    return re.sub(rb"(PID\|\|\|)([^~|]*)~([^|]*)", rb"\1\3~\2", raw)


HABITS: dict[str, Habit] = {
    "escapes-in-order": order(rb"RQ\T\12\S\3 \F\ 4^APP^1.2.250.1.213.99.1.12^ISO"),
    "spaces-in-order": order(b" 12 345 ^^1.2.250.1.213.99.1.12^ISO"),
    "long-order": order(b"X" * 64 + b"^^1.2.250.1.213.99.1.12^ISO"),
    "order-alone": order(b"12345"),
    "order-with-accents": order("Éch-0œ-12^^1.2.250.1.213.99.1.12^ISO".encode()),
    "latin-order": both(order("Éch-0œ-12^^1.2.250.1.213.99.1.12^ISO".encode()), latin),
    "latin": latin,
    "z-segments": both(
        after(b"PID", b"ZPI|1|x^y&z|\\H\\hello\\N\\"),
        after(b"OBR", b"ZXX|" + b"a|" * 40, b"ZZZ"),
    ),
    "notes-everywhere": both(
        after(b"PID", b"NTE|1|L|sur le patient"), after(b"OBR", b"NTE|7||encore", b"NTE|8")
    ),
    "unknown-standard-segments": after(b"PV1", b"PV2|||^motif", b"IN1|1|A|B"),
    "identifiers-swapped": swapped_identifiers,
    "more-identifiers": sub(rb"(PID\|\|\|)", b"PID|||OLD-1^^^AUTRE&1.2.250.1.999&ISO^PI~"),
    "trailing-bars": lambda raw: raw.replace(b"\r", b"|||||\r"),
    "no-last-cr": lambda raw: raw.rstrip(b"\r"),
    "names-of-applications": sub(
        rb"\^~\\&\|RIS\|SITE-IMAGERIE\|TLR\|PLATEFORME-TLR",
        rb"^~\&|RIS\T\CO^1.2.250.1.999^ISO|CH de l'Est|PF^^L|TELE",
    ),
}


@dataclass
class Site:
    """A real RIS with a habit, and the play that it is in."""

    play: Play
    actor: Actor
    case: Case
    habit: Habit

    def says(self, flow: str, at: float) -> tuple[Message, list[Message]]:
        """Its message, and what we answer and send."""
        made = self.actor.compose(flow, self.case, CLOCK).raw
        message = Message(self.habit(made))
        actions = self.play.handle(Received("platform", "p-1", message.raw), at)
        return message, sent(actions)

    def accepts(self, message: Message, at: float) -> None:
        raw = messages.acknowledgement(message, CLOCK, "R-1", "AA")
        self.play.handle(Answered("platform", "p-2", raw), at)


@dataclass
class Exchanged:
    """A and D as the RIS wrote them, our acknowledgements, C and E."""

    request: Message
    ack: Message
    protocol: Message
    examination: Message
    report: Message
    play: Play

    @property
    def document(self) -> Document:
        found = document_of(self.report)
        assert found
        return found


@pytest.fixture(params=HABITS)
def exchanged(request: pytest.FixtureRequest, setting: Setting) -> Exchanged:
    words = {"fr": "Essai", "en": "Test"}
    scenario = Scenario.model_validate({"scenario": "test", "title": words, "steps": STEPS})
    play = Play(scenario, replace(setting, simulated=frozenset({"platform"})))
    theirs = cases.make_case("us-abdomen", 99, CLOCK)
    site = Site(play, Actor("ris", setting.profile, theirs), theirs, HABITS[request.param])
    play.start(0.0)
    asked, (ack, protocol) = site.says("A", 0.1)
    site.accepts(protocol, 0.2)
    examined, (_, report) = site.says("D", 0.3)
    site.accepts(report, 0.4)
    return Exchanged(asked, ack, protocol, examined, report, play)


def test_what_is_built_from_a_strange_message_says_what_it_said(exchanged: Exchanged) -> None:
    asked, examined = exchanged.request, exchanged.examination
    theirs = tuple(asked.node(place).data for place in ("MSH-3", "MSH-4", "MSH-5", "MSH-6"))
    for ours in (exchanged.ack, exchanged.protocol, exchanged.report):
        places = ("MSH-5", "MSH-6", "MSH-3", "MSH-4")
        assert tuple(ours.node(place).data for place in places) == theirs
        assert ours.first("MSH-18") == asked.first("MSH-18")
    assert exchanged.ack.node("MSA-2").data == asked.node("MSH-10").data
    for ours in (exchanged.protocol, exchanged.report):
        assert ours.node("ORC-2").data == asked.node("ORC-2").data
        assert ours.node("OBR-2").data == asked.node("ORC-2").data
        for place in ("PID-3[5=INS].1", "PID-5[7=L].1", "PID-7", "PID-8", "PID-11[7=BDL].9"):
            assert ours.first(place) == asked.first(place)
    document = exchanged.document
    order = "//cda:inFulfillmentOf/cda:order"
    if asked.has("ORC-2.3"):  # else there is no root that its number could go with
        assert document.first(f"{order}/cda:id/@extension") == asked.first("ORC-2.1")
    accession, study = examined.first("OBR-18"), examined.first("ZDS-1.1")
    assert document.first(f"{order}/ps3-20:accessionNumber/@extension") == accession
    assert document.first("//cda:documentationOf/cda:serviceEvent/cda:id/@root") == study
    link = document.first("//cda:linkHtml/@href")
    assert f"studyUID={study}&" in link
    assert f".{accession}&" in link
    requester = "//cda:participant[@typeCode='REF']//cda:id/@extension"
    assert document.first(requester) == examined.first("ORC-12.1")
    custodian = "//cda:representedCustodianOrganization/cda:id/@extension"
    assert document.first(custodian) == examined.first("ORC-21.10")


def test_none_of_it_is_wrong_on_our_side(exchanged: Exchanged) -> None:
    ours = [x.request for x in exchanged.play.exchanges if x.sender == "platform"]
    ours += [x.answer for x in exchanged.play.exchanges if x.sender == "ris"]
    assert len(ours) == 4
    for judged in ours:
        if judged.follows:  # what theirs lacks, ours lacks
            continue
        broken = [o.rule.id for o in judged.outcomes if o.verdict >= Verdict.WARNING]
        assert broken == []
