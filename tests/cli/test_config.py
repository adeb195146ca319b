"""`telerad.toml`: found upward, behind command line and environment, told by line and column."""

import json
import os
import tomllib
from pathlib import Path
from subprocess import run as call

import jsonschema
import pytest
from command import PROGRAM, Telerad, environment

from harness import data

ONE = """\
lang = "fr"
profile = "livre-blanc-2024"

[run]
sut-port = 1
ack-timeout = 0.5   # seconds
within = 0.5
seed = 4

[sut.acme]
sut = "platform"
sut-host = "127.0.0.1"
listen = "127.0.0.1:0"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "telerad.toml"
    found.write_text(ONE, encoding="utf-8")
    return found


def command_of(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "result.json").read_text(encoding="utf-8")))


def test_a_system_is_chosen_by_name(telerad: Telerad, file: Path) -> None:
    done = telerad("run", "lb-neg-no-patient", "--sut-name", "acme", "--out", "out")
    assert done.code == 3  # nobody listens on port 1
    result = command_of(file.parent / "out")
    assert (result["sut"], result["seed"]) == ("platform", 4)
    assert "127.0.0.1:1" in str(result["findings"])


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(
    telerad: Telerad, file: Path
) -> None:
    """From a folder below; with the language of the file."""
    below = file.parent / "a" / "b"
    below.mkdir(parents=True)
    asked = [PROGRAM, "run", "lb-neg-no-patient", "--out", "out"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TELERAD")}
    plain = kept | {"LC_ALL": "C.UTF-8"}
    seeds = []
    for more, set_to in (([], {}), ([], {"TELERAD_SEED": "5"}), ([], {"TELERAD_RUN_SEED": "6"}),
                         (["--seed", "7"], {"TELERAD_SEED": "5"})):  # fmt: skip
        done = call([*asked, *more], cwd=below, env=plain | set_to, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "Conforme" in done.stdout
        seeds.append(command_of(below / "out")["seed"])
    assert seeds == [4, 5, 6, 7]
    assert environment()  # the others of this folder choose a language


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[run\n", "telerad.toml:1:5: not valid TOML: "),
        ("lagn = 'fr'\n", "telerad.toml:1:1: unknown key: `lagn` (did you mean `lang`?)"),
        ("\n[rnu]\nseed = 1\n", "telerad.toml:2:2: unknown table: [rnu] (did you mean `run`?)"),
        ("[run]\n  sut-prot = 1\n", "telerad.toml:2:3: unknown key: `sut-prot` (did you mean"),
        ("[run]\nsut-port = 70000\n", "telerad.toml:2:12: value of `sut-port`: "),
        ("[run]\nsut = 'rsi'\n", "telerad.toml:2:7: value of `sut`: one of: ris, platform"),
        ("[run]\nsync = 'no'\n", "telerad.toml:2:8: `sync` wants true or false"),
        ("[run]\nreading = 'G1=a'\n", "telerad.toml:2:11: `reading` wants a list: […]"),
        ("[run]\nseed = [1]\n", "telerad.toml:2:8: `seed` wants a plain value"),
        ("[sut.a]\nsut-port = 'x'\n", "telerad.toml:2:12: value of `sut-port`: "),
        ("[sut.b]\nsut-port = 1\n", "telerad.toml: no table [sut.a] (b)"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    telerad: Telerad, tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "telerad.toml").write_text(text, encoding="utf-8")
    done = telerad("run", "--sut-name", "a")
    assert done.code == 2
    assert done.told.startswith(told), done.told


def test_a_name_without_a_file_is_told(telerad: Telerad) -> None:
    done = telerad("run", "--sut-name", "a")
    assert (done.code, done.told[:29]) == (2, "`--sut-name` wants a file tel")


def test_paths_start_from_the_file(telerad: Telerad, tmp_path: Path) -> None:
    (tmp_path / "telerad.toml").write_text("mapping = 'nowhere.yaml'\n", encoding="utf-8")
    (tmp_path / "below").mkdir()
    done = telerad("run", "lb-neg-no-patient")
    assert done.code == 2
    assert "nowhere.yaml" in done.told


def test_the_schema_file_knows_what_the_code_knows_and_the_example(telerad: Telerad) -> None:
    """When it fails: `telerad schema config > schemas/config.schema.json`."""
    stored = json.loads(data.path("schemas", "config.schema.json").read_text(encoding="utf-8"))
    made = json.loads(telerad("schema", "config").out)["properties"]
    for verb, table in stored["properties"].items():
        for name, kind in table.get("properties", {}).items():
            assert made[verb]["properties"][name] == kind
    checker = jsonschema.Draft202012Validator(stored)
    assert list(checker.iter_errors(tomllib.loads(ONE))) == []
    assert list(checker.iter_errors(tomllib.loads("[run]\nsut-prot = 1\n"))) != []


@pytest.mark.parametrize("name", ["README.md", "README.fr.md"])
def test_the_example_of_the_readme_holds(telerad: Telerad, tmp_path: Path, name: str) -> None:
    text = (Path(__file__).parents[2] / name).read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "telerad.toml").write_text(example, encoding="utf-8")
    (tmp_path / "site.yaml").write_text("elements: {}\n", encoding="utf-8")
    done = telerad("run", "--sut-name", "acme", "--out", "out", "lb-no-such-scenario")
    assert "lb-no-such-scenario" in done.told  # the file was read, and is right
    stored = data.path("schemas", "config.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json.loads(stored)).validate(tomllib.loads(example))


def test_another_verb_takes_its_own_table(telerad: Telerad, file: Path) -> None:
    done = telerad("rules", "list", lang="en")
    assert done.code == 0
