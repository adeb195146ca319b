"""Small events first, each connection in its order, nothing for ever passed over."""

from hypothesis import given
from hypothesis import strategies as st

from harness.sim.network.lineup import LARGE, PASSES, Lineup


def taken(lineup: Lineup[str]) -> list[str]:
    found = []
    while lineup:
        found.append(lineup.take()[2])
    return found


def test_a_request_does_not_wait_for_the_documents_of_others() -> None:
    lineup: Lineup[str] = Lineup()
    for number in range(3):
        lineup.add(f"c-{number}", LARGE, f"document {number}")
    lineup.add("d", 100, "request")
    assert taken(lineup) == ["request", "document 0", "document 1", "document 2"]


def test_it_waits_for_those_of_its_own_connection() -> None:
    lineup: Lineup[str] = Lineup()
    lineup.add("c", LARGE, "document")
    lineup.add("c", 100, "request")
    lineup.add("d", 100, "other")
    assert taken(lineup) == ["other", "document", "request"]


def test_a_connection_that_is_held_waits_until_it_is_released_as_often() -> None:
    lineup: Lineup[str] = Lineup()
    lineup.add("c", 100, "request")
    lineup.hold("c")
    lineup.hold("c")
    lineup.add("c", 100, "next")
    lineup.add("d", LARGE, "other")
    assert taken(lineup) == ["other"]
    lineup.release("c")
    assert taken(lineup) == []
    lineup.release("c")
    assert taken(lineup) == ["request", "next"]


def test_a_document_is_not_passed_over_for_ever() -> None:
    lineup: Lineup[str] = Lineup()
    lineup.add("c", LARGE, "document")
    for number in range(2 * PASSES):
        lineup.add(f"d-{number}", 100, "request")
    assert taken(lineup).index("document") == PASSES


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2 * LARGE)), max_size=40))
def test_nothing_is_lost_and_the_order_of_a_connection_is_kept(
    events: list[tuple[str, int]],
) -> None:
    lineup: Lineup[str] = Lineup()
    for number, (connection, size) in enumerate(events):
        lineup.add(connection, size, f"{connection}{number:03d}")
    found = taken(lineup)
    assert sorted(found) == sorted(f"{c}{n:03d}" for n, (c, _) in enumerate(events))
    for connection in "abc":
        own = [event for event in found if event.startswith(connection)]
        assert own == sorted(own)
