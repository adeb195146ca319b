"""Character sets of HL7 v2 messages: what MSH-18 declares, and how bytes become text for show.

The bytes of a message are never changed; decoding is a view.
Source: HL7 v2.5.1 table 0211; ANS guides allow `UNICODE UTF-8` and `8859/15` only.
"""

from typing import Final

CODECS: Final = {
    "": "ascii",
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    "8859/1": "iso8859-1",
    "8859/15": "iso8859-15",
    "UNICODE UTF-8": "utf-8",
}


def codec(declared: str) -> str | None:
    """Python's codec for a value of MSH-18 (first repetition); None when we do not know it."""
    return CODECS.get(declared)


def decode(data: bytes, name: str | None) -> str:
    """Text for show. A set that does not fit is replaced by one that does: never raises."""
    for candidate in (name, "utf-8", "iso8859-15"):
        if candidate is None:
            continue
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise AssertionError("iso8859-15 decodes any bytes")


def first_misfit(data: bytes, name: str) -> int | None:
    """Offset of the first byte that is not in the set; None when all fit."""
    try:
        data.decode(name)
    except UnicodeDecodeError as misfit:
        return misfit.start
    return None


def what_fits(data: bytes) -> str:
    """The value of MSH-18 that the bytes would deserve, for an advice."""
    if first_misfit(data, "ascii") is None:
        return "ASCII"
    if first_misfit(data, "utf-8") is None:
        return "UNICODE UTF-8"
    return "8859/15"
