"""Named faults of a connection: what may go wrong with a block on its way. Pure data.

A fault takes one block, with its framing and as it came, and gives what is done in its place:
bytes to put on the wire, each after some seconds, or the end of the connection. Whoever carries
blocks can use them: the proxy does.

    NAME[=VALUE][@FLOW][#COUNT]     late-ack=5@D#1: the first acknowledgement of a D, 5 s late

Source: the project's robustness sheet, 3.1, 3.2, 3.14 and 6; every fault was met in the field.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from harness.errors import HarnessError
from harness.text import Text, plain, say
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message
from harness.wire.mllp import frame


@dataclass(frozen=True, slots=True)
class Put:
    """Bytes for the wire, `after` so many seconds."""

    data: bytes
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends, `after` so many seconds; `reset`: by force (RST)."""

    reset: bool = False
    after: float = 0.0


Step = Put | Cut


@dataclass(frozen=True, slots=True)
class Passing:
    """A block on its way. `before` is the one that passed before it in the same direction."""

    raw: bytes
    message: Message
    before: bytes = b""


Act = Callable[[Passing, float], tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `on`: "message" or "ack". `value` is what stands for VALUE when none is given.

    `unit` says what the value counts, empty when the fault takes none.
    """

    name: str
    on: str
    says: Text
    act: Act
    unit: str = ""
    value: float = 0.0


def _written(passing: Passing, place: str, value: str) -> bytes:
    """The block anew with one value changed; as it came when it has no such segment."""
    if not passing.message.named(place.partition("-")[0]):
        return passing.raw
    return frame(edit.apply(passing.message, (Edit("set", place, value),)).raw)


def _late(passing: Passing, seconds: float) -> tuple[Step, ...]:
    return (Put(passing.raw, seconds),)


def _drop(passing: Passing, value: float) -> tuple[Step, ...]:
    return ()


def _double(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Put(passing.raw), Put(passing.raw))


def _wrong_id(passing: Passing, value: float) -> tuple[Step, ...]:
    wrong = passing.message.first("MSA-2")[:-1] + "?"
    return (Put(_written(passing, "MSA-2", wrong)),)


def _stale(passing: Passing, value: float) -> tuple[Step, ...]:
    """The acknowledgement of the message before, once more, in the place of this one."""
    return (Put(passing.before or passing.raw),)


def _refuse(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Put(_written(passing, "MSA-1", "AE")),)


def _cut(passing: Passing, size: float) -> tuple[Step, ...]:
    return Put(passing.raw[: int(size)]), Cut()


def _hang_up(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Cut(),)


def _reset_after(passing: Passing, value: float) -> tuple[Step, ...]:
    return Put(passing.raw), Cut(reset=True)


def _pieces(passing: Passing, size: float) -> tuple[Step, ...]:
    """In pieces of `size` bytes, each a packet of its own."""
    length = max(1, int(size))
    raw = passing.raw
    starts = range(0, len(raw), length)
    return tuple(Put(raw[at : at + length], 0.002 if at else 0.0) for at in starts)


def _no_start(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Put(passing.raw.removeprefix(b"\x0b")),)


def _no_end(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Put(passing.raw.removesuffix(b"\x1c\r")),)


def _no_return(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Put(passing.raw.removesuffix(b"\r")),)


def _line_feed(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Put(passing.raw + b"\n"),)


def _framed_twice(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Put(b"\x0b" + passing.raw + b"\x1c\r"),)


def _junk(passing: Passing, value: float) -> tuple[Step, ...]:
    return (Put(b"PING\r\n" + passing.raw),)


def _each(
    name: str, act: Act, fr: str, en: str, unit: str = "", value: float = 0.0
) -> tuple[Fault, Fault]:
    """The same fault on acknowledgements and on messages."""
    ack = Text(f"acquittement {fr}", f"acknowledgement {en}")
    message = Text(f"message {fr}", f"message {en}")
    return (
        Fault(f"{name}-ack", "ack", ack, act, unit, value),
        Fault(f"{name}-message", "message", message, act, unit, value),
    )


def _ack(name: str, act: Act, fr: str, en: str) -> Fault:
    return Fault(name, "ack", Text(fr, en), act)


FAULTS: Final = (
    *_each("late", _late, "en retard", "late", "s", 5.0),
    *_each("drop", _drop, "perdu", "lost"),
    *_each("double", _double, "envoyé deux fois", "sent twice"),
    *_each("cut", _cut, "coupé, puis la connexion", "cut short, then the connection", "B", 20.0),
    *_each("hang-up", _hang_up, "non envoyé, connexion fermée", "not sent, connection closed"),
    *_each("pieces", _pieces, "en petits paquets", "in small packets", "B", 16.0),
    *_each("no-start", _no_start, "sans VT", "without VT"),
    *_each("no-end", _no_end, "sans FS CR", "without FS CR"),
    *_each("no-return", _no_return, "sans CR final", "without its final CR"),
    *_each("framed-twice", _framed_twice, "encadré deux fois", "framed twice"),
    *_each("junk-before", _junk, "après des octets étrangers", "after foreign bytes"),
    *_each("line-feed", _line_feed, "suivi de LF", "followed by LF"),
    _ack("wrong-msa-2", _wrong_id, "MSA-2 d'un autre message", "MSA-2 of another message"),
    _ack("stale-ack", _stale, "l'acquittement précédent", "the acknowledgement before it"),
    _ack("refusing-ack", _refuse, "MSA-1 = AE", "MSA-1 = AE"),
    _ack("reset-after-ack", _reset_after, "connexion coupée après (RST)", "reset after it (RST)"),
)
_WRITTEN: Final = re.compile(
    r"(?P<name>[a-z0-9-]+)(=(?P<value>\d+(\.\d+)?))?(@(?P<flow>[A-Za-z0-9]+))?(#(?P<count>\d+))?"
)


@dataclass(slots=True)
class Chosen:
    """A fault as asked for. `flow` empty: every one. `left`: how often still, None without end."""

    fault: Fault
    value: float
    flow: str = ""
    left: int | None = None

    def __str__(self) -> str:
        value = f"={self.value:g}" if self.fault.unit else ""
        return self.fault.name + value


def parse(text: str) -> Chosen:
    """A fault as written: `NAME[=VALUE][@FLOW][#COUNT]`. Raises HarnessError."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise HarnessError(say("fault.unreadable", text=text), hint="NAME[=VALUE][@FLOW][#COUNT]")
    fault = _named(found["name"])
    if found["value"] and not fault.unit:
        raise HarnessError(say("fault.no_value", name=fault.name))
    value = float(found["value"]) if found["value"] else fault.value
    count = int(found["count"]) if found["count"] else None
    return Chosen(fault, value, found["flow"] or "", count)


def _named(name: str) -> Fault:
    known = {fault.name: fault for fault in FAULTS}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = say("yaml.did_you_mean", word=near[0]) if near else plain(", ".join(known))
    raise HarnessError(say("fault.unknown", name=name), hint=hint)


class Faults:
    """Those chosen for a session. `on`: they can be switched off and on again meanwhile."""

    def __init__(self, chosen: Iterable[Chosen] = ()) -> None:
        self.chosen = list(chosen)
        self.on = True

    def switch(self) -> None:
        """Off when they are on, on when they are off."""
        self.on = not self.on

    def act(self, kind: str, flow: str, passing: Passing) -> tuple[tuple[Step, ...], str]:
        """What is done in the place of a block, and the fault's name, empty for none.

        `kind` is "message" or "ack", `flow` that of the message itself. The first fault that fits
        is committed, alone.
        """
        for chosen in self.chosen if self.on else ():
            if chosen.fault.on != kind or chosen.flow not in ("", flow) or chosen.left == 0:
                continue
            if chosen.left is not None:
                chosen.left -= 1
            return chosen.fault.act(passing, chosen.value), str(chosen)
        return (Put(passing.raw),), ""
