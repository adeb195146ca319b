"""What users read, in French and in English, from one catalogue.

`reports/catalogue/*.yaml` holds `key: {fr: …, en: …}`; `{name}` marks a value to fill in. Rules and
scenarios carry their own `{fr, en}` pairs in the same form. Values are filled in by plain
replacement, never by `str.format`, because they may come from a message.
"""

import marshal
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from harness import data, kept

LANGUAGES: Final = ("fr", "en")
_KEPT: Final = "catalogue"  # its name among what is kept (see `kept.py`)
_HOLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages."""

    fr: str
    en: str

    def in_(self, lang: str) -> str:
        """The words in `lang`, which is "fr" or "en"."""
        return self.fr if lang == "fr" else self.en

    def fill(self, **values: "str | int | float | Text") -> "Text":
        """The same text with each `{name}` replaced. An unknown name stays as it is."""
        return Text(_fill(self.fr, "fr", values), _fill(self.en, "en", values))

    def as_dict(self) -> dict[str, str]:
        """`{"fr": …, "en": …}`, the form of our JSON and YAML files."""
        return {"fr": self.fr, "en": self.en}


def plain(value: str) -> Text:
    """A text that needs no translation: a value, a code, a path."""
    return Text(value, value)


def say(key: str, /, **values: str | int | float | Text) -> Text:
    """The catalogue's text for `key`, with its values filled in. Raises KeyError: our mistake."""
    return catalogue()[key].fill(**values)


@cache
def catalogue() -> Mapping[str, Text]:
    """Every text of the catalogue by key. A key twice, or without one language, is refused."""
    files = sorted(data.path("reports", "catalogue").glob("*.yaml"))
    key = kept.key(files)
    known = kept.read(_KEPT, key)
    pairs: dict[str, tuple[str, str]] = marshal.loads(known) if known else _read(files)  # noqa: S302
    if not known:
        kept.write(_KEPT, key, marshal.dumps(pairs))
    return {name: Text(fr, en) for name, (fr, en) in pairs.items()}


def _read(files: Sequence[Path]) -> dict[str, tuple[str, str]]:
    """French and English by key."""
    import yaml  # only when the catalogue has changed

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    pairs: dict[str, tuple[str, str]] = {}
    for file in files:
        entries = yaml.load(file.read_bytes(), Loader=loader)  # noqa: S506  a safe loader, in C
        for key, pair in entries.items():
            if key in pairs or set(pair) != set(LANGUAGES):
                raise ValueError(f"{file.name}: {key}: said twice, or not in both languages")
            pairs[key] = str(pair["fr"]), str(pair["en"])
    return pairs


def _fill(template: str, lang: str, values: Mapping[str, "str | int | float | Text"]) -> str:
    if not values:
        return template
    parts = list(_parts(template))
    for place in range(1, len(parts), 2):
        name = parts[place]
        if name in values:
            value = values[name]
            parts[place] = value.in_(lang) if isinstance(value, Text) else str(value)
        else:
            parts[place] = f"{{{name}}}"
    return "".join(parts)


@lru_cache(4096)
def _parts(template: str) -> tuple[str, ...]:
    """Words and, between them, the names of what is to be filled in."""
    return tuple(_HOLE.split(template))
