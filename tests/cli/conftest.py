"""What the tests of the command line share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command import CLOCK, Done, Server, Telerad, call


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("server"))
    yield found
    found.close()


@pytest.fixture
def telerad(tmp_path: Path, server: Server) -> Telerad:
    """The command line in an empty folder; `lang` is what TELERAD_LANG says."""
    return lambda *arguments, lang="en": server.call(tmp_path, *arguments, lang=lang)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """`telerad demo --seed 7` with its clock stopped; results in `run`."""
    folder = tmp_path_factory.mktemp("demo")
    return call(folder, "demo", "--seed", "7", "--clock", CLOCK, "--out", "run")


@pytest.fixture(scope="session")
def wrong_key(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("wrong-key")
    return call(folder, "demo", "--defect", "wrong-ins-key", "--clock", CLOCK, "--out", "run")
