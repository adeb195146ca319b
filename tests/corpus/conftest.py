"""Small corpora, and what judges them."""

import io
import tarfile
import zipfile
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest
from packing import Packed

from harness.rules.profile import Profile
from harness.show.corpus import ruleset, writing
from harness.show.corpus.ruleset import Choice, RuleSet
from harness.sim import traffic


@pytest.fixture(scope="session")
def choice() -> Choice:
    return Choice("livre-blanc-2024")


@pytest.fixture(scope="session")
def rules(choice: Choice) -> RuleSet:
    return ruleset.pack(choice, ruleset.load(choice))


@pytest.fixture(scope="session")
def sent(profile: Profile) -> list[traffic.Sent]:
    """A little traffic, half of it wrong."""
    clock = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
    return list(islice(traffic.messages(profile, 5, clock, 0.5), 15))


@pytest.fixture
def lines(tmp_path: Path, sent: list[traffic.Sent]) -> Path:
    """The traffic as NDJSON."""
    file = tmp_path / "traffic.ndjson"
    writing.write(file, sent)
    return file


@pytest.fixture
def tar(tmp_path: Path) -> Packed:
    """A TAR of files."""

    def pack(members: dict[str, bytes]) -> Path:
        file = tmp_path / "some.tar.gz"
        with tarfile.open(file, "w:gz") as archive:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return file

    return pack


@pytest.fixture
def zipped(tmp_path: Path) -> Packed:
    """A ZIP of files."""

    def pack(members: dict[str, bytes]) -> Path:
        file = tmp_path / "some.zip"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return file

    return pack
