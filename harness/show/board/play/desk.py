"""The desk: takes runs out of the queue, has each played in a process of its own, tells of it.

Everything that a process says is in the database before anybody sees it. Runs that a server before
this one had begun are marked as interrupted when the desk opens; those that waited still do.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError

from harness.show.board.play.player import Job
from harness.show.board.play.turn import next_runs
from harness.show.board.store import reviews, rooms, runs
from harness.show.board.store.database import Database
from harness.show.board.store.rooms import System
from harness.show.board.store.runs import Run
from harness.sim.network.tls import Tls
from harness.text import Text, say

P = ParamSpec("P")
T = TypeVar("T")
GRACE: Final = 20.0  # seconds for a stopped run to write its report
_AWAY: Final = 1.0  # seconds between tries while the database is away, or its disk full
_LINE: Final = 1024 * 1024  # bytes of one line that a player says


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every run: where we listen, how many at once.

    In seconds: `within` for each message of a real system, `limit` for a run between two.
    """

    folder: Path
    at: str
    parallel: int
    lang: str
    within: float = 0.0
    tls: Tls | None = None
    limit: float = 3600.0


class Desk:
    """The queue of a board. `number` grows whenever something new can be read."""

    def __init__(self, database: Database, terms: Terms) -> None:
        self.database = database
        self.terms = terms
        self.number = 0
        self._news = asyncio.Condition()
        self._asked = asyncio.Event()
        self._going: dict[int, asyncio.Task[None]] = {}
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._stopping: set[int] = set()
        self.is_open = True

    def folder(self, run: int) -> Path:
        """Where a run's files are."""
        return self.terms.folder / "runs" / f"{run:06d}"

    # -- what others hear -------------------------------------------------------------------

    async def changed(self, since: int, seconds: float) -> bool:
        """Wait until `number` is another one; False when it is not after so many seconds."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self.number != since)
        except TimeoutError:
            return False
        return True

    async def tell(self) -> None:
        """Something new can be read."""
        async with self._news:
            self.number += 1
            self._news.notify_all()

    async def look(self) -> None:
        """Something was asked for, or has changed: look at the queue, and tell who waits."""
        self._asked.set()
        await self.tell()

    async def kept(
        self, what: Callable[Concatenate[Database, P], T], *args: P.args, **more: P.kwargs
    ) -> T:
        """What a function of the database gives, in a thread; tried again while it is away."""
        while True:
            try:
                return await asyncio.to_thread(what, self.database, *args, **more)
            except OperationalError:
                if not self.is_open:
                    raise
                await asyncio.sleep(_AWAY)

    # -- the queue --------------------------------------------------------------------------

    async def work(self) -> None:
        """Play what is asked for, until cancelled; then every run is stopped in order."""
        try:
            await self.kept(runs.interrupt_all)
            while self.is_open:
                self._asked.clear()
                await self._begin()
                await self._asked.wait()
        finally:
            self.is_open = False
            for run in list(self._processes):
                await self.stop(run)
            if self._going:
                await asyncio.wait(self._going.values(), timeout=GRACE)
            for task in self._going.values():
                task.cancel()

    async def _begin(self) -> None:
        found = await self.kept(runs.open_runs)
        last = await self.kept(runs.last_started)
        going = [run for run in found if run.id in self._going]
        watched = await self.kept(reviews.claimed)
        waiting = [run for run in found if run.state == "queued" and _may_begin(run, watched)]
        for run in next_runs(waiting, going, last, self.terms.parallel):
            if await self.kept(runs.begin, run.id):
                self._going[run.id] = asyncio.create_task(self._played(run))
        await self.tell()

    async def stop(self, run: int) -> None:
        """End a run that goes on: what crossed the wire until now is reported."""
        process = self._processes.get(run)
        if process and process.stdin and run not in self._stopping:
            self._stopping.add(run)
            process.stdin.close()

    async def _played(self, run: Run) -> None:
        """Play a run, whatever happens; it is over in the database when this is."""
        ended = _Ended("failed", reason=say("board.player_gone"))
        try:
            ended = await self._play(run)
        except OSError as wrong:
            reason = wrong.strerror or type(wrong).__name__
            ended = _Ended("failed", reason=say("board.no_player", reason=reason))
        finally:
            end = partial(runs.end, blame=ended.blame)
            over = self.kept(end, run.id, ended.state, ended.verdict, ended.reason)
            await asyncio.shield(over)
            self._stopping.discard(run.id)
            self._processes.pop(run.id, None)
            self._going.pop(run.id, None)
            await self.look()

    async def _play(self, run: Run) -> "_Ended":
        job = await self.kept(self._job, run)
        folder = self.folder(run.id)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "player.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "harness.show.board.play.player"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LINE,
            )
        self._processes[run.id] = process
        assert process.stdin  # noqa: S101  we asked for pipes
        assert process.stdout  # noqa: S101
        process.stdin.write(job.as_line())
        if not self.is_open:
            await self.stop(run.id)
        said: Mapping[str, Any] = {}
        async for line in process.stdout:
            said = json.loads(line)
            await self._note(run, said)
        await process.wait()
        return self._ended(run, said)

    async def _note(self, run: Run, said: Mapping[str, Any]) -> None:
        data = {key: value for key, value in said.items() if key != "event"}
        await self.kept(runs.note, run, said["event"], data)
        await self.tell()

    def _ended(self, run: Run, said: Mapping[str, Any]) -> "_Ended":
        """How a run is over, by the last thing that its process said."""
        stopped = run.id in self._stopping
        if said.get("event") == "refused":
            return _Ended("failed", reason=Text(**said["what"]))
        if run.other and said.get("event") == "end" and self.is_open:
            return _Ended("done", said["verdict"], blame=_blame(said["at_fault"]))
        if stopped or said.get("interrupted"):
            return _Ended("stopped" if self.is_open else "interrupted")
        if said.get("event") != "end":
            return _Ended("failed", reason=say("board.player_gone"))
        return _Ended("done", said["verdict"])

    def _job(self, database: Database, run: Run) -> Job:
        system = rooms.system(database, run.system)
        room = rooms.room(database, run.room)
        assert system  # noqa: S101  the database keeps what runs name
        assert room  # noqa: S101
        terms = self.terms
        other = rooms.system(database, run.other) if run.other else None
        return Job(
            profile=room.profile,
            scenario=run.scenario,
            role=system.role,
            host=system.host,
            port=system.port,
            at=terms.at,
            listen=system.listen,
            folder=str(self.folder(run.id)),
            seed=run.id,
            lang=terms.lang,
            within=terms.within,
            tls=_files(terms.tls, system),
            other=_other(terms.tls, other) if other else None,
            limit=terms.limit,
        )


def _may_begin(run: Run, watched: Collection[int]) -> bool:
    """A run of the whole exchange waits for a monitor who takes it on."""
    return run.level != "N3" or run.id in watched


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a run is over. A run that was stopped has no verdict, but a report.

    Between two systems, stopping is how a run ends: it has a verdict.
    """

    state: str
    verdict: str = ""
    reason: Text | None = None
    blame: str = ""


def _blame(sides: Sequence[str]) -> str:
    return "both" if len(sides) > 1 else next(iter(sides), "")


def _other(tls: Tls | None, system: System) -> dict[str, Any]:
    """The second of two systems as the player reads it."""
    at = {"host": system.host, "port": system.port, "listen": system.listen}
    return {**at, "tls": _files(tls, system)}


def _files(ours: Tls | None, system: System) -> dict[str, str] | None:
    """The options of TLS with a system as the player reads them, None for a plain line."""
    tls = rooms.tls_with(system, ours)
    if tls is None:
        return None
    paths = {"ca": tls.ca, "cert": tls.cert, "key": tls.key}
    files = {name: str(path.absolute()) for name, path in paths.items() if path}
    return {**files, "name": tls.name, "min": tls.minimum, "client": tls.client}
