import pytest

from harness.errors import HarnessError
from harness.sim.load.schedule import Schedule, parse_rate, parse_time


def test_exams_begin_at_equal_distances() -> None:
    schedule = Schedule(20, 3)
    assert schedule.count == 60
    assert [schedule.due(n) for n in (0, 1, 59)] == pytest.approx([0, 0.05, 2.95])


def test_over_the_ramp_the_rate_grows_from_nothing() -> None:
    schedule = Schedule(10, 20, ramp=10)
    assert schedule.count == 150
    times = [schedule.due(n) for n in range(150)]
    assert times == sorted(times)
    assert sum(at < 5 for at in times) == 13  # a quarter of the 50 of the ramp
    assert sum(at < 10 for at in times) == 50
    assert times[-1] == pytest.approx(19.9)


def test_a_ramp_that_the_load_does_not_outlast() -> None:
    schedule = Schedule(10, 5, ramp=10)
    assert schedule.count == 12
    assert schedule.due(11) < 5


@pytest.mark.parametrize(
    ("text", "rate"), [("20/s", 20), ("600/min", 10), ("90/h", 0.025), ("2.5", 2.5)]
)
def test_rates(text: str, rate: float) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("2h", 7200)])
def test_times(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "0/s", "-3", "20/d", "1e9", "5000/s", "many"])
def test_a_rate_that_is_none(text: str) -> None:
    with pytest.raises(HarnessError, match="rate"):
        parse_rate(text)


@pytest.mark.parametrize("text", ["", "-3s", "5d", "long"])
def test_a_time_that_is_none(text: str) -> None:
    with pytest.raises(HarnessError, match="time"):
        parse_time(text)
