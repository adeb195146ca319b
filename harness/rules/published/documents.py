"""The documents of a pack: value sets and terminologies that its expressions read.

Each is parsed once. A name never leaves the folder of the pack, wherever it came from.
"""

from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError
from harness.rules.published.repair import Publication
from harness.rules.published.values import DynamicError

MOST_NAMES: Final = 10_000  # remembered; a judged document may make up names


class Folder:
    """The documents as one schema of the pack names them. `schema`: its path in the folder."""

    def __init__(self, root: Path, schema: str, parsed: dict[str, Any] | None = None) -> None:
        self.publication = Publication(root)
        self.schema = schema
        self.parsed: dict[str, Any] = {} if parsed is None else parsed
        self._named: dict[str, Any] = {}

    def document(self, href: str) -> Any:
        """The root element of a document. Raises DynamicError when there is none."""
        if href not in self._named:
            if len(self._named) > MOST_NAMES:
                self._named.clear()
            self._named[href] = self._found(href)
        return self._named[href]

    def _found(self, href: str) -> Any:
        try:
            path = self.publication.resolve(self.schema, href)
            if path not in self.parsed:
                self.parsed[path] = self.publication.parsed(path)
        except (HarnessError, ValueError, OSError):
            raise DynamicError("FODC0002") from None
        return self.parsed[path]
