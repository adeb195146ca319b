"""What the doctor finds, and what it says is to be done."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import lab
import pytest
from lab import Lab

from harness.show import doctor
from harness.show.doctor import Line

pytestmark = pytest.mark.net
PARIS = timezone(timedelta(hours=1))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab.make(tmp_path_factory.mktemp("lab"))


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def look(tmp_path: Path, **asked: object) -> dict[str, Line]:
    """The lines by the beginning of what they say, in English."""
    known: dict[str, object] = {"listen": None, "sut": None, "tls": None, "folder": tmp_path}
    known |= {"now": datetime.now(PARIS)} | asked
    lines = list(doctor.look(**known))  # type: ignore[arg-type]
    for line in lines:
        assert line.what.fr
        assert line.found.fr
        assert (line.do is None) is (line.state == "good")
    return {line.what.en.split(" ")[0]: line for line in lines}


def test_a_machine_in_order(tmp_path: Path) -> None:
    found = look(tmp_path, listen=("0.0.0.0", 0))
    assert list(found) == ["Character", "Clock", "Write", "Listen"]
    assert {name for name, line in found.items() if line.state == "bad"} == set()
    assert found["Clock"].state == found["Listen"].state == "good"
    assert "MiB free" in found["Write"].found.en
    assert list(tmp_path.iterdir()) == []


def test_a_clock_that_is_behind_or_has_no_zone(tmp_path: Path) -> None:
    behind = look(tmp_path, now=datetime(2001, 1, 1, tzinfo=PARIS))["Clock"]
    assert behind.state == "bad"
    assert behind.do
    assert "NTP" in behind.do.en
    assert look(tmp_path, now=datetime.now(UTC))["Clock"].state == "warning"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    found = look(tmp_path, folder=tmp_path / "file" / "runs")["Write"]
    assert found.state == "bad"
    assert found.do
    assert "--out" in found.do.en


def test_ports(tmp_path: Path, taken: int, closed: int) -> None:
    busy = look(tmp_path, listen=("127.0.0.1", taken))["Listen"]
    assert busy.state == "bad"
    local = look(tmp_path, listen=("127.0.0.1", closed))["Listen"]
    assert local.state == "warning"
    assert local.do
    assert "0.0.0.0" in local.do.en
    assert look(tmp_path, listen=("192.0.2.1", closed))["Listen"].state == "bad"


def test_the_other_side(tmp_path: Path, taken: int, closed: int) -> None:
    found = look(tmp_path, sut=("127.0.0.1", taken))
    assert found["Reach"].state == "good"
    found = look(tmp_path, sut=("127.0.0.1", closed))
    assert found["Reach"].state == "bad"
    assert "refused" in found["Reach"].found.en
    found = look(tmp_path, sut=("no-such-host.invalid", closed))
    assert found["Find"].state == "bad"
    assert "Reach" not in found


def test_our_certificates(tmp_path: Path, made: Lab) -> None:
    now = datetime.now(PARIS)
    for name, begins, ends, state in (
        ("good", lab.past(1), lab.past(-400), "good"),
        ("soon", lab.past(1), lab.past(-10), "warning"),
        ("expired", lab.past(9), lab.past(1), "bad"),
        ("early", lab.past(-1), lab.past(-400), "bad"),
    ):
        tls = replace(made.tls("any"), ca=None, **made.pair(name, begins=begins, ends=ends))
        assert look(tmp_path, tls=tls, now=now)["Certificate"].state == state


def test_tls_of_a_side_that_has_none(tmp_path: Path, made: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = _answered_in_plain(server, tmp_path, made)
    assert found["TLS"].state == "bad"
    assert "TLS" in found["TLS"].found.en


def _answered_in_plain(server: socket.socket, tmp_path: Path, made: Lab) -> dict[str, Line]:
    """Look at a server that says something else than TLS to whoever comes."""

    def speak() -> None:
        for _ in range(2):  # one to be reached, one for TLS
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"MSH|^~\\&|\r")

    thread = threading.Thread(target=speak)
    thread.start()
    found = look(tmp_path, sut=("127.0.0.1", server.getsockname()[1]), tls=made.tls("ris"))
    thread.join()
    return found
