"""The cases of the MLLP torture suite: what is done to a peer, and what it must do then.

A case is data in `scenarios/mllp/*.yaml`, its vocabulary is closed; `scenarios/mllp/README.md` is
its grammar. Times are in units of the suite's patience, so that a case says "long" and the user
says how long that is.

Source: HL7 MLLP releases 1 and 2; HL7 v2.5.1, chapter 2, 2.9 (acknowledgements); RFC 9293.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from harness import data, yamlfile
from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.rule import Level
from harness.sim import form, strict
from harness.sim.strict import Closed, Words
from harness.sim.torture import text as torture_text
from harness.text import say
from harness.wire import er7path
from harness.yamlfile import Item

GROUPS: Final = (
    "framing",
    "pieces",
    "order",
    "size",
    "connection",
    "foreign",
    "encoding",
    "acknowledgement",
    "time",
)
GOOD: Final = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9")
ANSWERS: Final = ("ack", "error", "reject", "before")
CODES: Final = ("AA", "AE", "AR", "CA", "CE", "CR")
_VERBS: Final = (
    *("send", "wait", "outlast", "end", "close", "reset", "hold", "read", "receive", "expect"),
)
_FACTS: Final = ("ack", "silence", "closed", "open", "again", "believes", "framed", "any")
_CHANGES: Final = (
    *("set", "remove", "bytes", "pad", "replace", "append", "trim", "delimiters", "encode"),
)
BYTES: Final = ("lf", "crlf", "bom", "latin", "no-msh", "lower-case-segment")

Names = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def _only_one(model: Closed, verbs: Sequence[str]) -> None:
    """Exactly one of the verbs is there."""
    if sum(verb in model.model_fields_set for verb in verbs) != 1:
        names = {"verbs": ", ".join(verbs)}
        raise PydanticCustomError("mllp.one_of", "exactly one of {verbs}", names)


class Source(Closed):
    """Where a requirement comes from: a key of `schemas/documents.yaml`, and the section."""

    document: str
    section: str


class Change(Closed):
    """One change made to a good message or answer."""

    set: str = Field(default="", description="a place such as MSH-10, with `to`")
    to: str = ""
    remove: str = Field(default="", description="a place, or a segment")
    bytes: Literal["lf", "crlf", "bom", "latin", "no-msh", "lower-case-segment"] | None = None
    pad: str = Field(default="", description="NTE segments of so many bytes, such as 300 kB")
    replace: str = Field(default="", description="bytes, wherever they stand, with `by`")
    by: str = ""
    append: str = Field(default="", description="bytes at the end, `times` so often")
    times: int = Field(default=1, ge=1, le=1_000_000)
    trim: int = Field(default=0, ge=0, description="bytes taken off the end")
    delimiters: str = Field(default="", description="the five, in the place of |^~\\&")
    encode: Literal["utf-16"] | None = None

    @model_validator(mode="after")
    def _one(self) -> "Change":
        _only_one(self, _CHANGES)
        if self.pad and form.size_of(self.pad) is None:
            raise PydanticCustomError("form.size", "a size such as 5 MB")
        if (place := self.set or self.remove) and not er7path.is_path(place):
            raise PydanticCustomError("mllp.path", "a path such as MSH-10")
        if self.delimiters and len(self.delimiters.encode()) != 5:
            raise PydanticCustomError("mllp.five", "five characters")
        return self


class Made(Closed):
    """A block that the case needs besides the good ones: `like` one of those, then changed."""

    like: str
    change: tuple[Change, ...] = ()


class Fact(Closed):
    """What is expected; exactly one of its verbs.

    ack: the acknowledgement of each of these messages, in this order, on connection `via`. `code`:
    "good" is what good messages get, "any", or some of AA, AE, AR, CA, CE, CR. `among`: other
    blocks may come before.
    silence: nothing comes. closed, open: what the peer does with that connection.
    again: the sender sends that message once more.
    framed: that message of the sender is in a block as it should be, nothing stands around it.
    believes: what the sender holds to be true of its message, told by its command.
    any: one of these facts.
    """

    ack: Names = ()
    code: Names = ("good",)
    among: bool = False
    via: str = "a"
    silence: bool = False
    closed: str = ""
    open: str = ""
    again: str = ""
    framed: str = ""
    believes: Literal["accepted", "not-accepted"] | None = None
    any: tuple["Fact", ...] = ()

    @model_validator(mode="after")
    def _one(self) -> "Fact":
        _only_one(self, _FACTS)
        if any_unknown := [code for code in self.code if code not in ("good", "any", *CODES)]:
            raise PydanticCustomError("mllp.code", "{codes}", {"codes": ", ".join(any_unknown)})
        return self


class Step(Closed):
    """One thing that we do or expect; exactly one of its verbs. `via`: the connection, "a"."""

    send: str | None = None
    via: str = "a"
    from_: int | None = Field(default=None, alias="from", description="first byte, from 0")
    until: int | None = Field(default=None, description="byte before which it stops; -1: but one")
    pieces: int | None = Field(default=None, ge=1, description="bytes of each packet")
    every: float = Field(default=0.0, ge=0, description="patience between packets")
    times: int = Field(default=1, ge=1, le=100_000)
    wait: float | None = Field(default=None, gt=0, description="in units of patience")
    outlast: bool = Field(default=False, description="until the sender waits no more")
    end: str = Field(default="", description="half close: we send no more")
    close: str = ""
    reset: str = ""
    hold: str = Field(default="", description="stop reading")
    read: str = Field(default="", description="read again")
    receive: str = Field(default="", description="the sender's next message")
    expect: Fact | None = None
    tolerated: Fact | None = Field(default=None, description="if that holds instead: a warning")
    level: Level | None = Field(default=None, description="of `expect`; the case's by default")

    @model_validator(mode="after")
    def _one(self) -> "Step":
        _only_one(self, _VERBS)
        return self


class Attack(Closed):
    """One case. `incident`: what happened in the field, `seen`: where that was told."""

    mllp: str = Field(pattern=r"^MLLP-[RS]-\d{3}$")
    group: str
    title: Words
    level: Level
    source: Source
    says: Words
    incident: Words
    seen: tuple[str, ...] = ()
    blocks: dict[str, Made] = Field(default_factory=dict)
    alone: bool = Field(default=False, description="needs the peer to itself")
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @property
    def id(self) -> str:
        """Its number, which never changes."""
        return self.mllp

    @property
    def tests(self) -> str:
        """The role of the peer: "receiver" or "sender"."""
        return "receiver" if self.mllp[5] == "R" else "sender"


def load(file: Path) -> tuple[Attack, ...]:
    """The cases of a file. Raises HarnessError with file, line and column."""
    return tuple(read(item) for item in yamlfile.load_some(file))


def every() -> tuple[Attack, ...]:
    """All cases, by number; receivers first."""
    folder = data.path("scenarios", "mllp")
    found = [attack for file in sorted(folder.glob("*.yaml")) for attack in load(file)]
    twice = {attack.id for attack in found if sum(a.id == attack.id for a in found) > 1}
    if twice:
        raise HarnessError(say("mllp.twice", names=", ".join(sorted(twice))), file=folder)
    return tuple(sorted(found, key=lambda attack: attack.id))


def find(prefixes: Sequence[str], role: str = "both") -> tuple[Attack, ...]:
    """The cases of a role ("receiver", "sender", "both") whose number begins so; all when none.

    Raises HarnessError for a prefix that finds nothing.
    """
    known = [attack for attack in every() if role in ("both", attack.tests)]
    wanted = [prefix.upper() for prefix in prefixes]
    for prefix in wanted:
        if not any(attack.id.startswith(prefix) for attack in known):
            near = get_close_matches(prefix, [attack.id for attack in known], n=1, cutoff=0.5)
            hint = say("yaml.did_you_mean", word=near[0]) if near else "telerad mllp list"
            raise HarnessError(say("mllp.unknown", name=prefix), hint=hint)
    return tuple(a for a in known if not wanted or a.id.startswith(tuple(wanted)))


def is_case(item: Item) -> bool:
    """A document says that it is one: it begins with a number."""
    return isinstance(item.value, dict) and "mllp" in item.value


def read(item: Item) -> Attack:
    """A document of a file as a case. Raises HarnessError with file, line and column."""
    found = strict.validate(item, Attack, item.plain(), "scenario.wrong")
    if found.group not in GROUPS:
        hint = say("yaml.one_of", values=", ".join(GROUPS))
        raise item.find(("group",)).error("yaml.unknown_value", hint=hint, value=found.group)
    if found.source.document not in profiles.documents():
        place = item.find(("source", "document"))
        raise place.error("yaml.unknown_value", value=found.source.document)
    _refuse_unknown_blocks(item, found)
    return found


def _refuse_unknown_blocks(item: Item, found: Attack) -> None:
    """Every block that a text or an expectation names is there when it is named."""
    known = {*ANSWERS} if found.tests == "sender" else {*GOOD}
    for name, made in found.blocks.items():
        if made.like not in known:
            raise _no_block(item.find(("blocks", name, "like")), made.like, known)
        known.add(name)
    for number, step in enumerate(found.steps):
        place = item.find(("steps", number))
        known |= {step.receive, f"{step.receive}ack"} if step.receive else set()
        for key, name in _uses(step):
            if name not in known:
                raise _no_block(place.find((key,)), name, known)


def _uses(step: Step) -> Iterator[tuple[str, str]]:
    yield from (("send", name) for name in torture_text.named(step.send or ""))
    every = [fact for fact in (step.expect, step.tolerated) if fact]
    facts = [one for fact in every for one in (fact, *fact.any)]
    for fact in facts:
        yield from (("expect", name) for name in (*fact.ack, fact.again, fact.framed) if name)


def _no_block(place: Item, name: str, known: set[str]) -> HarnessError:
    near = get_close_matches(name, sorted(known), n=1)
    hint = say("yaml.did_you_mean", word=near[0]) if near else ", ".join(sorted(known))
    return place.error("mllp.no_block", hint=hint, name=name)


def schema() -> dict[str, Any]:
    """JSON Schema of a file of cases, for editors."""
    found = Attack.model_json_schema()
    found["properties"]["group"]["enum"] = list(GROUPS)
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = "telerad MLLP case"
    return found
