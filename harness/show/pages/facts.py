"""The table of facts as the page shows it: each value with the places where it stands.

A place leads to the bytes: to a span of a message, or to a line of a document.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.rules.concordance import Cell, Value
from harness.show.report import Report
from harness.sim.record import Judged

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Told:
    """A value in a cell, where it stands (label and anchor each), and whether it differs."""

    text: str
    places: tuple[tuple[str, str], ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Aims:
    """What the tables of a report lead to, and the anchors of it.

    `values` are those of each exchange's message, by its number; `documents` the number of a
    document on the page and how many of its lines are shown, by the exchange's.
    """

    values: Mapping[int, tuple[Value, ...]]
    numbers: Mapping[int, int]  # of the exchange, by the identity of its message
    documents: Mapping[int, tuple[int, int]]

    @classmethod
    def of(cls, report: Report, documents: Sequence[Judged], room: Mapping[int, int]) -> "Aims":
        """`documents` are those of the page in their order, `room` the lines shown of each."""
        requests = {x.number: x.request for x in report.exchanges if x.request}
        places = {id(judged): (n + 1, room[n]) for n, judged in enumerate(documents)}
        values: dict[int, tuple[Value, ...]] = {}
        for table in report.concordance:
            for row in table.rows:
                for number, cell in zip(table.exchanges, row.cells, strict=True):
                    values[number] = values.get(number, ()) + cell.values
        return cls(
            values,
            {id(judged): number for number, judged in requests.items()},
            {n: places[id(judged)] for n, judged in requests.items() if id(judged) in places},
        )

    def anchor(self, number: int, value: Value) -> str:
        """The anchor of a value; of the whole document or exchange when it is not shown."""
        at = value.at
        if value.in_document and number in self.documents:
            document, shown = self.documents[number]
            is_shown = at.line is not None and at.line <= shown
            return f"d{document}-{at.line}" if is_shown else f"document-{document}"
        return f"at-{number}-{at.span[0]}-{at.span[1]}" if at.span else f"exchange-{number}"

    def told(self, number: int, cell: Cell) -> Iterator[Told]:
        """The values of a cell, each text once."""
        texts: dict[str, list[Value]] = {}
        for value in cell.values:
            texts.setdefault(value.text, []).append(value)
        for text, values in texts.items():
            places = ((value.at.path or "CDA", self.anchor(number, value)) for value in values)
            differs = any(value in cell.differing for value in values)
            yield Told(text, tuple(dict.fromkeys(places)), differs)

    def spans(self, judged: Judged) -> Mapping[Span, str]:
        """The spans of a message that something leads to, with their anchors."""
        number = self.numbers.get(id(judged), 0)
        return {
            value.at.span: self.anchor(number, value)
            for value in self.values.get(number, ())
            if value.at.span and not value.in_document
        }

    def lines(self, judged: Judged) -> frozenset[int]:
        """The lines of its document that something leads to."""
        values = self.values.get(self.numbers.get(id(judged), 0), ())
        return frozenset(v.at.line for v in values if v.in_document and v.at.line)
