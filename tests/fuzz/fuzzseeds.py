"""What a fuzzer starts from: messages, documents and files that our own generators make.

Nothing here was written by anybody else. `DICTIONARY` are words of the formats, which a fuzzer puts
in where it likes.
"""

import random
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import cdamutator
import hl7mutator
import yamlmutator

from harness import data
from harness.rules import compiling, profile_file, table
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Subject
from harness.sim.actor import Actor
from harness.sim.generate import cases, cda_report, cda_request
from harness.wire import edit, transcript
from harness.wire.mllp import frame
from harness.wire.transcript import Record

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
PROFILES = (profiles.DEFAULT, "ans-tlr-2026")
CASES = ("ct-brain", "us-abdomen")
TIMES = (
    "20260105", "202601051000", "20260105100000+0100", "20260105100000.1234-0330", "2026", "202601",
    "00010101000000+1400", "99991231235959-1400", "20260329023000", "20251025023000+0200",
)  # fmt: skip


@cache
def subjects(name: str) -> tuple[Subject, ...]:
    """Right messages of every flow of a profile, and their acknowledgements, in conversations."""
    profile = profiles.load(name)
    return tuple(one for case in CASES for one in _conversation(profile, case))


def _conversation(profile: Profile, name: str) -> Iterator[Subject]:
    case = cases.make_case(name, 7, CLOCK)
    actors = {role: Actor(role, profile, case) for role in ("ris", "platform")}
    earlier: tuple[Subject, ...] = ()
    for flow in profile.flows.values():
        message = actors[flow.sender].compose(flow.id, case, CLOCK)
        subject = profile.subject(flow.id, message, earlier=earlier)
        earlier += (subject,)
        yield subject
        for code in ("AA", "AE"):
            answer = actors[flow.receiver].answer(flow.id, message, (), CLOCK, code)
            if answer:
                yield profile.subject("ACK", answer, request=message)


@cache
def messages() -> tuple[bytes, ...]:
    """Right messages of both profiles, their documents cut short."""
    found = [one.carried for name in PROFILES for one in subjects(name)]
    short = [edit.in_document(one, _short) if one.has("OBX[2=ED]-5.5") else one for one in found]
    return tuple(dict.fromkeys(one.raw for one in short))


def _short(document: bytes) -> bytes:
    return document[:300]


@cache
def documents() -> tuple[bytes, ...]:
    """Right documents of both kinds."""
    made = [cases.make_case(name, 7, CLOCK) for name in (*CASES, "pt-lung", "mg-screening")]
    reports = [cda_report.report(case) for case in made]
    return (*reports, cda_report.report(made[0], level=1), *map(cda_request.request, made))


@cache
def scenarios() -> tuple[bytes, ...]:
    """Our own scenario files, document by document."""
    return tuple(_parts(*(data.path("scenarios", name) for name in PROFILES)))


@cache
def cases_of_the_suite() -> tuple[bytes, ...]:
    """Cases of the MLLP suite, some of each file."""
    return tuple(_parts(data.path("scenarios", "mllp")))[::5]


def _parts(*folders: Path) -> Iterator[bytes]:
    files = [file for folder in folders for file in sorted(folder.glob("*.yaml"))]
    parts = (part for file in files for part in file.read_bytes().split(b"\n---\n"))
    return (part for part in parts if len(part) < 3000)


CHANGED = b"""\
scenario: one
title: {fr: Un, en: One}
steps:
- send: E
  mutate: """
CHANGES = (
    b'[{set: "/cda:ClinicalDocument/cda:title", to: "x"}]',
    b'[{remove: "//cda:id"}, {set: "//cda:id/@root", to: "1.2"}]',
    b'[{repeat: "//cda:author"}, {bytes: cut-document}]',
    b"[{repeat: OBX}, {remove: OBX-5}, {bytes: latin}]",
    b'[{add: "NTE|1", after: PID}, {set: "PID-3[5=INS].1", to: "1"}]',
    b"[{bytes: wrapped-base64}, {bytes: truncated-base64}, {bytes: no-msh}]",
)
MAPPING = b"""\
# where our RIS puts things
elements:
  accession-number: {places: [OBR-18, "OBR[1]-3.1"]}
  study-uid:
    also: [ZDS-1.1]
    says: {fr: Examen, en: Study}
"""
BASELINE = b"""\
known:
  - rule: LB-A-PID-3-INS
    place: "PID-3[*].1"
    reason: the vendor mends it
    owner: RIS
    expires: 2027-01-31
  - {rule: STD-LENGTH, reason: old}
"""
CONFIG = b"""\
lang = "en"
[check]
profile = "livre-blanc-2024"
format = ["text", "json=result.json"]
[run]
within = 30
"""


@cache
def context(name: str) -> table.Context:
    """What the rows of a profile's tables may refer to."""
    profile = profiles.load(name)
    return compiling._context(profile_file.read(name), profile.elements, profile.facts)


@cache
def tables() -> tuple[bytes, ...]:
    """A few of the default profile's rows, block by block."""
    folder = data.path("schemas", "profiles", PROFILES[0])
    files = (
        folder / "orders.yaml",
        *sorted((data.path("schemas", "packs") / "ins").glob("*.yaml")),
    )
    parts = (part for file in files for part in file.read_bytes().split(b"\n---\n"))
    return tuple(part[:4000].rpartition(b"\n- ")[0] for part in parts if b"\nrows:" in part[:3000])


def streams() -> Iterator[bytes]:
    """Blocks, junk, and blocks that end or begin wrong."""
    short = [raw[:200] for raw in messages()[:6]]
    for raw in short:
        yield frame(raw)
        yield frame(raw) + b"\n" + frame(short[0])
        yield raw + b"\x1c\r" + frame(raw)
        yield b"\x0b" + raw + b"\x1c" + frame(raw) + b"\x0b" + raw
        yield b"\x0b" + raw[:50] + b"\x0b" + raw[50:] + b"\x1cx\x1c\r"


def journal() -> bytes:
    """A few records of a run."""
    raw = messages()[0]
    records = (
        Record("2026-01-05T10:00:00+01:00", "run", facts={"profile": PROFILES[0]}),
        Record("2026-01-05T10:00:01+01:00", "message", "p-1", "in", "platform", "A", raw),
        Record("2026-01-05T10:00:01+01:00", "ack", "p-1", "out", "platform", "A", raw[:80]),
        Record("2026-01-05T10:00:02+01:00", "end"),
    )
    return b"".join(transcript._line(record, n) for n, record in enumerate(records, 1))


DICTIONARY = (
    *hl7mutator.TOKENS,
    *hl7mutator.ESCAPES,
    *hl7mutator.SEGMENTS,
    *hl7mutator.MARKS,
    *(word.encode() for word in (*cdamutator.VALUES, *cdamutator.NAMES, *TIMES)),
    *(word.encode("utf-8", "surrogatepass") for word in (*yamlmutator.VALUES, *yamlmutator.KEYS)),
    *cdamutator.HEADS,
    *(b"\x0bMSH|", b"\x1c\r", b'"seq": 1', b'"data": ""', b'"facts": {}', b"PID-3[5=INS].1"),
)


def write_dictionary(file: Path) -> None:
    """In the form of libFuzzer: one quoted word a line."""
    words = [word for word in dict.fromkeys(DICTIONARY) if 0 < len(word) <= 40]
    quoted = ("".join(f"\\x{byte:02X}" for byte in word) for word in words)
    file.write_text("".join(f'"{word}"\n' for word in quoted), encoding="ascii")


def chosen(raws: tuple[bytes, ...], count: int, seed: int) -> tuple[bytes, ...]:
    """Some of them, the same ones for the same seed."""
    return tuple(random.Random(seed).sample(raws, min(count, len(raws))))
