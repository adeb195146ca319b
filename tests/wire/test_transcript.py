from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.wire.transcript import Journal, Record, read

RECORDS = st.builds(
    Record,
    at=st.just("2026-01-05T10:00:00+01:00"),
    kind=st.sampled_from(["message", "ack", "junk"]),
    connection=st.text(max_size=5),
    direction=st.sampled_from(["in", "out"]),
    data=st.binary(),
    facts=st.dictionaries(st.text(max_size=3), st.text(max_size=5)),
)


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
