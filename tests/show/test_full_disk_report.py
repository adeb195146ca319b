"""A disk that is full at any of the writes at the end of a run: one line, and nothing by halves."""

import errno
from pathlib import Path

import pytest

from harness.errors import NotMeasured
from harness.show import outputs
from harness.show.cli.playing import finish
from harness.show.report import Report
from harness.show.runs import session
from harness.show.terminal import Terminal


def write_all(report: Report, folder: Path) -> None:
    session.keep_files(report.exchanges, folder)
    finish(report, Terminal("en"), folder, outputs.parse("json=out.json"))


def test_every_write_may_fail_and_can_be_done_again(
    stopped: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_all(stopped, Path("whole"))
    whole = contents(Path("whole"))
    real, left = Path.write_bytes, [0]

    def limited(path: Path, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            real(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", limited)
    for room in range(len(whole) + 1):
        left[0] = room
        with pytest.raises(NotMeasured, match="No space left") as wrong:
            write_all(stopped, Path(f"run-{room}"))
        assert len(wrong.value.render("fr").splitlines()) == 1
        assert "telerad report DOSSIER" in wrong.value.render("fr")
        written = contents(Path(f"run-{room}"))
        assert len(written) == room
        assert written.items() <= whole.items()
    left[0] = len(whole) + 1
    write_all(stopped, Path("run-1"))
    assert contents(Path("run-1")) == whole


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name, those that begin with a dot as well."""
    found = folder.rglob("*") if folder.is_dir() else ()
    return {str(f.relative_to(folder)): f.read_bytes() for f in found if f.is_file()}
