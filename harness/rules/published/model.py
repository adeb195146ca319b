"""A schema as plain data: read once from what was published, kept as JSON, run by two engines.

Source: ISO/IEC 19757-3:2016, 5.4 and 5.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Let:
    """A variable."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Assert:
    """An assert, or a report: the same with its test turned round.

    `message`: pieces, `("text", …)` or `("value-of", XPath)`. `home`: id of the abstract rule that
    it was written in, when it was.
    """

    test: str
    role: str
    message: tuple[tuple[str, str], ...]
    is_report: bool = False
    name: str = ""
    see: str = ""
    origin: str = ""
    home: str = ""

    @property
    def text(self) -> str:
        """The message with `…` for what only a document can say."""
        pieces = [text if kind == "text" else "…" for kind, text in self.message]
        return " ".join("".join(pieces).split())


@dataclass(frozen=True, slots=True)
class Context:
    """A rule with its variables and asserts in the order they were written."""

    context: str
    items: tuple[Let | Assert, ...]

    @property
    def asserts(self) -> Iterator[Assert]:
        """The asserts alone."""
        return (item for item in self.items if isinstance(item, Assert))

    @property
    def lets(self) -> Iterator[Let]:
        """The variables alone."""
        return (item for item in self.items if isinstance(item, Let))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A node is for the first of its contexts that matches it."""

    id: str
    lets: tuple[Let, ...]
    contexts: tuple[Context, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """`file`: path inside the pack. `binding`: the query language, `xslt` when none is named.

    `foreign`: `xsl:key` and `xsl:function` elements as text, for SaxonC alone.
    """

    file: str
    title: str
    binding: str
    prefixes: tuple[tuple[str, str], ...]
    lets: tuple[Let, ...]
    patterns: tuple[Pattern, ...]
    foreign: tuple[str, ...] = ()

    @property
    def asserts(self) -> "Iterator[tuple[Pattern, Context, Assert]]":
        """Every assert with what it stands in, in order."""
        for pattern in self.patterns:
            for context in pattern.contexts:
                for one in context.asserts:
                    yield pattern, context, one

    @property
    def variables(self) -> dict[str, str]:
        """Variables that every pattern sees: a pattern's own ones too, as published files need.

        The reference implementation makes them global; the first of a name is meant.
        """
        found: dict[str, str] = {}
        for let in (*self.lets, *(let for pattern in self.patterns for let in pattern.lets)):
            found.setdefault(let.name, let.value)
        return found


def to_data(schema: Schema) -> dict[str, Any]:
    """The schema for a JSON file: what many contexts share is written once."""
    items: dict[Let | Assert, int] = {}
    return {
        "file": schema.file,
        "title": schema.title,
        "binding": schema.binding,
        "prefixes": [list(pair) for pair in schema.prefixes],
        "lets": [[let.name, let.value] for let in schema.lets],
        "foreign": list(schema.foreign),
        "patterns": [
            {
                "id": pattern.id,
                "lets": [[let.name, let.value] for let in pattern.lets],
                "contexts": [
                    [one.context, [items.setdefault(item, len(items)) for item in one.items]]
                    for one in pattern.contexts
                ],
            }
            for pattern in schema.patterns
        ],
        "items": [_item(item) for item in items],
    }


def _item(item: Let | Assert) -> list[Any]:
    if isinstance(item, Let):
        return [item.name, item.value]
    pieces = [list(piece) for piece in item.message]
    return [
        item.test,
        item.role,
        pieces,
        item.is_report,
        item.name,
        item.see,
        item.origin,
        item.home,
    ]


def from_data(data: dict[str, Any]) -> Schema:
    """The schema of a JSON file that `to_data` wrote."""
    items = [_read_item(item) for item in data["items"]]
    return Schema(
        file=data["file"],
        title=data["title"],
        binding=data["binding"],
        prefixes=tuple((prefix, uri) for prefix, uri in data["prefixes"]),
        lets=tuple(Let(*pair) for pair in data["lets"]),
        foreign=tuple(data["foreign"]),
        patterns=tuple(
            Pattern(
                pattern["id"],
                tuple(Let(*pair) for pair in pattern["lets"]),
                tuple(
                    Context(context, tuple(items[number] for number in numbers))
                    for context, numbers in pattern["contexts"]
                ),
            )
            for pattern in data["patterns"]
        ),
    )


def _read_item(item: list[Any]) -> Let | Assert:
    if len(item) == 2:
        return Let(*item)
    test, role, pieces, *rest = item
    return Assert(test, role, tuple((kind, text) for kind, text in pieces), *rest)
