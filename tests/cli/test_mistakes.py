"""What the user got wrong: one line on standard error, the right code, no traceback."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Telerad

from harness.show import cli

SCENARIO = """\
scenario: mine
title: {fr: "a", en: "b"}
profile: livre-blanc-2024
steps:
  - send: A
    akc: AA
"""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of the loopback interface that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """A port of the loopback interface where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "--clock", "yesterday"], "unreadable time: `yesterday`"),
        (["demo", "--defect", "wrong-ins-kye"], "unknown defect: `wrong-ins-kye`"),
        (
            ["demo", "--defect", "refusal-as-ua"],
            "unknown defect: `refusal-as-ua` (--profile ans-tlr-2026)",
        ),
        (
            ["simulate", "ris", "--profile", "ans-tlr-2026", "--defect", "ccam-acts"],
            "unknown defect: `ccam-acts` (did you mean `ccam-act`?)",
        ),
        (["demo", "--lang", "de"], "wrong value for `--lang`: one of: fr, en"),
        (["demo", "--seed", "-1"], "wrong value for `--seed`: a number from 0 to …"),
        (["demo", "--seeed", "1"], "unknown option: `--seeed`, did you mean `--seed`?"),
        (["chek", "a.er7"], "unknown command: `chek` (did you mean `check`?)"),
        (["check"], "`PATH` is missing"),
        (["check", "absent.er7"], "absent.er7: this file does not exist"),
        (["check", "."], "nothing to judge in ."),
        (["check", ".", "--format", "xlsx"], "unknown format: `xlsx`"),
        (["check", ".", "--flow", "Z"], "`Z` is not a flow of profile livre-blanc-2024"),
        (["check", ".", "--profile", "livre-blanc"], "unknown profile: `livre-blanc`"),
        (["check", ".", "--mapping", "absent.yaml"], "absent.yaml"),
        (["run", "absent.yaml"], "absent.yaml: this scenario file does not exist"),
        (["run", "no-such-scenario"], "unknown scenario: `no-such-scenario`"),
        (["run", "--sut", "platform"], "`--sut-host` and `--sut-port`"),
        (["run", "--sut", "pacs"], "wrong value for `--sut`: one of: ris, platform, both, none"),
        (["run", "--listen", "here"], "unreadable address: `here`, HOST:PORT is expected"),
        (["simulate", "ris", "--listen", "here:99999"], "unreadable address: `here:99999`"),
        (["generate", "flow", "Z", "--out", "x"], "`Z` is not a flow of profile"),
        (["generate", "flow", "A", "--case", "x", "--out", "x"], "unknown clinical case: `x`"),
        (["generate", "flow", "A"], "`--out` is missing"),
        (["generate", "cr", "--clock", "x", "--out", "x"], "unreadable time: `x`"),
        (["explain", "INS-F3"], "`INS-F3` is neither a rule of profile livre-blanc-2024"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_told_in_one_line(telerad: Telerad, arguments: list[str], told: str) -> None:
    done = telerad(*arguments)
    assert done.code == 2
    assert done.told.startswith(told)
    assert "Traceback" not in done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "--lang", "fr", "--clock", "hier"], "heure illisible : `hier`"),
        (["check", "absent.er7"], "absent.er7: ce fichier n'existe pas"),
        (["chek"], "commande inconnue : `chek` (vouliez-vous dire `check` ?)"),
        (["check"], "il manque `PATH`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_told_in_french(telerad: Telerad, arguments: list[str], told: str) -> None:
    assert telerad(*arguments, lang="fr").told.startswith(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SCENARIO, r"mine.yaml:6:"),
        ("scenario: [\n", "mine.yaml:2:1: not valid YAML"),
        ("", "mine.yaml"),
    ],
    ids=["unknown key", "not YAML", "empty"],
)
def test_a_scenario_that_is_wrong_says_where(
    telerad: Telerad, tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    done = telerad("run", "mine.yaml")
    assert done.code == 2
    assert done.told.startswith(told)


WITH_MAPPING = ("check", "a.er7", "--mapping", "x.yaml")
WITH_BASELINE = ("check", "a.er7", "--baseline", "x.yaml")


@pytest.mark.parametrize(
    ("file", "text", "arguments", "told"),
    [
        (
            "x.yaml",
            "elements:\n  study-uid: {places: []}\n",
            WITH_MAPPING,
            "x.yaml:2:23: one value",
        ),
        ("x.yaml", "elements:\n  study-udi: {places: [ZDS-1]}\n", WITH_MAPPING, "x.yaml:2:3: unk"),
        (
            "x.yaml",
            "elements:\n  study-uid: {places: [ZDS-0]}\n",
            WITH_MAPPING,
            "x.yaml:2:24: `ZDS-0`",
        ),
        ("x.yaml", "? &a [*a]\n: b\n", WITH_MAPPING, "x.yaml:1:3: YAML anchors"),
        ("x.yaml", "known:\n- {rule: X, reasn: y}\n", WITH_BASELINE, "x.yaml:2:13: unknown key"),
        ("x.yaml", "known:\n- {rule: \x07}\n", WITH_BASELINE, "x.yaml:2:10: a character"),
        ("x.yaml", "scenario: !x one\n", ("run", "x.yaml"), "x.yaml:1:11: YAML tag"),
        ("x.yaml", "!x scenario: one\n", ("lint", "x.yaml"), "x.yaml:1:1: "),
        ("telerad.toml", "lang = 'en\n", ("check", "a.er7"), "telerad.toml:2:1: not"),
        ("telerad.toml", "a = " + "[" * 5000, ("check", "a.er7"), "telerad.toml:1: "),
    ],
)
def test_a_file_that_is_wrong_says_where(
    telerad: Telerad, tmp_path: Path, file: str, text: str, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "a.er7").write_bytes(b"MSH|^~\\&|A\r")
    (tmp_path / file).write_text(text, encoding="utf-8")
    done = telerad(*arguments)
    assert done.code in (1, 2) if arguments[0] == "lint" else done.code == 2
    assert "Traceback" not in done.out + done.err
    assert (done.out if arguments[0] == "lint" else done.told).startswith(told)


def test_an_unknown_key_names_the_nearest(telerad: Telerad, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
    assert "unknown key: `akc` (did you mean `ack`?)" in telerad("run", "mine.yaml").told


def test_a_file_name_cannot_act_on_the_terminal(telerad: Telerad) -> None:
    assert telerad("check", "a\x1b[31mb.er7").told.startswith("a\\x1b[31mb.er7: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["demo", "--out", "file/run"],
        ["run", "lb-neg-no-patient", "--out", "file/run"],
        ["generate", "flow", "A", "--out", "file/run"],
        ["check", "file", "--format", "json=file/result.json"],
    ],
    ids=" ".join,
)
def test_a_place_that_cannot_be_written_is_named(
    telerad: Telerad, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    done = telerad(*arguments)
    assert done.code == 2
    assert done.told.startswith("file/")


@pytest.mark.net
@pytest.mark.parametrize(
    "arguments",
    [["simulate", "ris"], ["run", "lb-nominal-ct-brain", "--sut", "ris", "--sut-port", "9"]],
    ids=["simulate", "run"],
)
def test_a_port_in_use_is_named(telerad: Telerad, taken: int, arguments: list[str]) -> None:
    done = telerad(*arguments, "--listen", f"127.0.0.1:{taken}", "--out", "run")
    assert done.code in (2, 3)
    assert done.told.startswith(f"cannot listen on 127.0.0.1:{taken}")


@pytest.mark.net
def test_a_system_that_cannot_be_reached_is_not_measured(telerad: Telerad, closed: int) -> None:
    done = telerad(
        "run", "lb-nominal-ct-brain", "--sut", "platform", "--sut-port", str(closed),
        "--listen", "127.0.0.1:0", "--ack-timeout", "0.2", "--out", "run",
    )  # fmt: skip
    assert done.code == 3
    assert done.err == ""
    assert "STEP-REACH" in done.out
    assert f"127.0.0.1:{closed}" in done.out
    assert "? Could not tell" in done.out
    assert (done.folder / "run" / "report.html").exists()


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_mistake_of_ours_says_where_and_keeps_what_was_read(
    debug: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(**settings: object) -> int:
        raise ValueError("DURAND")

    monkeypatch.setenv("TELERAD_DEBUG", debug)
    monkeypatch.setattr(cli, "main_group", fails)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 3
    told = capsys.readouterr().err
    assert "in fails" in told
    assert "ValueError" in told
    assert ("DURAND" in told.splitlines()[-1]) == bool(debug)
