"""Every input that broke something once is given to its target again."""

from pathlib import Path

import pytest
from fuzztargets import TARGETS

BUGS = Path(__file__).parents[1] / "bugs"
KEPT = sorted(file for name in TARGETS for file in (BUGS / name).glob("*"))


def test_every_folder_is_that_of_a_target() -> None:
    assert {file.name for file in BUGS.iterdir() if file.is_dir()} <= set(TARGETS)
    assert KEPT


@pytest.mark.parametrize("file", KEPT, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_broke_once_does_not_break_again(file: Path) -> None:
    TARGETS[file.parent.name].run(file.read_bytes())
