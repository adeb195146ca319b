"""The line around a finding, with the part that it is about, for the terminal and the report."""

from dataclasses import dataclass
from typing import Final

from harness.rules.rule import Finding
from harness.sim.record import Judged

BEFORE: Final = 48
AFTER: Final = 96


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line, windowed. `column` counts characters of the whole line from 1.

    `cut_before` and `cut_after` tell that the line goes on. `marked` may be empty: something is
    missing right there.
    """

    line: int
    column: int
    before: str
    marked: str
    after: str
    cut_before: bool = False
    cut_after: bool = False


def excerpt(judged: Judged, finding: Finding) -> Excerpt | None:
    """The excerpt of a finding; None when it has no place in what was received."""
    at = finding.problem.at
    if at.xpath is not None:
        return _of_document(judged, at.line)
    if at.span is None or at.line is None or judged.message is None:
        return None
    return _of_message(judged, at.line, at.span)


def _of_message(judged: Judged, line: int, span: tuple[int, int]) -> Excerpt | None:
    message = judged.message
    if message is None or line > len(message.segments):
        return None
    start, end = message.segments[line - 1].span
    first, last = max(span[0], start), min(max(span[1], span[0]), max(end, span[0]))
    head = message.raw[start:first]
    tail = message.raw[last : min(end, last + 4 * AFTER)]
    before, after = message.text(head), message.text(tail)
    marked = message.text(message.raw[first:last])
    return Excerpt(
        line=line,
        column=len(before) + 1,
        before=_clean(before[-BEFORE:]),
        marked=_clean(marked[:AFTER]) + ("…" if len(marked) > AFTER else ""),
        after=_clean(after[:AFTER]),
        cut_before=len(before) > BEFORE,
        cut_after=len(after) > AFTER or last + len(tail) < end,
    )


def _of_document(judged: Judged, line: int | None) -> Excerpt | None:
    if judged.document is None or line is None:
        return None
    lines = judged.document.raw.decode("utf-8", "replace").splitlines()
    if line > len(lines):
        return None
    text = lines[line - 1]
    indent = len(text) - len(text.lstrip())
    shown = text.strip()
    return Excerpt(
        line=line,
        column=indent + 1,
        before="",
        marked=_clean(shown[:AFTER]),
        after="",
        cut_after=len(shown) > AFTER,
    )


def _clean(text: str) -> str:
    """Control characters made visible, so that they cannot move a cursor or break a page."""
    return "".join(c if c.isprintable() or c == " " else f"\\x{ord(c):02x}" for c in text)
