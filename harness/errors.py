"""Mistakes of the user or of our own data files. What a peer sends never raises any of these.

HarnessError            exit 2: usage, configuration, a file of ours that does not hold
└── NotMeasured         exit 3: the system under test could not be reached, nothing ran
"""

from pathlib import Path

from harness.text import Text, plain


class HarnessError(Exception):
    """Says what was read and what was wanted, with file, line and column where there is one.

    `line` and `column` count from 1; None when the mistake has no such place. `hint` is the next
    thing to try, e.g. "did you mean `optional`?".
    """

    exit_code = 2

    def __init__(
        self,
        what: Text | str,
        *,
        file: Path | str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: Text | str | None = None,
    ) -> None:
        self.what = plain(what) if isinstance(what, str) else what
        self.file = file
        self.line = line
        self.column = column
        self.hint = plain(hint) if isinstance(hint, str) else hint
        super().__init__(self.render("en"))

    def render(self, lang: str) -> str:
        """One line: `file:line:column: what (hint)`."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        tail = f" ({self.hint.in_(lang)})" if self.hint else ""
        return (f"{place}: " if place else "") + self.what.in_(lang) + tail


class NotMeasured(HarnessError):
    """Nothing can be said of the system under test: it could not be reached, or nothing ran."""

    exit_code = 3
