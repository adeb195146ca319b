"""CPU time of judging one ORM of 15 segments: telerad, hl7apy and python-hl7, in one run.

    python bench/judge.py [ROUNDS]

Medians over interleaved rounds, so that a busy machine slows all alike: read the ratios. Each round
has a message of its own (MSH-10 changes), so that nothing is remembered from one to the next. What
is paid once (imports, tables, compiled rules) is paid before. The one name that is longer than
strict hl7apy takes is shortened, so that it reads the whole message; what it then says of the
message, wrongly, is printed.
"""

import gc
import sys
import time
import warnings
from collections.abc import Callable
from datetime import datetime
from statistics import median

import hl7
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from harness.rules import profile as profiles
from harness.rules.rule import Outcome, Verdict, evaluate_all
from harness.sim.actor import Actor
from harness.sim.generate import cases
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
CONTROL_ID = b"BENCH0000"
SEGMENTS = 15
PROFILE = profiles.load()
STANDARD = tuple(rule for rule in PROFILE.rules if rule.group == "standard")


def order() -> bytes:
    """Flow A of a generated case, filled up with observations to 15 segments."""
    case = cases.make_case("ct-brain", 1, CLOCK)
    message = Actor("ris", PROFILE, case).compose("A", case, CLOCK)
    raw = message.raw.replace(
        b"Centre d'imagerie des Essais", b"Site des Essais"
    )  # hl7apy stops at 20 characters
    message = Message(raw).with_value("MSH-10", CONTROL_ID)
    number = len(message.named("OBX"))
    while len(message.segments) < SEGMENTS:
        number += 1
        line = f"OBX|{number}|NM|29463-7^Poids^LN||{60 + number}|kg|||||F"
        message = message.with_segment(line, after=message.segments[-1].name)
    return message.raw


def judge(raw: bytes) -> tuple[Outcome, ...]:
    """Our full judgement: parse, and every rule of every pack."""
    return PROFILE.judge(PROFILE.subject("A", Message(raw)))


def judge_standard(raw: bytes) -> tuple[Outcome, ...]:
    """Parse, and the rules of the base standard alone: what hl7apy's validation is about."""
    return tuple(evaluate_all(STANDARD, PROFILE.subject("A", Message(raw))))


def hl7apy_strict(raw: bytes) -> str:
    """Parse with groups and validate, both strict. Gives the reason of a refusal."""
    try:
        parse_message(raw.decode(), VALIDATION_LEVEL.STRICT).validate()
    except HL7apyException as refused:
        return f"{type(refused).__name__}: {refused}"
    return ""


def hl7apy_tolerant(raw: bytes) -> str:
    """Parse with groups, tolerant, and validate."""
    try:
        parse_message(raw.decode(), VALIDATION_LEVEL.TOLERANT).validate()
    except HL7apyException as refused:
        return f"{type(refused).__name__}: {refused}"
    return ""


def python_hl7(raw: bytes) -> hl7.Message:
    """Parse only: this library does not validate."""
    return hl7.parse(raw.decode())


RUNNERS: dict[str, Callable[[bytes], object]] = {
    "telerad, all packs": judge,
    "telerad, base standard": judge_standard,
    "python-hl7, parse": python_hl7,
    "hl7apy, tolerant + validate": hl7apy_tolerant,
    "hl7apy, strict + validate": hl7apy_strict,
}


def measure(raw: bytes, rounds: int) -> dict[str, float]:
    """Median CPU time of each runner, in milliseconds."""
    spent: dict[str, list[int]] = {name: [] for name in RUNNERS}
    for number in range(rounds):
        message = raw.replace(CONTROL_ID, b"BENCH%04d" % number)
        for name, run in RUNNERS.items():
            gc.collect()
            gc.disable()
            begun = time.process_time_ns()
            run(message)
            spent[name].append(time.process_time_ns() - begun)
            gc.enable()
    return {name: median(times) / 1e6 for name, times in spent.items()}


def main() -> None:
    warnings.simplefilter("ignore")  # hl7apy warns of each French code
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    raw = order()
    failed = [o.rule.id for o in judge(raw) if o.verdict > Verdict.PASS]
    refused = {name: RUNNERS[name](raw) for name in RUNNERS if name.startswith("hl7apy")}
    count = len(Message(raw).segments)
    rules = len(judge(raw))
    print(f"one ORM of {count} segments, {len(raw)} bytes; {rules} rules, {len(STANDARD)} of them")
    print(f"the base standard's; medians of {rounds} rounds, CPU\n")
    figures = measure(raw, rounds)
    ours = figures["telerad, all packs"]
    for name, spent in figures.items():
        print(f"{name:30} {spent:9.3f} ms {spent / ours:8.2f} x")
    print(f"\ntelerad finds: {', '.join(failed) or 'nothing'}")
    for name, reason in refused.items():
        print(f"{name} says: {reason or 'valid'}"[:160])


if __name__ == "__main__":
    main()
