"""Where names, addresses and numbers of fictitious people come from."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faker import Faker


@cache
def fake() -> "Faker":
    """One for all, to be seeded anew for each: making one takes longer than all the rest."""
    from faker import Faker  # takes long: only for who makes people

    return Faker("fr_FR")
