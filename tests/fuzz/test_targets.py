"""The fuzzers' targets, without atheris: they take what they start from, and a little damage."""

import random
from itertools import islice

import pytest
from fuzztargets import TARGETS
from run import NAMES

DAMAGED = {"play": 10, "judgement": 20, "cda": 20}


def test_the_command_knows_every_target() -> None:
    assert set(NAMES) == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_its_seeds_and_damaged_ones(name: str) -> None:
    target, chance = TARGETS[name], random.Random(1)
    seeds = list(islice(target.seeds(), 40))
    assert seeds
    assert max(map(len, seeds)) <= target.longest
    for raw in seeds[:5]:
        target.run(raw)
    damaged = [target.mutate(chance.choice(seeds), chance) for _ in range(DAMAGED.get(name, 60))]
    assert len(set(damaged)) > len(damaged) // 3
    for raw in damaged:
        target.run(raw[: target.longest])
