"""A place in a message or a document, and what stands there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """Where something stands, in the words of its own standard.

    `path` is `PID-3[1].4.2` in a message (fields, repetitions, components counted from 1) and empty
    for a document; `xpath` is the other way round. `line` is the segment's number or the XML line,
    from 1. `span` holds byte offsets into the raw bytes, end excluded.
    """

    path: str = ""
    xpath: str | None = None
    line: int | None = None
    span: tuple[int, int] | None = None
