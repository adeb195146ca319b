"""A whole exchange, A to E, beside its floor: splitting, base64, libxml2's parse and XML schema.

Five messages, as their receivers take them: three ORM, and two ORU with a document. With our rules,
and with three official Schematrons as well where the checkout is found (see `official`).
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pybase64
from lxml import etree

from bench import samples
from bench.house import Goal, Part, alone, sides, times
from bench.parts import official
from bench.turns import Effort, Ratio, compare
from harness.rules import xsd
from harness.rules.published import saxon
from harness.wire.er7 import Message

OURS, FLOOR = "telerad", "floor"
NAMES = {
    FLOOR: ("plancher : découper, base64, libxml2", "floor: split, base64, libxml2"),
    OURS: ("telerad, nos règles", "telerad, our rules"),
    "official": (
        "telerad, et trois Schematrons officiels",
        "telerad, and three official Schematrons",
    ),
}
GOAL = ("échange A à E", "exchange A to E")


def messages() -> list[tuple[str, bytes]]:
    """A to E; the report is the official example where it is found, else filled up to 350 KB."""
    found = [(flow, samples.composed(flow, "ct-body")) for flow in "ABCDE"]
    document = samples.with_narrative(samples.report())
    return [(flow, samples.carrying(raw, document) if flow == "E" else raw) for flow, raw in found]


def measure(effort: Effort) -> Part:
    """The exchange on each side."""
    part = Part("exchange", ("Échange complet", "Whole exchange"))
    made = messages()
    schema = etree.XMLSchema(etree.parse(str(xsd.own())))
    jobs: dict[str, Callable[[int], object]] = {
        OURS: lambda n: [judge(flow, samples.fresh(raw, n)) for flow, raw in made],
        FLOOR: lambda n: [floor(samples.fresh(raw, n), schema) for _, raw in made],
    }
    there = (samples.PUBLISHED / official.SCHEMAS[0]).is_file() and saxon.is_there()
    base = Path(tempfile.mkdtemp())
    try:
        if there:
            engines = official.Engines(base, reference=False)
            jobs["official"] = lambda n: [
                judge(flow, samples.fresh(raw, n), engines) for flow, raw in made
            ]
        found = compare(jobs, effort)
    finally:
        shutil.rmtree(base)
    size = sum(len(raw) for _, raw in made) // 1024
    title = (f"Cinq messages, {size} Ko", f"Five messages, {size} KB")
    part.tables.append(sides(title, found, FLOOR, NAMES))
    part.goals.append(_goal(2, found.ratio(OURS, FLOOR), OURS))
    if there:
        part.goals.append(_goal(4, found.ratio("official", FLOOR), "official"))
    else:
        wanted = ("≤ 4× le plancher", "≤ 4× the floor")
        name = (f"{GOAL[0]} : {NAMES['official'][0]}", f"{GOAL[1]}: {NAMES['official'][1]}")
        absent = ("non mesuré : dépôt absent", "not measured: no checkout")
        part.goals.append(Goal(name, wanted, absent, None))
    return part


def _goal(most: float, ratio: Ratio, side: str) -> Goal:
    name = (f"{GOAL[0]} : {NAMES[side][0]}", f"{GOAL[1]}: {NAMES[side][1]}")
    wanted = (f"≤ {most:g}× le plancher", f"≤ {most:g}× the floor")
    return Goal(name, wanted, (f"{times(ratio)}×",) * 2, ratio.high <= most)


def judge(flow: str, raw: bytes, engines: official.Engines | None = None) -> object:
    """What a receiver does with a message, the official Schematrons as well."""
    profile = samples.profile()
    subject = profile.subject(flow, Message(raw))
    outcomes = profile.judge(subject)
    document = subject.document
    if engines and document is not None and document.root is not None:
        return outcomes, engines.natively(document.root)
    return outcomes


def floor(raw: bytes, schema: etree.XMLSchema) -> object:
    """What cannot be done without."""
    lines = [line.split(b"|") for line in raw.split(b"\r")]
    for line in lines:
        if line[0] == b"OBX" and line[2] == b"ED":
            document = pybase64.b64decode(line[5].split(b"^")[4])
            tree = etree.fromstring(document, etree.XMLParser(huge_tree=True))
            return schema.validate(tree)
    return lines


if __name__ == "__main__":
    alone(measure)
