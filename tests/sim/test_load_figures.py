import random

import pytest

from harness.sim.load.figures import ACCURACY, QUANTILES, SLOTS, Figures, Times


def test_quantiles_are_near_the_true_ones() -> None:
    chance = random.Random(7)
    values = [chance.lognormvariate(-4, 1.5) for _ in range(5000)]
    times = Times()
    for value in values:
        times.add(value)
    ordered = sorted(values)
    for part in QUANTILES:
        true = ordered[int(part * (len(ordered) - 1))]
        assert times.quantile(part) == pytest.approx(true, rel=2 * ACCURACY)
    assert times.highest == max(values)
    assert times.count == 5000


def test_no_time_at_all() -> None:
    assert Times().quantile(0.99) == 0
    times = Times()
    times.add(-1e-9)  # a clock may not move between two readings
    assert times.quantile(0.5) == 0


def test_slots_double_and_nothing_is_lost() -> None:
    figures = Figures()
    for second in range(1000):
        figures.count("exams", float(second))
        figures.time("A", float(second), 0.001 * (second + 1))
    assert figures.width == 16
    slots = list(figures.over_time())
    assert len(slots) <= SLOTS
    assert sum(slot.counts["exams"] for _, slot in slots) == 1000
    assert [slot.times["A"].count for _, slot in slots[:3]] == [16, 16, 16]
    assert slots[1][1].times["A"].highest == pytest.approx(0.032)
    assert figures.total.times["A"].count == 1000
    assert figures.total.times["A"].quantile(0.5) == pytest.approx(0.5, rel=0.02)
