"""The line around a finding, with the part that it is about, for the terminal and the report."""

import re
from dataclasses import dataclass
from typing import Final

from harness.rules.rule import Finding
from harness.show.words import visible
from harness.sim.record import Judged

WIDTH: Final = 144
_NAME: Final = re.compile(r"[\w.-]+")


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


def excerpt(judged: Judged, finding: Finding, width: int = WIDTH) -> Excerpt | None:
    """The excerpt of a finding, at most `width` characters; None when it has no such place."""
    at = finding.problem.at
    if at.xpath is not None:
        return _of_document(judged, at.line, at.xpath, width)
    if at.span is None or at.line is None or judged.message is None:
        return None
    return _of_message(judged, at.line, at.span, width)


def _of_message(judged: Judged, line: int, span: tuple[int, int], width: int) -> Excerpt | None:
    message = judged.message
    if message is None or line > len(message.segments):
        return None
    start, end = message.segments[line - 1].span
    first, last = max(span[0], start), min(max(span[1], span[0]), max(end, span[0]))
    head = message.raw[start:first]
    tail = message.raw[last : min(end, last + 4 * width)]
    before, after = message.text(head), message.text(tail)
    marked = message.text(message.raw[first:last])
    goes_on = last + len(tail) < end
    return _window(line, len(before) + 1, (before, marked, after), width, goes_on)


def _of_document(judged: Judged, line: int | None, xpath: str, width: int) -> Excerpt | None:
    """The line of an element, its name marked; None when the line holds several of that name."""
    if judged.document is None or line is None:
        return None
    lines = judged.document.raw.decode("utf-8", "replace").splitlines()
    if line > len(lines):
        return None
    text = lines[line - 1]
    tags = list(re.finditer(rf"<(?:[\w.-]+:)?{re.escape(_element(xpath))}(?![\w.-])", text))
    if len(tags) > 1:
        return None
    indent = len(text) - len(text.lstrip())
    start, end = tags[0].span() if tags else (indent, len(text))
    return _window(line, start + 1, (text[indent:start], text[start:end], text[end:]), width)


def _element(xpath: str) -> str:
    """The name of the element that a path ends at, without its prefix and its position."""
    steps = [step for step in xpath.split("/") if step and not step.startswith("@")]
    name = _NAME.match(steps[-1].rpartition(":")[2]) if steps else None
    return name[0] if name else ""


def _window(
    line: int, column: int, parts: tuple[str, str, str], width: int, goes_on: bool = False
) -> Excerpt:
    """What fits in `width`: the marked part, a third of what is left before it, the rest after."""
    before, marked, after = parts
    longer = len(before) > width, len(after) > width or goes_on
    before, after = visible(before[-width:]), visible(after[:width])
    marked = visible(marked[:width])
    most = max(8, width - 2)
    if len(marked) > most:
        marked = marked[: most - 1] + "…"
    left = most - len(marked)
    head = min(len(before), max(left // 3, left - len(after)))
    tail = min(len(after), left - head)
    return Excerpt(
        line=line,
        column=column,
        before=before[len(before) - head :],
        marked=marked,
        after=after[:tail],
        cut_before=head < len(before) or longer[0],
        cut_after=tail < len(after) or longer[1],
    )
