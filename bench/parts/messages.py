"""ER7: parse and judge an ORM, and an ORU with a document of 350 KB, beside hl7apy, python-hl7,
hl7types and the splitting of bytes.

The document of the ORU is not opened here: rules about it are measured in `documents`.
"""

import warnings
from collections.abc import Callable, Iterator

import hl7
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from bench import samples
from bench.house import Both, Goal, Part, alone, at_least, at_most, sides
from bench.turns import Effort, Job, Times, compare
from harness.rules.rule import Outcome, Subject, Verdict, evaluate_all
from harness.wire.er7 import Message

OURS = "telerad"
LEVELS = {"tolerant": VALIDATION_LEVEL.TOLERANT, "strict": VALIDATION_LEVEL.STRICT}
NAMES = {
    "telerad": (
        "telerad : lire, juger par toutes les règles",
        "telerad: parse, judge by all rules",
    ),
    "standard": ("telerad : lire, standard de base seul", "telerad: parse, base standard alone"),
    "split": ("découper les octets", "splitting the bytes"),
    "python-hl7": ("python-hl7 : lire", "python-hl7: parse"),
    "hl7types": ("hl7types : lire, strict", "hl7types: parse, strict"),
    "tolerant": ("hl7apy : lire, valider, tolérant", "hl7apy: parse, validate, tolerant"),
    "strict": ("hl7apy : lire, valider, strict", "hl7apy: parse, validate, strict"),
}


def measure(effort: Effort) -> Part:
    """Both messages."""
    warnings.simplefilter("ignore")  # hl7apy warns of each French code
    part = Part("messages", ("Messages HL7 v2", "HL7 v2 messages"))
    order = samples.order()
    small = compare(sides_of(order, "A"), effort)
    count = len(Message(order).segments)
    size = f"{len(order)}"
    rules = len(judge(order, "A"))
    part.tables.append(
        sides(
            (
                f"ORM de {count} segments, {size} octets, {rules} règles",
                f"ORM of {count} segments, {size} bytes, {rules} rules",
            ),
            small,
            OURS,
            NAMES,
        )
    )
    report = samples.carrying(samples.composed("E"), samples.with_narrative(samples.report()))
    large = compare(sides_of(report, "E"), effort)
    part.tables.append(
        sides(
            (
                f"ORU de {len(report) // 1024} Ko, document non ouvert",
                f"ORU of {len(report) // 1024} KB, document not opened",
            ),
            large,
            OURS,
            NAMES,
        )
    )
    both = {"ORM": lambda n: judge(samples.fresh(order, n), "A")}
    both["ORU"] = lambda n: judge(samples.fresh(report, n), "E")
    part.goals = goals(small, compare(both, effort))
    part.notes = list(said(order, report))
    return part


def sides_of(raw: bytes, kind: str) -> dict[str, Job]:
    """Everybody on one message."""
    standard = tuple(r for r in samples.profile().rules if r.group == "standard")
    found: dict[str, Job] = {
        OURS: lambda n: judge(samples.fresh(raw, n), kind),
        "standard": lambda n: tuple(
            evaluate_all(standard, Subject(kind, Message(samples.fresh(raw, n))))
        ),
        "split": lambda n: [line.split(b"|") for line in samples.fresh(raw, n).split(b"\r")],
        "python-hl7": lambda n: hl7.parse(samples.fresh(raw, n).decode()),
        **{
            name: lambda n, level=level: hl7apy(samples.fresh(raw, n), level)
            for name, level in LEVELS.items()
        },
    }
    types = hl7types_of()
    if types:
        found["hl7types"] = lambda n: types(samples.fresh(raw, n).decode())
    return found


def judge(raw: bytes, kind: str) -> tuple[Outcome, ...]:
    """Parse, and every rule about the message; the document that it carries is not looked for."""
    profile = samples.profile()
    return profile.judge(Subject(kind, Message(raw), elements=profile.elements))


def hl7types_of() -> Callable[[str], object] | None:
    """The strict parser of hl7types, where it is installed."""
    try:
        from hl7types import decode_er7
    except ImportError:
        return None
    found: Callable[[str], object] = decode_er7
    return found


def hl7apy(raw: bytes, level: int) -> str:
    """Parse with groups and validate. Gives the reason of a refusal."""
    try:
        parse_message(raw.decode(), level).validate()
    except HL7apyException as refused:
        return f"{type(refused).__name__}: {refused}"
    return ""


def goals(small: Times, both: Times) -> list[Goal]:
    """Of the project, on messages."""
    orm = ("ORM : lire et juger", "ORM: parse and judge")
    strict = ("moins de CPU que hl7apy strict", "less CPU than strict hl7apy")
    found = [at_least(orm, 60, small.ratio("strict", OURS), strict)]
    if "hl7types" in small.rounds:
        types = ("moins de CPU que hl7types, qui lit", "less CPU than hl7types, which parses")
        found.append(at_least(orm, 4, small.ratio("hl7types", OURS), types))
    large = ("ORU de 350 Ko, document non ouvert", "ORU of 350 KB, document not opened")
    found.append(at_most(large, 4, both.ratio("ORU", "ORM"), ("l'ORM", "the ORM")))
    return found


def said(order: bytes, report: bytes) -> Iterator[Both]:
    """What the sides make of two messages that conform."""
    for name, raw, kind in (("ORM", order, "A"), ("ORU", report, "E")):
        found = ", ".join(o.rule.id for o in judge(raw, kind) if o.verdict > Verdict.PASS)
        yield f"{name} : telerad trouve {found or 'rien'}", f"{name}: telerad finds {found or '-'}"
        for side, level in LEVELS.items():
            told = hl7apy(raw, level)
            yield (
                f"{name} : hl7apy, {side} : {told[:120] or 'valide'}",
                f"{name}: hl7apy, {side}: {told[:120] or 'valid'}",
            )


if __name__ == "__main__":
    alone(measure)
