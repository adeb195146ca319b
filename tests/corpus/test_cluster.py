"""The same work on a Dask cluster: the same rows, whatever happens to its workers."""

import logging
import os
import signal
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from distributed import LocalCluster

from harness.errors import NotMeasured
from harness.rules.profile import Profile
from harness.show.checking import Asked
from harness.show.corpus import cluster, rows, work
from harness.show.corpus.children import Limits
from harness.show.corpus.cluster import Cluster
from harness.show.corpus.pieces import Piece
from harness.show.corpus.ruleset import Refused, RuleSet
from harness.sim.traffic import Sent

pytestmark = [pytest.mark.net, pytest.mark.slow]


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Any]:
    """Two workers, each a process that its nanny starts again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        terms = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
        with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", **terms) as found:
            yield found


@pytest.fixture
def pieces(sent: list[Sent]) -> list[Piece]:
    return [Piece(one.name, one.raw, index=number) for number, one in enumerate(sent, 1)]


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_judges_as_one_does(
    scheduler: Any,
    rules: RuleSet,
    profile: Profile,
    pieces: list[Piece],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(work, "PIECES", 4)
    expected = [rows.of(one, Asked(profile)) for one in pieces]
    engine = Cluster(scheduler.scheduler_address, rules, Limits())
    try:
        assert engine.width == 2
        assert [lines for _, lines in work.judged(pieces, engine, never)] == expected
        _kill_one(engine)
        assert [lines for _, lines in work.judged(pieces, engine, never)] == expected
    finally:
        engine.close()


def _kill_one(engine: Cluster) -> None:
    """As when a machine of the cluster goes down."""
    first = min(engine._client.run(os.getpid).values())
    os.kill(first, signal.SIGKILL)


@pytest.mark.filterwarnings("ignore")
def test_the_cluster_is_left_as_it_was(
    scheduler: Any, rules: RuleSet, pieces: list[Piece], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PIECES", 1)
    engine = Cluster(scheduler.scheduler_address, rules, Limits())
    next(work.judged(pieces, engine, never))  # and others are under way
    engine.close()
    engine = Cluster(scheduler.scheduler_address, rules, Limits())
    assert set(engine._client.run(cluster.held).values()) == {0}
    engine.close()


@pytest.mark.filterwarnings("ignore")
def test_a_worker_with_another_telerad_refuses(
    scheduler: Any, rules: RuleSet, pieces: list[Piece]
) -> None:
    engine = Cluster(scheduler.scheduler_address, replace(rules, code="0" * 64), Limits())
    try:
        with pytest.raises(Refused, match="another program"):
            list(work.judged(pieces, engine, never))
    finally:
        engine.close()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nothing", "sock://x:1"])
def test_nobody_answers(rules: RuleSet, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.show.corpus.cluster._PATIENCE", 1.0)
    with pytest.raises(NotMeasured):
        Cluster(address, rules, Limits())
