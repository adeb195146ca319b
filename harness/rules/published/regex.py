r"""Regular expressions of XPath as those of Python, where both mean the same.

XPath's: no anchors implied, `$` only at the very end, `.` no line break, `\w` all but punctuation,
separators and controls, `\s` four blanks. What Python has no equal for (`\p{…}`, `\i`, `\c`,
subtraction of classes) raises `NoRegex`; what is no regular expression of XPath does too.

Source: W3C XPath and XQuery Functions 3.1, 5.6.1; XML Schema 1.1 part 2, appendix G.
"""

import re
import sys
from functools import lru_cache
from typing import Final
from unicodedata import category

FLAGS: Final = frozenset("smi")
_ESCAPED: Final = frozenset("nrt\\|.?*+(){}-[]^$")


class NoRegex(ValueError):
    """Not one that Python can run with the same meaning."""


@lru_cache(maxsize=500)
def compiled(pattern: str, flags: str = "") -> re.Pattern[str]:
    """The pattern for Python. Raises NoRegex."""
    if set(flags) - FLAGS or ("i" in flags and not pattern.isascii()):
        raise NoRegex(f"flags {flags}")
    text = _Reader(pattern, "m" in flags, "s" in flags).whole()
    try:
        return re.compile(text, re.IGNORECASE if "i" in flags else 0)
    except re.error as wrong:
        raise NoRegex(str(wrong)) from None


@lru_cache(maxsize=1)
def _word() -> str:
    """The ranges of a word character: every character that is not of P, Z or C."""
    ranges, start = [], -1
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and category(chr(code))[0] not in "PZC"
        if inside and start < 0:
            start = code
        elif not inside and start >= 0:
            ranges.append(f"{_char(start)}-{_char(code - 1)}")
            start = -1
    return "".join(ranges)


def _char(code: int) -> str:
    return f"\\U{code:08x}"


class _Reader:
    """One pass over a pattern."""

    def __init__(self, pattern: str, lines: bool, dot_all: bool) -> None:
        self.pattern = pattern
        self.at = 0
        self.lines = lines
        self.dot_all = dot_all

    def whole(self) -> str:
        found = []
        while self.at < len(self.pattern):
            found.append(self.one())
        return "".join(found)

    def take(self) -> str:
        if self.at >= len(self.pattern):
            raise NoRegex("end")
        self.at += 1
        return self.pattern[self.at - 1]

    def one(self) -> str:
        char = self.take()
        if char == "\\":
            return self.escape()
        if char == "[":
            return self.char_class()
        if char == ".":
            return r"[\s\S]" if self.dot_all else r"[^\n\r]"
        if char == "^":
            return r"(?:^|(?<=\n))" if self.lines else r"(?:\A)"
        if char == "$":
            return r"(?=\n|\Z)" if self.lines else r"(?:\Z)"
        if char in "*+?}":
            return self.quantifier(char)
        if char == "(" and self.pattern.startswith("?", self.at):
            if not self.pattern.startswith("?:", self.at):
                raise NoRegex("(?")
            self.at += 2
            return "(?:"
        if char == "]":
            raise NoRegex("]")
        return char if char in "(){|" else re.escape(char)

    def quantifier(self, char: str) -> str:
        """With its reluctant form; Python's possessive one is none of XPath's."""
        if self.pattern.startswith("+", self.at):
            raise NoRegex("++")
        return char

    def escape(self) -> str:
        char = self.take()
        if char in "dD":
            return f"\\{char}"
        if char == "s":
            return "[ \\t\\n\\r]"
        if char == "S":
            return "[^ \\t\\n\\r]"
        if char in "wW":
            return f"[{'^' if char == 'W' else ''}{_word()}]"
        if char in _ESCAPED:
            return f"\\{char}"
        if char.isdigit() and char != "0":
            return f"(?:\\{char})"
        raise NoRegex(f"\\{char}")

    def char_class(self) -> str:
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        found: list[str] = []
        while True:
            char = self.take()
            if char == "]" and found:
                break
            if char in "[]" or (char == "-" and self.pattern.startswith("[", self.at)):
                raise NoRegex("[")
            found.append(self.class_escape() if char == "\\" else self.class_char(char))
        return f"[{'^' if negated else ''}{''.join(found)}]"

    def class_char(self, char: str) -> str:
        return char if char == "-" else re.escape(char)

    def class_escape(self) -> str:
        char = self.take()
        if char in "dD":
            return f"\\{char}"
        if char == "s":
            return " \\t\\n\\r"
        if char == "w":
            return _word()
        if char in _ESCAPED:
            return f"\\{char}"
        raise NoRegex(f"[\\{char}")


def replacement(text: str, groups: int) -> str:
    """A replacement text as Python writes it. Raises NoRegex."""
    found, at = [], 0
    while at < len(text):
        char, following = text[at], text[at + 1 : at + 2]
        if char == "\\" and following in ("\\", "$") and following:
            found.append("\\\\" if following == "\\" else "$")
            at += 2
        elif char == "$" and following.isdigit():
            at += 2
            number = following
            while text[at : at + 1].isdigit() and int(number + text[at]) <= groups:
                number += text[at]
                at += 1
            found.append(f"\\g<{number}>" if int(number) <= groups else "")
        elif char in "\\$":
            raise NoRegex(text)
        else:
            found.append(char)
            at += 1
    return "".join(found)
