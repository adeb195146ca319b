"""The journal beside the event loop: groups, order, a disk that is full or fails."""

import asyncio
import errno
import os
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import NotMeasured
from harness.sim.network import store as storing
from harness.sim.network.store import Store
from harness.text import Text
from harness.wire.transcript import Journal, Record, read

FULL = OSError(errno.ENOSPC, "No space left on device")


class Disk(Journal):
    """A journal that says how it was written, and can be made to fail."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.groups: list[int] = []
        self.failures: list[OSError] = []

    def write(self, lines: bytes) -> None:
        if self.failures:
            raise self.failures.pop(0)
        super().write(lines)
        self.groups.append(lines.count(b"\n"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with Disk(tmp_path / "journal.ndjson") as found:
        yield found


@pytest.fixture
def said() -> list[Text]:
    return []


@pytest.fixture
def store(disk: Disk, said: list[Text], monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(storing, "RETRY", 0.001)
    return Store(disk, said.append)


def message(number: int) -> Record:
    return Record("t", "message", data=b"%d" % number)


def session(store: Store, work: Coroutine[Any, Any, None]) -> None:
    async def run() -> None:
        store.attach()
        await work
        await store.detach()

    asyncio.run(run())


def test_what_is_noted_at_once_is_one_group(store: Store, disk: Disk) -> None:
    async def work() -> None:
        numbers = [store.note(message(number)) for number in range(1, 51)]
        assert numbers == list(range(1, 51))
        assert store.stored == 0
        assert await store.until(50)
        assert [record.data for record in read(disk.path)] == [b"%d" % n for n in numbers]

    session(store, work())
    assert disk.groups == [50]


def test_what_comes_while_the_disk_works_goes_in_the_next_group(store: Store, disk: Disk) -> None:
    async def one(number: int) -> None:
        assert await store.until(store.note(message(number)))

    async def work() -> None:
        first = asyncio.ensure_future(one(1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the first is on its way
        await asyncio.gather(first, *(one(number) for number in range(2, 30)))

    session(store, work())
    assert sum(disk.groups) == 29
    assert len(disk.groups) == 2


def test_outside_a_session_a_record_is_on_disk_when_it_is_noted(store: Store, disk: Disk) -> None:
    store.note(message(1))
    session(store, asyncio.sleep(0))
    store.note(message(2))
    assert [record.data for record in read(disk.path)] == [b"1", b"2"]
    disk.failures = [FULL]
    with pytest.raises(NotMeasured, match=r"journal\.ndjson.*No space left"):
        store.note(message(3))


def test_a_full_disk_stores_nothing_and_is_told_once_until_there_is_room(
    store: Store, disk: Disk, said: list[Text]
) -> None:
    async def work() -> None:
        number = store.note(message(1))
        assert not await store.until(number)
        assert store.blocked
        stood = store.now()
        store.note(message(2))
        while store.blocked:
            assert store.now() == stood
            await store.changed()
        assert await store.until(2)

    disk.failures = [FULL] * 3
    session(store, work())
    assert [record.data for record in read(disk.path)] == [b"1", b"2"]
    full, room = said
    assert "No space left on device" in full.en
    assert "rien n'est acquitté" in full.fr
    assert "goes on" in room.en


def test_a_session_that_ends_on_a_full_disk_leaves_the_rest_to_be_written(
    store: Store, disk: Disk
) -> None:
    async def work() -> None:
        assert not await store.until(store.note(message(1)))

    disk.failures = [FULL]
    session(store, work())
    store.note(message(2))
    assert [record.data for record in read(disk.path)] == [b"1", b"2"]


def test_a_disk_that_does_not_confirm_ends_it(
    store: Store, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async def work() -> None:
        assert not await store.until(store.note(message(1)))
        assert not await store.until(store.note(message(2)))

    monkeypatch.setattr(os, "fdatasync", fails)
    session(store, work())
    assert isinstance(store.lost, NotMeasured)
    assert len(list(read(disk.path))) == 1  # the second was not tried
    with pytest.raises(NotMeasured, match="did not confirm"):
        store.note(message(3))


def test_patience_has_an_end(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        store.note(message(1))
        while store.lost is None:
            await store.changed()

    monkeypatch.setattr(storing, "RETRY", 0.001)
    disk.failures = [FULL] * 1000
    store = Store(disk, patience=0.005)
    session(store, work())
    assert isinstance(store.lost, NotMeasured)
