"""Evidence that people attach: what is taken, who reads it, how it is given back, exported."""

import contextlib
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st
from visitor import Near

from harness.errors import HarnessError
from harness.show.board.access import Board
from harness.show.board.guard import FILE_LIMIT, LIMIT
from harness.show.board.store import attachments, rooms, runs

NOMINAL = "lb-nominal-ct-brain"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
EVIL = r"..\..\<img src=x onerror=alert(1)>" "\u202egnp.exe"


@pytest.fixture
def run(vendor: Near) -> int:
    vendor.declare()
    vendor.post("/systems/1/runs", "/rooms/1", scenario=NOMINAL)
    runs.begin(vendor.board.database, 1)
    runs.end(vendor.board.database, 1, "done", "pass")
    return 1


def attach(
    who: Near, data: bytes, name: str = "screen.png", step: str = "7", mark: str | None = None
) -> Response:
    fields = {"mark": who.mark("/rooms/1") if mark is None else mark, "step": step}
    return who.client.post("/runs/1/attachments", data=fields, files={"file": (name, data)})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0rest", "jpg"),
        (b"%PDF-1.7\nrest", "pdf"),
        (b"\xd4\xc3\xb2\xa1\x02\x00", "pcap"),
        (b"\x0a\x0d\x0d\x0a\x1c\x00", "pcapng"),
        (b"\x0bMSH|^~\\&|RIS\rPID|1\r\x1c\r", "txt"),
        ("2026-11-30 reçu".encode(), "txt"),
        (b"\xef\xbb\xbf<html><script>", "txt"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(data: bytes, kind: str) -> None:
    assert attachments.kind_of(data) == kind


@pytest.mark.parametrize(
    "data",
    [b"MZ\x90\x00", b"PK\x03\x04", b"\x7fELF", b"GIF89a\x01\x00", b"\xff\xfea\x00", b"a\x00b"],
)
def test_other_files_are_not_taken(data: bytes) -> None:
    with pytest.raises(HarnessError):
        attachments.kind_of(data)


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_have_a_kind_or_none(data: bytes) -> None:
    with contextlib.suppress(HarnessError):
        assert attachments.kind_of(data) in attachments.KINDS


@given(st.text(max_size=300))
def test_a_name_is_one_that_can_be_shown(name: str) -> None:
    shown = attachments.shown(name)
    assert 0 < len(shown) <= 120
    assert "/" not in shown
    assert shown.isprintable() or all(c.isprintable() or c.isspace() for c in shown)


def test_evidence_is_attached_and_given_back_as_a_download(
    vendor: Near, monitor: Near, run: int
) -> None:
    assert attach(vendor, PNG, EVIL).status_code == 303
    page = vendor.get("/runs/1").text
    assert "<img" not in page
    assert "\u202e" not in page
    assert re.search(r'id="step-7".*?alert\(1\).*?</li>', page, re.S)
    for who in (vendor, monitor):
        back = who.get("/attachments/1")
        assert back.content == PNG
        assert back.headers["content-type"] == "application/octet-stream"
        assert back.headers["content-disposition"] == 'attachment; filename="run-1-1.png"'
        assert "sandbox" in back.headers["content-security-policy"]
        assert back.headers["x-content-type-options"] == "nosniff"
    kept = attachments.of_run(vendor.board.database, 1)
    folder = vendor.board.desk.folder(1) / attachments.FOLDER
    assert [file.name for file in folder.iterdir()] == [kept[0].file]
    assert re.fullmatch(r"[0-9a-f]{32}\.png", kept[0].file)
    assert (folder / kept[0].file).stat().st_mode & 0o077 == 0


def test_only_who_may_read_a_run_attaches_and_reads(
    vendor: Near, rival: Near, run: int, visitor: Callable[[], Near]
) -> None:
    attach(vendor, PNG)
    assert attach(rival, PNG).status_code == 403
    assert rival.get("/attachments/1").status_code == 403
    assert rival.post("/attachments/1/remove", "/rooms/1").status_code == 403
    stranger = visitor()
    assert attach(stranger, PNG, mark=stranger.mark()).status_code == 401
    assert stranger.get("/attachments/1").headers["location"] == "/join"
    assert len(attachments.of_run(vendor.board.database, 1)) == 1


def test_a_form_of_another_site_attaches_nothing(vendor: Near, rival: Near, run: int) -> None:
    for mark in ("", "x", rival.mark("/rooms/1")):
        assert attach(vendor, PNG, mark=mark).status_code == 403
    mark = vendor.mark("/rooms/1")
    vendor.client.headers["origin"] = "http://evil.example"
    assert attach(vendor, PNG, mark=mark).status_code == 403
    assert attachments.of_run(vendor.board.database, 1) == ()


@pytest.mark.parametrize(
    ("data", "name", "step"), [(b"", "x", "7"), (b"MZ\x90\0", "x.png", "7"), (PNG, "x", "-1")]
)
def test_what_is_brought_is_checked(
    vendor: Near, run: int, data: bytes, name: str, step: str
) -> None:
    assert attach(vendor, data, name, step).status_code == 422
    assert attachments.of_run(vendor.board.database, 1) == ()
    assert not list((vendor.board.desk.folder(1)).glob("attachments/*"))


def test_a_large_file_is_refused_and_only_there_may_a_body_be_large(vendor: Near, run: int) -> None:
    assert attach(vendor, PNG + bytes(attachments.LIMIT)).status_code in (413, 422)
    assert attach(vendor, PNG + bytes(FILE_LIMIT)).status_code == 413
    assert attach(vendor, PNG + bytes(LIMIT)).status_code == 303
    mark = vendor.mark("/rooms/1")
    for path in ("/runs/1/comment", "/runs/1/attachments/", "/runs/x/attachments"):
        sent = vendor.client.post(
            path, data={"mark": mark}, files={"file": ("x", PNG + bytes(LIMIT))}
        )
        assert sent.status_code == 413
    assert len(attachments.of_run(vendor.board.database, 1)) == 1


def test_a_form_that_is_none_is_refused(vendor: Near, run: int) -> None:
    mark = vendor.mark("/rooms/1")
    kind = {"content-type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x", b"--x\r\n\r\n", b"nonsense"):
        sent = vendor.client.post("/runs/1/attachments", content=body, headers=kind)
        assert sent.status_code in (400, 403)
    many = [("file", (f"{n}", PNG)) for n in range(3)]
    fields = {"mark": mark, "step": "0"}
    assert vendor.client.post("/runs/1/attachments", data=fields, files=many).status_code == 400
    fields = {"mark": mark, "step": "7" * 9000}
    one = {"file": ("x", PNG)}
    assert vendor.client.post("/runs/1/attachments", data=fields, files=one).status_code == 400


def test_a_run_takes_so_many_files(vendor: Near, run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MOST", 2)
    assert [attach(vendor, PNG).status_code for _ in range(3)] == [303, 303, 422]
    vendor.post("/attachments/1/remove", "/rooms/1")
    assert attach(vendor, PNG).status_code == 303
    monkeypatch.setattr(attachments, "OF_PERSON", 3 * len(PNG) - 1)
    vendor.post("/attachments/2/remove", "/rooms/1")
    assert [attach(vendor, PNG).status_code for _ in range(2)] == [303, 422]
    files = list((vendor.board.desk.folder(1) / attachments.FOLDER).iterdir())
    assert len(files) == 2


def test_what_is_removed_leaves_its_line(vendor: Near, organiser: Near, run: int) -> None:
    attach(vendor, PNG, "patient.png")
    assert organiser.post("/attachments/1/remove", "/rooms/1").status_code == 303
    assert vendor.get("/attachments/1").status_code == 404
    assert organiser.post("/attachments/1/remove", "/rooms/1").status_code == 404
    assert "<s>patient.png</s>" in vendor.get("/runs/1").text
    assert not list((vendor.board.desk.folder(1) / attachments.FOLDER).iterdir())


def test_a_closed_session_takes_no_more(vendor: Near, organiser: Near, run: int) -> None:
    organiser.post("/rooms/1/closed", "/rooms/1")
    assert attach(vendor, PNG).status_code == 409


def test_what_was_attached_is_exported(vendor: Near, monitor: Near, run: int) -> None:
    attach(vendor, PNG, EVIL)
    attach(vendor, b"log", "removed.log")
    vendor.post("/attachments/2/remove", "/rooms/1")
    with zipfile.ZipFile(io.BytesIO(monitor.get("/rooms/1/export").content)) as site:
        assert sorted(site.namelist()) == [
            "index.html",
            "runs/000001/attachments/run-1-1.png",
            "runs/000001/index.html",
        ]
        assert site.read("runs/000001/attachments/run-1-1.png") == PNG
        page = site.read("runs/000001/index.html").decode()
    assert "<img" not in page
    assert 'href="attachments/run-1-1.png"' in page


def test_a_disk_that_is_full_is_said(vendor: Near, run: int, board: Board) -> None:
    folder: Path = board.desk.folder(1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / attachments.FOLDER).write_text("a file in the way")
    assert attach(vendor, PNG).status_code == 422
    assert attachments.of_run(board.database, 1) == ()
    assert rooms.room(board.database, 1)
