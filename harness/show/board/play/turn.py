"""Whose turn it is: which of the runs that wait may begin. Pure."""

from collections.abc import Mapping, Sequence

from harness.show.board.store.runs import Run


def next_runs(
    waiting: Sequence[Run], going: Sequence[Run], last: Mapping[int, float], limit: int
) -> tuple[Run, ...]:
    """Runs to begin now, `limit` in all with those that go on.

    A system takes part in one run at a time. First comes who has the fewest going on, then who has
    waited longest since a run of theirs began (`last`, by person), then who asked first: a vendor
    who asks for forty runs does not keep the others waiting.
    """
    busy = {system for run in going for system in run.systems}
    own: dict[int, int] = {}
    for run in going:
        own[run.asked_by] = own.get(run.asked_by, 0) + 1
    chosen: list[Run] = []
    left = list(waiting)
    while len(going) + len(chosen) < limit:
        free = [run for run in left if busy.isdisjoint(run.systems)]
        if not free:
            break
        served = {run.asked_by for run in chosen}
        best = min(
            free,
            key=lambda run: (
                own.get(run.asked_by, 0),
                run.asked_by in served,
                last.get(run.asked_by, 0.0),
                run.id,
            ),
        )
        chosen.append(best)
        left.remove(best)
        busy |= set(best.systems)
        own[best.asked_by] = own.get(best.asked_by, 0) + 1
    return tuple(chosen)
