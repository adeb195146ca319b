"""What is kept from one process to the next is read by nobody else, and only when it is whole."""

import os
import sys
from pathlib import Path

import pytest

from harness import kept

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("TELERAD_CACHE", str(folder))
    return folder


def test_what_was_written_is_read(home: Path) -> None:
    assert kept.read("one", KEY) is None
    kept.write("one", KEY, b"content")
    assert kept.read("one", KEY) == b"content"
    assert [file.name for file in home.iterdir()] == ["one"]


def test_another_key_reads_nothing_and_takes_its_place() -> None:
    kept.write("one", KEY, b"old")
    other = b"o" * 32
    assert kept.read("one", other) is None
    kept.write("one", other, b"new")
    assert (kept.read("one", KEY), kept.read("one", other)) == (None, b"new")


@pytest.mark.parametrize("place", [0, 20, 50, -1])
def test_a_changed_byte_makes_it_useless(home: Path, place: int) -> None:
    kept.write("one", KEY, b"content")
    raw = bytearray((home / "one").read_bytes())
    raw[place] ^= 1
    (home / "one").write_bytes(raw)
    assert kept.read("one", KEY) is None


@pytest.mark.parametrize("length", [0, 1, 40, 80])
def test_a_torn_file_is_useless(home: Path, length: int) -> None:
    kept.write("one", KEY, b"content")
    (home / "one").write_bytes((home / "one").read_bytes()[:length])
    assert kept.read("one", KEY) is None


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions")
def test_it_is_the_users_own(home: Path) -> None:
    kept.write("one", KEY, b"content")
    assert (home / "one").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    (home / "one").chmod(0o640)
    assert kept.read("one", KEY) is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no such owners")
def test_somebody_elses_file_is_not_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.write("one", KEY, b"content")
    monkeypatch.setattr(os, "getuid", lambda: home.stat().st_uid + 1)
    assert kept.read("one", KEY) is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    kept.write("one", KEY, b"content")
    (home / "one").rename(tmp_path / "elsewhere")
    (home / "one").symlink_to(tmp_path / "elsewhere")
    assert kept.read("one", KEY) is None


def test_where_nothing_can_be_written_nothing_happens(home: Path) -> None:
    home.write_bytes(b"a file, no folder")
    kept.write("one", KEY, b"content")
    assert kept.read("one", KEY) is None
    assert home.read_bytes() == b"a file, no folder"


def test_nothing_is_kept_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELERAD_CACHE", "")
    kept.write("one", KEY, b"content")
    assert (kept.folder(), kept.read("one", KEY)) == (None, None)


def test_the_folder_is_that_of_the_desktop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TELERAD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept.folder() == tmp_path / "telerad"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert kept.folder() == tmp_path / ".cache" / "telerad"


def test_a_key_tells_content_name_order_and_words(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"1")
    keys = [kept.key((one,)), kept.key((other,)), kept.key((one, other)), kept.key((other, one))]
    keys += [kept.key((one,), "word"), kept.key((one,), "word", "")]
    one.write_bytes(b"2")
    keys.append(kept.key((one,)))
    assert len({*keys}) == len(keys)
    assert {len(key) for key in keys} == {32}
