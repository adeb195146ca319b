import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.wire.transcript import Journal, Record, Unsynced, read, torn

RECORDS = st.builds(
    Record,
    at=st.just("2026-01-05T10:00:00+01:00"),
    kind=st.sampled_from(["message", "ack", "junk"]),
    connection=st.text(max_size=5),
    direction=st.sampled_from(["in", "out"]),
    data=st.binary(),
    facts=st.dictionaries(st.text(max_size=3), st.text(max_size=5)),
)


@contextmanager
def limited(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(RECORDS, max_size=4))
def test_what_is_written_is_read(tmp_path: Path, records: list[Record]) -> None:
    file = tmp_path / "journal.ndjson"
    file.unlink(missing_ok=True)
    with Journal(file, sync=False) as journal:
        for number, record in enumerate(records, 1):
            assert journal.append(record) == number
    assert list(read(file)) == records


def test_a_torn_last_line_is_stepped_over(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    with Journal(file) as journal:
        journal.append(Record("t", "message", data=b"kept"))
        journal.append(Record("t", "message", data=b"torn"))
    file.write_bytes(file.read_bytes()[:-7])
    assert [record.data for record in read(file)] == [b"kept"]


def test_what_a_killed_process_left_torn_is_moved_aside_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    with Journal(file) as journal:
        journal.append(Record("t", "message", data=b"kept"))
        journal.append(Record("t", "message", data=b"torn"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-7])
    tail = whole.splitlines(keepends=True)[1][:-7]
    assert torn(file) == tail
    with Journal(file) as journal:
        assert (journal.number, journal.torn) == (1, tail)
        assert journal.append(Record("t", "message", data=b"next")) == 2
    assert [record.data for record in read(file)] == [b"kept", b"next"]
    assert torn(file) == b""


def test_a_long_last_record_is_found(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    with Journal(file, sync=False) as journal:
        journal.append(Record("t", "message", data=b"short"))
        journal.append(Record("t", "message", data=bytes(300_000)))
    with Journal(file) as journal:
        assert (journal.number, journal.torn) == (2, b"")


def test_two_do_not_write_the_same_journal(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    with Journal(file), pytest.raises(HarnessError, match="written by another run"):
        Journal(file)
    with Journal(file) as journal:
        assert journal.append(Record("t", "message")) == 1


def test_what_the_disk_does_not_take_leaves_no_half_line(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    with Journal(file) as journal:
        journal.append(Record("t", "message", data=b"kept"))
        with limited(file.stat().st_size + 10), pytest.raises(OSError, match="large"):
            journal.append(Record("t", "message", data=b"too much"))
        journal.append(Record("t", "message", data=b"after"))
    assert [record.data for record in read(file)] == [b"kept", b"after"]


def test_a_disk_that_does_not_confirm_is_not_trusted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with Journal(tmp_path / "journal.ndjson") as journal:
        monkeypatch.setattr(os, "fdatasync", fails)
        with pytest.raises(Unsynced, match="Input/output"):
            journal.append(Record("t", "message"))


def test_a_broken_line_elsewhere_is_an_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    with Journal(file) as journal:
        journal.append(Record("t", "message"))
    file.write_bytes(b"{}\n" + file.read_bytes())
    with pytest.raises(HarnessError) as wrong:
        list(read(file))
    assert wrong.value.line == 1


def test_a_record_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    with Journal(file) as journal:
        journal.append(Record("t", "message", data=b"x"))
        assert [record.data for record in read(file)] == [b"x"]
