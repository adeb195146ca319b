"""What is measured on: messages and documents of our generators, official ones where found."""

import base64
import os
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

from lxml import etree

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.generate import cases, cda_report
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
CONTROL_ID = b"BENCH0000"
SIZE = 350 * 1024
SEGMENTS = 15
CORPUS = Path(os.environ.get("TELERAD_CORPUS", "../shared/corpus"))
PUBLISHED = Path(os.environ.get("TELERAD_PUBLISHED", "../TestContenuCDA-3-0"))


@cache
def profile() -> Profile:
    """The rules of the white paper."""
    return profiles.load()


def fresh(raw: bytes, number: int) -> bytes:
    """The message under another MSH-10, so that nothing is remembered from one to the next."""
    return raw.replace(CONTROL_ID, b"BENCH%04d" % (number % 10000), 1)


def composed(flow: str, case: str = "ct-brain") -> bytes:
    """A message of a flow."""
    made = cases.make_case(case, 1, CLOCK)
    sender = profile().flow(flow).sender
    message = Actor(sender, profile(), made).compose(flow, made, CLOCK)
    return message.with_value("MSH-10", CONTROL_ID).raw


def order() -> bytes:
    """Flow A with observations up to 15 segments. The one name that is longer than strict hl7apy
    takes is shortened, so that it reads the whole message.
    """
    raw = composed("A").replace(b"Centre d'imagerie des Essais", b"Site des Essais")
    return filled(raw, SEGMENTS)


def filled(raw: bytes, segments: int) -> bytes:
    """The message with observations of a weight up to that many segments."""
    message = Message(raw)
    number, last = len(message.named("OBX")), message.segments[-1]
    lines = [
        b"OBX|%d|NM|29463-7^Poids^LN||%d|kg|||||F\r" % (number + n, 60 + n % 40)
        for n in range(1, segments - len(message.segments) + 1)
    ]
    end = b"" if last.end else b"\r"
    return raw + end + b"".join(lines)


def carrying(raw: bytes, document: bytes) -> bytes:
    """The message with another document in OBX-5."""
    encoded = base64.b64encode(document)
    return re.sub(rb"\^Base64\^[A-Za-z0-9+/=]+", lambda _: b"^Base64^" + encoded, raw, count=1)


def report(case: str = "ct-body") -> bytes:
    """A generated imaging report."""
    return cda_report.report(cases.make_case(case, 1, CLOCK))


def with_narrative(document: bytes, size: int = SIZE) -> bytes:
    """Filled up with paragraphs."""
    part = b"<paragraph>Texte du compte rendu.</paragraph>"
    times = max(0, (size - len(document)) // len(part))
    return document.replace(b"</text>", part * times + b"</text>", 1)


def with_series(document: bytes, size: int = SIZE) -> bytes:
    """The series of its catalogue of images many times over, each with UIDs of its own."""
    tree = etree.fromstring(document)
    series = tree.find(".//{*}act/{*}templateId[@root='1.2.250.1.213.1.1.3.156']/../..")
    number, length = 0, len(etree.tostring(series))
    have = len(etree.tostring(tree))
    while have < size:
        number += 1
        have += length
        twin = etree.fromstring(etree.tostring(series, with_tail=False))
        for one in twin.iter("{*}id"):
            one.set("root", f"{one.get('root')}.{number}")
        series.addnext(twin)
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True)


def reports() -> Iterator[tuple[str, bytes]]:
    """Documents with few, some and many elements."""
    body = report()
    yield "brain", report("ct-brain")
    yield "body", body
    yield "narrative", with_narrative(body)
    yield "series", with_series(body)
    found = official()
    if found:
        yield "official", found


def official() -> bytes | None:
    """The official example of a report, where it is found."""
    file = CORPUS / "ans-cda-img" / "IMG_CR_IMG_2024.01.xml"
    return file.read_bytes() if file.is_file() else None
