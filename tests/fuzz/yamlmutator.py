"""Damage of YAML files that knows what it damages: keys, values, indentation, lines, documents."""

import random
import re
from collections.abc import Callable

PLACES = (
    *("//text()", "/cda:ClinicalDocument", "//@*", "//cda:id/@x", "/node()", "//comment()"),
    *("OBX[1]-5.5", "OBX", "MSH-1", "MSH-2", "MSH-18", "MSH-9", "MSH", "PID-3[5=INS]"),
)
VALUES = (
    *PLACES,
    "", "''", "~", "null", "[]", "{}", "[[[[]]]]", "{a: {b: {c: d}}}", "- x", "0", "-1", "0123",
    "1e400", ".inf", ".nan", "99999999999999999999", "NO", "yes", "true", "2026-01-01", "12:30:45",
    "1_000", "&a x", "*a", "!!python/object/apply:os.system [x]", "!!binary QUJD", "!x y",
    "!!set {a}", "<<: *a", "| \n x", ">-\n x", "'", '"', '"\\x00"', '"\\ud800"', '"\\uffff"',
    "\ufeff", "\u2028", "\u0085", "é", "\U0001f489", "{", "[", "%x", "@x", "`x`", "?", "? x", ": x",
    "# x", "---", "...", "A", "E", "ct-brain", "lb-x", "../../x", "/etc/passwd", "C:\\x", "~/x",
    "a\\0b", "{id}", "{0.__class__}", "{id!r}", "{{", "(a+)+$", "PID-3", "PID-99999999999",
    "OBX[0]-0", "/cda:x[", "/ClinicalDocument", "//cda:id/@root", "AA", "[AE, AR]",
    "livre-blanc-2024", "ans-tlr-2026", "5 MB", "99999999999 GB", "-1 kB", "1.5 MB", "cut-document",
    "bom", "latin", "x" * 300, "[" * 40, "{a: " * 40, "[&a [*a]]", "? [x]\n: y", "? &a [*a]\n: y",
)  # fmt: skip
KEYS = (
    "scenario", "title", "fr", "en", "story", "profile", "case", "cases", "towards", "steps",
    "send", "for", "document", "action", "name", "message", "level", "charset", "change",
    "attachment", "answer", "decision", "protocols", "form", "reason", "words", "code", "system",
    "instead", "exams", "identity", "ack", "err", "mutate", "set", "to", "remove", "repeat", "add",
    "after", "bytes", "findings", "optional", "outside", "within", "wrong", "variant", "expect",
    "authors", "twin", "patient", "fixed", "of", "akc", "0", "<<", "", "é", "null", "\ud800",
)  # fmt: skip
_VALUE = re.compile(r"(?<=[:\-]) +[^\n{}\[\]]*")
_KEY = re.compile(r"[\w-]+(?=:)")

Lines = list[str]


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """The file, damaged once to four times."""
    text = raw.decode("utf-8", "surrogateescape")
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        text = chance.choice(_WAYS)(text, chance)
    return text.encode("utf-8", "surrogatepass" if "\ud800" in text else "surrogateescape")


def _some(pattern: re.Pattern[str], text: str, by: str, chance: random.Random) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text + by
    at = chance.choice(found)
    return text[: at.start()] + by + text[at.end() :]


def _value(text: str, chance: random.Random) -> str:
    return _some(_VALUE, text, f" {chance.choice(VALUES)}", chance)


def _key(text: str, chance: random.Random) -> str:
    return _some(_KEY, text, chance.choice(KEYS), chance)


def _misspelt(text: str, chance: random.Random) -> str:
    found = chance.choice([*_KEY.findall(text), "x"])
    at = chance.randrange(len(found))
    return _some(
        _KEY, text, found[:at] + found[at + 1 :] + chance.choice(("", "x", found[at])), chance
    )


def _line(change: Callable[[Lines, int, random.Random], None]) -> Callable[..., str]:
    def changed(text: str, chance: random.Random) -> str:
        lines = text.split("\n")
        change(lines, chance.randrange(len(lines)), chance)
        return "\n".join(lines)

    return changed


@_line
def _drop(lines: Lines, at: int, chance: random.Random) -> None:
    del lines[at]


@_line
def _double(lines: Lines, at: int, chance: random.Random) -> None:
    lines.insert(at, lines[at])


@_line
def _move(lines: Lines, at: int, chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines)), lines.pop(at))


@_line
def _indent(lines: Lines, at: int, chance: random.Random) -> None:
    lines[at] = chance.choice(("  ", " ", "\t", "    ", "- ")) + lines[at]


@_line
def _outdent(lines: Lines, at: int, chance: random.Random) -> None:
    lines[at] = lines[at].removeprefix(" ").removeprefix(chance.choice(("", " ", " -")))


@_line
def _new(lines: Lines, at: int, chance: random.Random) -> None:
    blanks = " " * chance.choice((0, 2, 4, 6))
    lines.insert(at, f"{blanks}{chance.choice(KEYS)}: {chance.choice(VALUES)}")


@_line
def _part(lines: Lines, at: int, chance: random.Random) -> None:
    lines.insert(at, chance.choice(("---", "...", "%YAML 1.1", "---\n---", "# x")))


def _char(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    piece = chance.choice((*"{}[]:,-&*!|>'\"%@`#?\t\x00\x07\ufeff", *VALUES, "\udcff", "\udce9"))
    return text[:at] + piece + text[at + chance.randrange(2) :]


def _cut(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return chance.choice((text[:at], text[:at] + text[at + chance.randrange(40) :]))


_WAYS: tuple[Callable[[str, random.Random], str], ...] = (
    _value, _value, _value, _key, _key, _misspelt, _drop, _double, _move, _indent, _outdent, _new,
    _new, _part, _char, _cut,
)  # fmt: skip
