"""Identifiers that nobody else has, drawn so that the same seed gives them again.

Source: DICOM PS3.5, B.2 (UIDs made of a UUID, under 2.25).
"""

import random
from uuid import UUID


def uuid(chance: random.Random) -> str:
    """A UUID in capitals, as documents of imaging write it."""
    return str(UUID(int=chance.getrandbits(128), version=4)).upper()


def uid(chance: random.Random) -> str:
    """An OID under 2.25."""
    return f"2.25.{chance.getrandbits(120)}"


def uid_of(words: str) -> str:
    """The OID that always comes of the same words."""
    return uid(random.Random(words))  # noqa: S311  no secret
