"""Whether a finding stands where it must: paths of a message and XPaths of a document compared."""

from typing import Final

_FIRST: Final = "[1]"


def is_at(place: str, found: str) -> bool:
    """The same place, whether or not its only repetition is numbered."""
    return _plain(place) == _plain(found)


def _plain(path: str) -> str:
    if path.startswith("/"):
        return path.rpartition("/@")[0] if "/@" in path else path
    return path.replace(_FIRST, "")


def is_near(place: str, found: str) -> bool:
    """The same place, or one a part of the other: a component of a field, a part of an element."""
    outer, inner = sorted((_plain(place), _plain(found)), key=len)
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}[", f"{outer}-", f"{outer}/"))
