"""The language of this process, and received text made harmless."""

import json
import os
import re
import sys
from typing import Any, Final
from unicodedata import category

from harness.show import config
from harness.text import LANGUAGES, Text, say

# What is not printed, or parts lines for some reader, though JSON allows it in a string.
_UNSEEN: Final = re.compile(
    "[\x7f-\xa0\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def language() -> str:
    """`--lang` of the command line, else `TELERAD_LANG`, else `lang` of `telerad.toml`, else the
    locale; English otherwise.
    """
    arguments = sys.argv[1:]
    for place, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return _known(argument.partition("=")[2])
        if argument == "--lang" and place + 1 < len(arguments):
            return _known(arguments[place + 1])
    for name in ("TELERAD_LANG", "telerad.toml", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = config.language() if name == config.NAME else os.environ.get(name)
        if value:
            return _known(value[:2].lower())
    return "en"


def _known(value: str) -> str:
    return value if value in LANGUAGES else "en"


def tr(key: str, /, **values: str | int | float | Text) -> str:
    """A text of the catalogue in the language of this process."""
    return say(key, **values).in_(language())


def visible(text: str, keep: str = "") -> str:
    """The text with control and direction characters as codes, so that they cannot act.

    Spaces of all widths stay; so do the characters of `keep`.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in keep or category(c) == "Zs" else _code(ord(c)) for c in text
    )


def as_json(value: Any, indent: int | None = None) -> str:
    """JSON text in which characters that act on a terminal or part lines stand as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def shortened(text: str, lang: str, limit: int) -> str:
    """The text made visible, at most about `limit` characters; what was longer says its length."""
    return visible(cut(text, lang, limit))


def cut(text: str, lang: str, limit: int) -> str:
    """The text, at most about `limit` characters; what was longer says its length."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… {say('words.cut', count=len(text)).in_(lang)}"


def _code(number: int) -> str:
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
