"""Where a finding is, for the readers of machines: a file, and a line and columns in it."""

from dataclasses import dataclass
from pathlib import Path

from harness.show.excerpt import excerpt
from harness.show.ranking import Placed
from harness.show.report import Report


@dataclass(frozen=True, slots=True)
class Spot:
    """A file (slashes, relative where the run's folder is), line and columns from 1.

    `end` is the column behind the last character. `line` is None where the file has no such line:
    a document inside a message counts its own.
    """

    file: str
    line: int | None = None
    column: int | None = None
    end: int | None = None
    span: tuple[int, int] | None = None


def spot(report: Report, placed: Placed) -> Spot | None:
    """The place of a finding; None when it is about no file, as for an answer that never came."""
    judged, at = placed.judged, placed.finding.problem.at
    if judged is None or not placed.file:
        return None
    file = (report.folder / placed.file if report.folder else Path(placed.file)).as_posix()
    if at.line is None or (at.xpath is not None and judged.message and not judged.document_file):
        return Spot(file)
    found = excerpt(judged, placed.finding)
    return Spot(file, at.line, found.column if found else None, _end(placed), at.span)


def _end(placed: Placed) -> int | None:
    """The column behind what is marked in a message; None when nothing is."""
    at = placed.finding.problem.at
    message = placed.judged.message if placed.judged else None
    if message is None or at.span is None or at.line is None or at.xpath is not None:
        return None
    if not 0 < at.line <= len(message.segments):
        return None
    start, end = message.segments[at.line - 1].span
    if not start <= at.span[0] < at.span[1] <= end:
        return None
    return len(message.text(message.raw[start : at.span[1]])) + 1
