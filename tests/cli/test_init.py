"""`telerad init`: what it writes holds, and nothing that is there is overwritten."""

import subprocess
import sys
from pathlib import Path

import pytest
from command import Telerad

SCHEMAS = {
    "github": ("vendor.github-workflows", ".github/workflows/telerad.yml"),
    "gitlab": ("vendor.gitlab-ci", ".gitlab-ci.yml"),
}


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("profile", ["livre-blanc-2024", "ans-tlr-2026"])
def test_what_it_writes_is_proofread_and_played(telerad: Telerad, lang: str, profile: str) -> None:
    begun = telerad("init", "--sut", "ris", "--sut-port", "1", "--sut-host", "127.0.0.1",
                    "--profile", profile, lang=lang)  # fmt: skip
    assert begun.code == 0, begun.err
    assert (begun.folder / "telerad.toml").read_text(encoding="utf-8").startswith("# ")
    assert telerad("lint", "scenarios", lang=lang).code == 0
    played = telerad("run", "--sut", "none", "scenarios/first.yaml", "--out", "run", lang=lang)
    assert played.code == 0, played.out
    assert profile in played.out


def test_the_system_is_found_by_its_name(telerad: Telerad) -> None:
    telerad("init", "--sut", "platform", "--sut-host", "127.0.0.1", "--sut-port", "9",
            "--listen", "127.0.0.1:0", "--name", "acme")  # fmt: skip
    done = telerad("run", "--sut-name", "acme", "scenarios/first.yaml", "--out", "run")
    assert done.code == 3
    assert "127.0.0.1:9" in done.out


@pytest.mark.parametrize("ci", SCHEMAS)
def test_the_ci_file_is_valid_by_its_schema(telerad: Telerad, ci: str) -> None:
    done = telerad("init", "--sut", "ris", "--sut-host", "h", "--sut-port", "1", "--ci", ci)
    schema, file = SCHEMAS[ci]
    check = Path(sys.executable).with_name("check-jsonschema")
    command = [str(check), "--builtin-schema", schema, file]
    assert subprocess.run(command, cwd=done.folder, check=False).returncode == 0


def test_nothing_is_overwritten(telerad: Telerad) -> None:
    asked = ("init", "--sut", "ris", "--sut-host", "h", "--sut-port", "1")
    first = telerad(*asked)
    (first.folder / "telerad.toml").write_text('lang = "fr"\n', encoding="utf-8")
    (first.folder / "scenarios" / "first.yaml").unlink()
    again = telerad(*asked)
    assert again.code == 2
    assert "telerad.toml" in again.told
    assert not (first.folder / "scenarios" / "first.yaml").exists()


def test_a_wrong_name_is_told(telerad: Telerad) -> None:
    done = telerad("init", "--sut", "ris", "--sut-host", "h", "--sut-port", "1", "--name", "A B")
    assert done.code == 2
    assert "A B" in done.told


def test_it_asks_what_it_was_not_told(telerad: Telerad) -> None:
    """Without an answer nothing is written."""
    done = telerad("init")
    assert done.code != 0
    assert not (done.folder / "telerad.toml").exists()
