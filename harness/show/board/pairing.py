"""Who meets whom in which round. Pure.

Every RIS meets every platform once; nobody is in two meetings at a time. In each round the RIS
move on by one place, so that pauses, where one side has more systems, go round as well.
"""

from collections.abc import Collection, Sequence

Pair = tuple[int, int]


def rounds(
    ris: Sequence[int], platforms: Sequence[int], at_once: int, without: Collection[Pair] = ()
) -> tuple[tuple[Pair, ...], ...]:
    """The rounds, each of at most `at_once` pairs (RIS, platform); those of `without` left out."""
    whole = (_round(ris, platforms, number) for number in range(max(len(ris), len(platforms))))
    left = ([pair for pair in one if pair not in without] for one in whole)
    return tuple(
        tuple(one[at : at + at_once]) for one in left for at in range(0, len(one), at_once)
    )


def _round(ris: Sequence[int], platforms: Sequence[int], number: int) -> list[Pair]:
    """The RIS at place `n` meets the platform at place `n + number`, if there is one."""
    if not ris or not platforms:
        return []
    places = max(len(ris), len(platforms))
    met = ((one, (at + number) % places) for at, one in enumerate(ris))
    return [(one, platforms[place]) for one, place in met if place < len(platforms)]
