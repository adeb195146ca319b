"""Files that a user writes, with one mistake each: told with file, line, column, and a hint.

Robustness sheet 3.8. The count of the files is printed, and is at least 300 of a kind where our
own examples allow it.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import fuzzseeds
import pytest
from damagedfiles import Damage, damages
from fuzztargets import loaders

from harness.errors import HarnessError
from harness.sim import scenario
from harness.yamlfile import MAX_BYTES

Load = Callable[[Path], object]
FEWEST = {
    "scenario.yaml": 900,
    "case.yaml": 600,
    "table.yaml": 500,
    "mapping.yaml": 30,
    "known.yaml": 40,
}
WHOLE = {
    "empty": b"",
    "only a comment": b"# nothing\n",
    "not UTF-8": "élément: é\n".encode("latin-1"),
    "UTF-16": "a: b\n".encode("utf-16"),
    "NUL": b"a: \0\n",
    "a list": b"- a\n- b\n",
    "a word": b"word\n",
    "too deep": b"a: " + b"[" * 30 + b"]" * 30,
    "nested without end": b"[" * 100_000,
    "an alias in itself": b"a: &a [*a]\n",
    "a bomb of aliases": b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
    "a list as a key": b"? [a, b]\n: c\n",
    "a key in itself": b"? &a [*a]\n: c\n",
    "a key with a tag": b"!x a: b\n",
    "a merge key": b"<<: {a: b}\n",
    "a broken quote": b"a: 'b\n",
    "a directive": b"%YAML 9.9\n---\na: b\n",
    "not ended": b"{a: [b\n",
}  # fmt: skip


def readers() -> dict[str, tuple[Load, Callable[[], tuple[bytes, ...]]]]:
    return {"scenario.yaml": (scenario.load, fuzzseeds.scenarios), **loaders()}


def right(name: str, folder: Path) -> Iterator[str]:
    """Files of that name that hold."""
    load, seeds = readers()[name]
    file = folder / name
    for raw in seeds():
        file.write_bytes(raw)
        try:
            load(file)
        except HarnessError:
            continue
        yield raw.decode()


def refused(load: Load, file: Path) -> HarnessError | None:
    try:
        load(file)
    except HarnessError as wrong:
        return wrong
    return None


def told(found: HarnessError | None, file: Path, damage: Damage) -> bool:
    """The mistake has its file and its line; a value over several lines is told at its first."""
    if found is None or found.line is None or found.column is None:
        return False
    begins = damage.text.split("\n")[found.line - 1].rstrip().endswith((">", "|", ">-", "|-"))
    placed = found.line == damage.line or (begins and found.line < damage.line)
    return (found.file, found.exit_code) == (file, 2) and (placed or begins)


@pytest.mark.parametrize("name", FEWEST)
def test_every_mistake_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    load, file, count = readers()[name][0], tmp_path / name, 0
    for text in islice(right(name, tmp_path), 5 if name == "table.yaml" else 12):
        for damage in damages(text, tmp_path / "scratch.yaml"):
            file.write_text(damage.text, encoding="utf-8")
            found = refused(load, file)
            if found is None and damage.what == "a brace too many":
                continue  # it is part of a text
            assert told(found, file, damage), (damage, found)
            assert found is not None
            assert found.render("fr")
            if damage.what == "key misspelt":
                assert found.hint, (damage, found)
            count += 1
    print(f"{count} bad files named {name}")
    assert count >= FEWEST[name]


@pytest.mark.parametrize("name", FEWEST)
@pytest.mark.parametrize("what", WHOLE)
def test_a_file_that_is_no_such_file(name: str, what: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(WHOLE[what])
    found = refused(readers()[name][0], file)
    assert found is not None
    assert found.file == file
    assert found.line


@pytest.mark.parametrize("name", FEWEST)
def test_what_cannot_be_read_is_told(name: str, tmp_path: Path) -> None:
    load = readers()[name][0]
    (tmp_path / name).write_bytes(b"a: " + b"x" * MAX_BYTES)
    (tmp_path / "folder.yaml").mkdir()
    for file in (tmp_path / name, tmp_path / "folder.yaml", tmp_path / "absent.yaml"):
        found = refused(load, file)
        assert found is not None
        assert found.file == file


NO_TOML = ("a", "[a", "a = ", "a = 'b", "a = 1\na = 2", "a = \0", "[a]\n[a]", "a = [[", "é = 1")


@pytest.mark.parametrize("text", NO_TOML)
def test_settings_that_are_no_toml(text: str, tmp_path: Path) -> None:
    file = tmp_path / "telerad.toml"
    file.write_text(text, encoding="utf-8")
    found = refused(loaders()["telerad.toml"][0], file)
    assert found is not None
    assert (found.file, found.exit_code) == (file, 2)
    assert found.line
    assert found.column
