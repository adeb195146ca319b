"""Our YAML files (tables, scenarios, mappings), read so that nothing is guessed or lost.

All scalars stay text (plain YAML turns `NO` into false and `0123` into 83). Anchors, aliases, tags
and duplicate keys are refused. Every value knows its line and column, for the error messages.
"""

import marshal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness import data, kept
from harness.errors import HarnessError
from harness.text import Text, say

if TYPE_CHECKING:
    import yaml

    _Node = yaml.ScalarNode | yaml.SequenceNode | yaml.MappingNode

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 20


@dataclass(frozen=True, slots=True)
class Item:
    """A value of a file. `value` is text, a tuple of items, or a dict of items by key.

    `key_at` is the line and column of its key, None when it has none.
    """

    value: "str | tuple[Item, ...] | dict[str, Item]"
    file: Path
    line: int
    column: int
    key_at: tuple[int, int] | None = None

    @property
    def as_key(self) -> "Item":
        """The same, placed at its key: where a mistake about the key is."""
        line, column = self.key_at or (self.line, self.column)
        return Item(self.value, self.file, line, column)

    def error(self, said: str, /, hint: Text | str | None = None, **values: str) -> HarnessError:
        """A HarnessError at this place, with the catalogue's text `said`."""
        return HarnessError(
            say(said, **values), file=self.file, line=self.line, column=self.column, hint=hint
        )

    @property
    def text(self) -> str:
        """The scalar. Raises HarnessError when it is not one."""
        if not isinstance(self.value, str):
            raise self.error("yaml.want_text")
        return self.value

    @property
    def items(self) -> "tuple[Item, ...]":
        """The list's items; a scalar stands for a list of one. Raises HarnessError otherwise."""
        if isinstance(self.value, tuple):
            return self.value
        if isinstance(self.value, str):
            return (self,)
        raise self.error("yaml.want_list")

    @property
    def some(self) -> "tuple[Item, ...]":
        """The list's items, one at least. Raises HarnessError when there is none."""
        if not self.items:
            raise self.error("yaml.want_some")
        return self.items

    @property
    def texts(self) -> tuple[str, ...]:
        """The list's scalars."""
        return tuple(item.text for item in self.items)

    @property
    def fields(self) -> "dict[str, Item]":
        """The mapping. Raises HarnessError when it is not one."""
        if not isinstance(self.value, dict):
            raise self.error("yaml.want_mapping")
        return self.value

    def get(self, key: str) -> "Item | None":
        """The mapping's value for `key`, or None."""
        return self.fields.get(key)

    def need(self, key: str) -> "Item":
        """The mapping's value for `key`. Raises HarnessError when it is missing."""
        found = self.fields.get(key)
        if found is None:
            raise self.error("yaml.missing", key=key)
        return found

    def only(self, allowed: frozenset[str]) -> None:
        """Raise HarnessError at the first key that is not allowed, with the nearest one."""
        for key, item in self.fields.items():
            if key not in allowed:
                from difflib import get_close_matches  # for mistakes only

                near = get_close_matches(key, sorted(allowed), n=1, cutoff=0.5)
                hint = say("yaml.did_you_mean", word=near[0]) if near else None
                raise item.as_key.error("yaml.unknown_key", hint=hint, key=key)

    def both(self) -> Text:
        """A `{fr: …, en: …}` pair. Raises HarnessError when one language is missing."""
        self.only(frozenset({"fr", "en"}))
        return Text(self.need("fr").text, self.need("en").text)

    def plain(self) -> object:
        """The value without places: str, list or dict."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return {key: item.plain() for key, item in self.value.items()}

    def find(self, steps: tuple[str | int, ...]) -> "Item":
        """The item reached by keys and positions; the last one that exists when there is none."""
        place = self
        for step in steps:
            inner = place.value
            if isinstance(inner, dict) and step in inner:
                place = inner[str(step)]
            elif isinstance(inner, tuple) and isinstance(step, int) and step < len(inner):
                place = inner[step]
            else:
                break
        return place


def load(file: Path) -> Item:
    """The only document of a file. Raises HarnessError with file, line and column."""
    documents = list(load_all(file))
    if len(documents) != 1:
        raise HarnessError(say("yaml.want_one", count=len(documents)), file=file, line=1)
    return documents[0]


def load_all(file: Path) -> Iterator[Item]:
    """Every document of a file (`---` parts them). Raises HarnessError as `load` does.

    What a table of ours holds is kept from one process to the next (see `kept.py`).
    """
    if not file.is_relative_to(data.path("schemas")):
        yield from _parsed(file)
        return
    source = _read(file)
    key = kept.key((), source)
    name = f"yaml-{kept.key((), str(file)).hex()[:16]}"
    content = kept.read(name, key)
    if content:
        yield from (from_plain(one, file) for one in marshal.loads(content))  # noqa: S302
        return
    documents = tuple(_parsed(file))
    kept.write(name, key, marshal.dumps(tuple(map(as_plain, documents))))
    yield from documents


def as_plain(item: Item) -> tuple[Any, ...]:
    """The item in tuples, dicts and text, its file left out."""
    value: Any = item.value
    if isinstance(value, dict):
        value = {key: as_plain(inner) for key, inner in value.items()}
    elif isinstance(value, tuple):
        value = tuple(map(as_plain, value))
    return value, item.line, item.column, item.key_at


def from_plain(plain: Iterable[Any], file: Path) -> Item:
    """The item that `as_plain` was given."""
    value, line, column, key_at = plain
    if isinstance(value, dict):
        value = {key: from_plain(inner, file) for key, inner in value.items()}
    elif isinstance(value, tuple):
        value = tuple([from_plain(inner, file) for inner in value])
    return Item(value, file, line, column, key_at)


def _parsed(file: Path) -> Iterator[Item]:
    import yaml  # only for what is not kept

    source = _read(file)
    _refuse_unfit(source, file)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(source)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                yield _item(node, file, 0, set())
    except yaml.YAMLError as wrong:
        raise _syntax_error(wrong, file) from None
    finally:
        loader.dispose()


def load_some(file: Path) -> tuple[Item, ...]:
    """The same, of a file that holds one document at least. Raises HarnessError when none is."""
    found = tuple(load_all(file))
    if not found:
        raise HarnessError(say("yaml.want_one", count=0), file=file, line=1)
    return found


def _read(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("yaml.unreadable", reason=reason), file=file) from None
    if len(raw) > MAX_BYTES:
        raise HarnessError(say("yaml.too_large", size=len(raw), limit=MAX_BYTES), file=file)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw[: wrong.start].count(b"\n") + 1
        raise HarnessError(say("yaml.not_utf8"), file=file, line=line) from None


def _refuse_unfit(source: str, file: Path) -> None:
    """A character that YAML does not allow: its reader would tell no line."""
    from yaml.reader import Reader

    found = Reader.NON_PRINTABLE.search(source)
    if found:
        before = source[: found.start()]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        shown = f"U+{ord(found[0]):04X}"
        what = say("yaml.unfit", character=shown)
        raise HarnessError(what, file=file, line=line, column=column)


def _syntax_error(wrong: "yaml.YAMLError", file: Path) -> HarnessError:
    mark = getattr(wrong, "problem_mark", None)
    problem = getattr(wrong, "problem", None) or str(wrong)
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    return HarnessError(say("yaml.syntax", problem=problem), file=file, line=line, column=column)


def _item(node: "_Node", file: Path, depth: int, seen: set[int]) -> Item:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    here = Item("", file, line, column)
    if depth > MAX_DEPTH:
        raise here.error("yaml.too_deep", limit=str(MAX_DEPTH))
    if id(node) in seen:  # an alias is the anchored node itself
        raise here.error("yaml.alias")
    if not node.tag.startswith("tag:yaml.org,2002:") or "python" in node.tag:
        raise here.error("yaml.tag", tag=node.tag)
    seen.add(id(node))
    if node.id == "scalar":
        return Item(str(node.value), file, line, column)
    if node.id == "sequence":
        inner = tuple(_item(value, file, depth + 1, seen) for value in node.value)
        return Item(inner, file, line, column)
    return Item(_mapping(node, file, depth, seen), file, line, column)


def _mapping(node: "_Node", file: Path, depth: int, seen: set[int]) -> dict[str, Item]:
    fields: dict[str, Item] = {}
    for key, value in node.value:
        named = _item(key, file, depth + 1, seen)
        name, at = named.text, (named.line, named.column)
        item = replace(_item(value, file, depth + 1, seen), key_at=at)
        if name in fields:
            raise item.as_key.error("yaml.twice", key=name)
        fields[name] = item
    return fields
