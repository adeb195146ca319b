"""`telerad pack` and `telerad check --pack`, in this process: texts, exit codes, a real archive."""

import http.server
import json
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.show.cli import main
from harness.sim.case import Case
from harness.sim.generate.cda_report import report as make_report

Told = Callable[..., tuple[int, str, str]]

SCHEMA = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
  <title>Essai</title><ns prefix="c" uri="urn:hl7-org:v3"/>
  <pattern id="p"><rule context="c:ClinicalDocument">
    <assert test="count(c:author) = 99">99 auteurs,
      pas <value-of select="count(c:author)"/></assert>
    <assert test="count(c:copyTime) &gt;= 0">toujours vrai</assert>
  </rule></pattern>
</schema>
"""


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Told:
    """Runs a command line; exit code, output, errors."""
    monkeypatch.setenv("TELERAD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TELERAD_LANG", "en")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["telerad", *arguments])
        with pytest.raises(SystemExit) as done:
            main()
        out, err = capsys.readouterr()
        return int(done.value.code or 0), out, err

    return run


@pytest.fixture
def publication(tmp_path: Path) -> Path:
    folder = tmp_path / "essai"
    folder.mkdir()
    (folder / "essai.sch").write_text(SCHEMA, encoding="utf-8")
    return folder


def test_add_list_show_remove(told: Told, publication: Path) -> None:
    code, out, _ = told("pack", "add", "essai")
    assert code == 0
    assert "2 asserts" in out
    assert "1 asserts that always hold" in out
    assert "telerad check --pack essai" in out
    assert told("pack", "list")[1].startswith("essai ")
    code, out, _ = told("pack", "show", "essai", "--format", "json")
    made = json.loads(out)
    assert (code, made["name"], len(made["sha256"])) == (0, "essai", 64)
    assert made["origin"] == str(publication)
    assert made["vacuous"][0] in told("pack", "show", "essai")[1]
    assert told("pack", "remove", "essai")[0] == 0
    assert "no pack in" in told("pack", "list")[1]


def test_in_french(told: Told, publication: Path) -> None:
    out = told("pack", "add", "essai", "--lang", "fr")[1]
    assert "2 assertions" in out
    assert "toujours vraies" in out


def test_check_with_a_pack(told: Told, publication: Path, tmp_path: Path, case: Case) -> None:
    (tmp_path / "cr.xml").write_bytes(make_report(case))
    told("pack", "add", "essai")
    without = told("check", "cr.xml", "--format", "json=a.json")[0]
    code, out, _ = told("check", "cr.xml", "--pack", "essai", "--format", "text,json=b.json")
    assert (without, code) == (0, 1)
    assert "99 auteurs, pas 2" in out
    found = json.loads((tmp_path / "b.json").read_text())
    (failed,) = [one for one in found["findings"] if one["verdict"] == "fail"]
    assert failed["rule"].startswith("ESSAI-ESSAI-P-")
    assert failed["source"] == {"document": "essai", "section": "essai.sch"}
    assert failed["place"]["xpath"] == "/ClinicalDocument"
    before = json.loads((tmp_path / "a.json").read_text())
    assert before["rules_hash"] != found["rules_hash"]


def test_an_archive_and_its_hash(told: Told, publication: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "essai-1.0.zip", "w") as made:
        made.write(publication / "essai.sch", "essai-main/essai.sch")
    code, out, _ = told("pack", "add", "essai-1.0.zip")
    assert code == 0
    assert "essai-1.0" in out


def test_one_schema(told: Told, publication: Path) -> None:
    code, out, _ = told("pack", "add", "essai/essai.sch", "--name", "seul")
    assert (code, out.splitlines()[0]) == (0, "seul")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("pack", "add", "absent"), "does not exist"),
        (("pack", "add", "ftp://example.org/x.zip"), "only http and https"),
        (("pack", "add", "."), "no Schematron schema here"),
        (("pack", "show", "absent"), "no pack of that name"),
        (("pack", "remove", "../x"), "no pack of that name"),
        (("check", "x.xml", "--pack", "absent"), "no pack of that name"),
    ],
)
def test_mistakes_are_one_line(told: Told, arguments: tuple[str, ...], what: str) -> None:
    code, out, err = told(*arguments)
    assert (code, out) == (2, "")
    assert what in err
    assert err.count("\n") == 1


@pytest.fixture
def served(publication: Path, tmp_path: Path) -> Iterator[str]:
    """An address that gives the archive, and others that do not."""
    file = tmp_path / "served.zip"
    with zipfile.ZipFile(file, "w") as made:
        made.write(publication / "essai.sch", "essai.sch")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "file:///etc/passwd")
                self.end_headers()
                return
            there = self.path == "/essai.zip"
            self.send_response(200 if there else 404)
            self.end_headers()
            self.wfile.write(file.read_bytes() if there else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.net
def test_an_address(told: Told, served: str) -> None:
    code, out, _ = told("pack", "add", f"{served}/essai.zip")
    assert code == 0
    assert out.splitlines()[0] == "essai"
    code, _, err = told("pack", "add", f"{served}/none.zip")
    assert (code, "404" in err) == (2, True)
    code, _, err = told("pack", "add", f"{served}/away")
    assert (code, "not allowed" in err) == (2, True)


@pytest.mark.net
def test_no_network(told: Told) -> None:
    code, _, err = told("pack", "add", "http://127.0.0.1:9/x.zip")
    assert code == 2
    assert "give the folder or the ZIP archive" in err


def test_an_assert_is_explained(told: Told, publication: Path) -> None:
    told("pack", "add", "essai")
    name = json.loads(told("pack", "show", "essai", "--format", "json")[1])["vacuous"][0]
    code, out, _ = told("explain", name)
    assert code == 0
    assert "toujours vrai" in out
    assert "essai.sch" in out
