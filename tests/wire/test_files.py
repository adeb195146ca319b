"""Files that are whole or not there."""

import errno
from pathlib import Path

import pytest

from harness.errors import HarnessError, NotMeasured
from harness.wire import files


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.txt"
    files.write(file, b"one")
    files.write(file, b"two")
    assert file.read_bytes() == b"two"
    assert list(file.parent.iterdir()) == [file]


def test_without_room_the_old_one_stays_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.html"
    files.write(file, b"old")
    real = Path.write_bytes

    def half(path: Path, data: bytes) -> int:
        real(path, data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", half)
        with pytest.raises(NotMeasured, match=r"report\.html: .*No space left.*telerad report"):
            files.write(file, b"new and longer")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(HarnessError, match="cannot be written") as wrong:
        files.write(tmp_path / "file" / "below", b"")
    assert not isinstance(wrong.value, NotMeasured)
