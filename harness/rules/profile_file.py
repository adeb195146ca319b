"""The file of a profile, with what it takes over from the profile that it extends.

`extends: NAME` takes everything over. Of mappings (`flows`, `kinds`, `schematron`, `levels`,
`aliases`) the profile's own entries replace those of the same name; of lists (`tables`, `packs`,
`without`) they are added; its own lines of `recognise` are asked first. So a new edition of a guide
is a folder with what is new in it.
"""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final

from harness import data, yamlfile
from harness.errors import HarnessError
from harness.text import plain, say
from harness.yamlfile import Item

_KEYS: Final = frozenset(
    {"profile", "extends", "title", "document", "version", "flows", "aliases", "kinds"}
    | {"recognise", "tables", "packs", "schematron", "without", "levels"}
)
_MAPPINGS: Final = ("flows", "aliases", "kinds", "schematron", "levels")
_LISTS: Final = ("tables", "packs", "without")
_FIRST_OURS: Final = ("recognise",)


def available() -> tuple[str, ...]:
    """The names of the profiles."""
    folder = data.path("schemas", "profiles")
    return tuple(sorted(file.parent.name for file in folder.glob("*/profile.yaml")))


def with_file(file: str) -> tuple[str, ...]:
    """The profiles of which a folder has that file."""
    return tuple(
        name for name in available() if any((place / file).is_file() for place in folders(name))
    )


@cache
def read(name: str) -> Item:
    """A profile's file as if it had been written whole. Raises HarnessError with the place."""
    own = _own(name)
    parent = own.get("extends")
    if parent is None:
        return own
    return _joined(read(parent.text), own)


@cache
def folders(name: str) -> tuple[Path, ...]:
    """The folders of a profile, those of what it extends first."""
    return tuple(reversed(list(_folders(name, ()))))


def _folders(name: str, seen: tuple[str, ...]) -> Iterator[Path]:
    own = _own(name)
    yield own.file.parent
    parent = own.get("extends")
    if parent:
        if parent.text in (*seen, name):
            raise parent.error("profile.circle", name=parent.text)
        yield from _folders(parent.text, (*seen, name))


def _own(name: str) -> Item:
    if name not in available():
        near = get_close_matches(name, available(), n=1)
        hint = say("yaml.did_you_mean", word=near[0]) if near else plain(", ".join(available()))
        raise HarnessError(say("profile.unknown", name=name), hint=hint)
    content = yamlfile.load(data.path("schemas", "profiles", name, "profile.yaml"))
    content.only(_KEYS)
    parent = content.get("extends")
    if parent and parent.text not in available():
        raise parent.error("profile.unknown", name=parent.text)
    return content


def _joined(parent: Item, own: Item) -> Item:
    joined = {**parent.fields, **own.fields}
    for key in _MAPPINGS:
        both = [item.fields for item in (parent.get(key), own.get(key)) if item]
        if both:
            joined[key] = _with(own.get(key) or parent.get(key), _merged(both))
    for key in (*_LISTS, *_FIRST_OURS):
        lists = [item.items for item in (parent.get(key), own.get(key)) if item]
        ordered = reversed(lists) if key in _FIRST_OURS else lists
        if lists:
            joined[key] = _with(own.get(key) or parent.get(key), sum(ordered, ()))
    return replace(own, value=joined)


def _merged(both: list[dict[str, Item]]) -> dict[str, Item]:
    return {key: item for fields in both for key, item in fields.items()}


def _with(item: Item | None, value: "tuple[Item, ...] | dict[str, Item]") -> Item:
    if item is None:
        raise TypeError("one of the two has it")
    return replace(item, value=value)
