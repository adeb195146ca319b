"""Profiles kept from one process to the next: compiled once for each state of our files."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness import data, kept
from harness.rules import image
from harness.rules.image import Recorder

if TYPE_CHECKING:
    from harness.rules.contested import Readings
    from harness.rules.profile import Profile

_CODE: Final = ("rules", "wire", "yamlfile.py", "text.py", "data.py")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which profile somebody wants: see `profile.load`."""

    name: str
    mapping: Path | None = None
    cda_schema: Path | None = None
    readings: "Readings" = ()

    @property
    def words(self) -> tuple[str, ...]:
        """It as text."""
        return self.name, str(self.mapping or ""), *map("=".join, self.readings)


def kept_or(asked: Asked, compiled: "Callable[[Asked, Recorder | None], Profile]") -> "Profile":
    """The profile as it was kept, or compiled, and kept. One with a schema of the user's is not."""
    if asked.cda_schema or kept.folder() is None:
        return compiled(asked, None)
    root = str(data.path("schemas"))
    try:
        key = kept.key(_files(asked.mapping), root, *asked.words, *_code())
    except OSError:  # whoever reads the file again says so better
        return compiled(asked, None)
    name = f"profile-{kept.key((), root, *asked.words).hex()[:16]}"
    found = _read(name, key)
    if found is None:
        recorder = Recorder()
        found = compiled(asked, recorder)
        kept.write(name, key, recorder.image(found))
    return found


def _read(name: str, key: bytes) -> "Profile | None":
    content = kept.read(name, key)
    if content is None:
        return None
    try:
        found: Profile = image.read(content)
    except Exception:  # whatever is wrong with it, it is made again
        return None
    return found


def _files(mapping: Path | None) -> Iterator[Path]:
    """Every file that a profile may be made of."""
    for folder in ("schemas", "schematron"):
        yield from (Path(file.path) for file in _below(data.path(folder)))
    if mapping:
        yield mapping


def _code() -> Iterator[str]:
    """Our modules, as Python tells whether one has changed: by size and time."""
    home = Path(__file__).parent.parent
    for name in _CODE:
        path = home / name
        found = _below(path) if path.is_dir() else iter(())
        stats = [(file.path, file.stat()) for file in found if file.name.endswith(".py")]
        if not path.is_dir():
            stats = [(str(path), path.stat())]
        yield from (f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)


def _below(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """The files of a folder and of those in it, by name."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            yield from _below(Path(entry.path))
        else:
            yield entry
