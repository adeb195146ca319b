"""The same work on a Dask cluster that is there already.

The rule set is a task of its own: it travels to each worker once and comes back after a loss. Each
worker of the cluster judges in processes of its own (`children`), so a message that kills does not
kill the cluster's worker. Batches of a worker that is lost are judged by another.
"""

import logging
import threading
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from harness.errors import HarnessError, NotMeasured
from harness.show.corpus.children import Batch, Children, Limits
from harness.show.corpus.ruleset import Refused, RuleSet
from harness.show.corpus.work import Pending
from harness.text import plain, say

if TYPE_CHECKING:
    from distributed import Future

_PATIENCE: Final = 15.0  # seconds for the scheduler to answer
_TRIES: Final = 5  # times that a batch is given to the cluster when its workers are lost


class Cluster:
    """A Dask cluster by the address of its scheduler."""

    def __init__(self, address: str, rules: RuleSet, limits: Limits) -> None:
        """Connect. Raises HarnessError without Dask, NotMeasured when nobody answers."""
        try:
            from distributed import Client
        except ImportError:
            raise HarnessError(say("corpus.no_dask"), hint="telerad-harness[cluster]") from None
        _be_quiet()
        warnings.filterwarnings("ignore", module="distributed")
        try:
            self._client = Client(address, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError, ImportError) as wrong:
            reason = plain(str(wrong).partition("\n")[0] or type(wrong).__name__)
            raise NotMeasured(say("corpus.no_cluster", address=address, reason=reason)) from None
        self._limits, self._id = limits, rules.id
        self._under_way: set[Any] = set()
        self._rules = self._client.submit(_same, rules, pure=False)
        if not self._client.nthreads():
            self.close()
            raise NotMeasured(say("corpus.no_cluster_workers", address=address))

    @property
    def width(self) -> int:
        """The threads of all workers that there are now."""
        try:
            return max(1, sum(map(int, self._client.nthreads().values())))
        except OSError as lost:
            raise _failed(lost) from None

    def submit(self, batch: Batch) -> Pending:
        """Send a batch to the cluster."""
        return _Sent(self, batch)

    def send(self, batch: Batch) -> "Future":
        """The task of a batch."""
        task = self._client.submit(judge, self._rules, batch, self._limits, pure=False)
        self._under_way.add(task)
        return task

    def came(self, task: "Future") -> None:
        """Its rows are here, or will never be."""
        self._under_way.discard(task)

    def close(self) -> None:
        """Leave the cluster as it was found."""
        with suppress(Exception):
            self._client.cancel(list(self._under_way), force=True)
            self._client.run(forget, self._id, on_error="ignore")
        self._client.close(timeout=_PATIENCE)


class _Sent:
    """A batch under way."""

    def __init__(self, cluster: Cluster, batch: Batch) -> None:
        self._cluster, self._batch = cluster, batch
        self._tries = 0
        self._send()

    def _send(self) -> None:
        self._tries += 1
        try:
            self._future, ended = self._cluster.send(self._batch), threading.Event()
        except Exception as lost:  # the scheduler is gone
            raise _failed(lost) from None
        self._future.add_done_callback(lambda task: ended.set())
        self._ended = ended

    def done(self) -> bool:
        return bool(self._future.done())

    def result(self, timeout: float) -> list[bytes]:
        """Raises Refused as a worker said it; NotMeasured when the cluster cannot.

        Fetching is never cut short: Dask shares one fetch between all that wait.
        """
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        if not self._ended.wait(timeout):
            raise TimeoutError
        try:
            found: list[bytes] = self._future.result()
        except (TimeoutError, Refused, HarnessError):
            raise
        except (KilledWorker, FutureCancelledError) as wrong:
            self._once_more(wrong)
            raise TimeoutError from None
        except Exception as wrong:  # of the cluster: another version, no telerad there
            raise _failed(wrong) from None
        self._cluster.came(self._future)
        return found

    def _once_more(self, wrong: Exception) -> None:
        if self._tries == _TRIES:
            raise _failed(wrong)
        self._cluster.came(self._future)
        self._send()


def _be_quiet() -> None:
    """What Dask logs is told by us, once."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _failed(wrong: Exception) -> NotMeasured:
    return NotMeasured(
        say("corpus.cluster_failed", reason=plain(f"{type(wrong).__name__}: {wrong}"))
    )


# -- on the workers -------------------------------------------------------------------------

_CHILDREN: Final[dict[tuple[str, Limits], Children]] = {}
_LOCK: Final = threading.Lock()


def _same(rules: RuleSet) -> RuleSet:
    return rules


def judge(rules: RuleSet, batch: Batch, limits: Limits) -> list[bytes]:
    """The rows of a batch, on a worker of the cluster. Raises Refused, NotMeasured."""
    with _LOCK:
        found = _CHILDREN.setdefault((rules.id, limits), Children(rules, limits))
    return found.judge(batch)


def held() -> int:
    """How many rule sets have processes here."""
    return len(_CHILDREN)


def forget(rules_id: str) -> int:
    """End the processes of a rule set. Gives how many sets there were."""
    with _LOCK:
        keys: list[Any] = [key for key in _CHILDREN if key[0] == rules_id]
        gone = [_CHILDREN.pop(key) for key in keys]
    for children in gone:
        children.close()
    return len(gone)
