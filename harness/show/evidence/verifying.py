"""A pack of evidence verified: which byte differs, and every verdict found again.

Other rules than those of the pack are no tampering: they are told as such.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.show.evidence import container
from harness.show.evidence.making import SCHEMA, sealed
from harness.show.evidence.sums import Damage, Sums, damages
from harness.show.formats.jsonfmt import as_dict
from harness.show.runs import recorded
from harness.show.runs.rejudging import judge_again
from harness.text import say

_COMPARED: Final = ("verdict", "files", "exchanges", "findings", "deliberate", "outcomes")


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as read: its members, and what its manifest says."""

    path: Path
    files: Mapping[str, bytes]
    manifest: Mapping[str, Any]
    sums: Mapping[str, Sums]

    @property
    def profile(self) -> str:
        """The id of the profile that it was judged by."""
        return str(self.manifest["profile"])

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest as it is."""
        return Sums.of(self.files["manifest.json"]).sha256


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `changed` are files whose verdict or findings are others than recorded;
    `moved` is the offset in the ZIP where it is not as it was written, though its files are.
    """

    damaged: tuple[Damage, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    same_rules: bool
    changed: tuple[str, ...]
    moved: int | None

    @property
    def intact(self) -> bool:
        """Every file is there, as it was."""
        return not (self.damaged or self.missing or self.added)

    @property
    def code(self) -> int:
        """0 the same; 1 altered, or judged otherwise by the same rules; 4 only the rules differ."""
        if not self.intact:
            return 1
        if not self.changed:
            return 0
        return 1 if self.same_rules else 4


def load(path: Path) -> Pack:
    """Read a pack. Raises HarnessError when it is none, or its manifest cannot be read."""
    files = container.read(path)
    damaged = tuple(_of_manifest(files, path))
    manifest = _object(files["manifest.json"], path, damaged)
    try:
        sums = {str(name): Sums.read(one) for name, one in manifest["files"].items()}
        if not isinstance(manifest["profile"], str):
            raise TypeError("profile")
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise _no_manifest(path, damaged, f"{type(wrong).__name__}: {wrong}") from None
    return Pack(path, files, manifest, sums)


def _of_manifest(files: Mapping[str, bytes], path: Path) -> Iterator[Damage]:
    """What differs of the manifest from what is sealed."""
    for name in ("seal.json", "manifest.json"):
        if name not in files:
            raise HarnessError(say("evidence.without", name=name), file=path)
    manifest, seal = files["manifest.json"], files["seal.json"]
    right = sealed(manifest)
    if seal == right:
        return
    wanted, found = _wanted(seal), Sums.of(manifest)
    if wanted and (wanted.size, wanted.blocks) != (found.size, found.blocks):
        yield from damages("manifest.json", manifest, wanted)
    else:  # the manifest is as the sums say: it is the seal itself that was changed
        at = _first_difference(seal, right)
        yield Damage("seal.json", at, len(seal) == len(right), len(right), len(seal))


def _wanted(seal: bytes) -> Sums | None:
    """What is sealed of the manifest; None when it cannot be read."""
    try:
        return Sums.read(json.loads(seal)["manifest"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _first_difference(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _object(data: bytes, path: Path, damaged: tuple[Damage, ...]) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as wrong:
        raise _no_manifest(path, damaged, str(wrong)) from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise _no_manifest(path, damaged, SCHEMA)
    return found


def _no_manifest(path: Path, damaged: tuple[Damage, ...], reason: str) -> HarnessError:
    at = damaged[0].offset if damaged else 0
    what = say("evidence.no_manifest", reason=reason, offset=at)
    wrong = HarnessError(what, file=path)
    wrong.exit_code = 1
    return wrong


def verify(pack: Pack, profile: Profile) -> Verified:
    """Compare every byte with the manifest, then judge again and compare every verdict."""
    damaged = list(_of_manifest(pack.files, pack.path))
    names = [name for name in pack.files if name not in ("seal.json", "manifest.json")]
    for name in names:
        if name in pack.sums:
            damaged += damages(name, pack.files[name], pack.sums[name])
    missing = tuple(name for name in pack.sums if name not in pack.files)
    added = tuple(name for name in names if name not in pack.sums)
    whole = not (damaged or missing or added)
    return Verified(
        tuple(damaged),
        missing,
        added,
        pack.manifest.get("rules_hash") == profile.hash,
        tuple(_judged_otherwise(pack, profile)) if whole else (),
        _moved(pack),
    )


def _moved(pack: Pack) -> int | None:
    """Where the ZIP itself is not as it is written for these files."""
    found, wanted = pack.path.read_bytes(), container.written(pack.files)
    return None if found == wanted else _first_difference(found, wanted)


def _judged_otherwise(pack: Pack, profile: Profile) -> Iterator[str]:
    """The files whose verdict or findings are not those that the pack holds."""
    with tempfile.TemporaryDirectory(prefix="telerad-") as name:
        folder = Path(name)
        for file, data in pack.files.items():
            place = folder / file
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data)
        was = recorded.load_result(folder / "result.json")
        run = recorded.read(folder)
        now = json.loads(json.dumps(as_dict(judge_again(run, profile, ""), every=True)))
    yield from dict.fromkeys(_differing(was, now))


def _differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """The files that the differing entries of two results are about."""
    for key in _COMPARED:
        before, after = was.get(key), now.get(key)
        if not (isinstance(before, list) and isinstance(after, list)):
            yield from () if before == after else (key,)
            continue
        sides = [{_plain(one) for one in side} for side in (before, after)]
        only = [json.loads(text) for text in sorted(sides[0] ^ sides[1])]
        yield from (_file_of(one, key) for one in only)
        if not only and len(before) != len(after):
            yield key


def _plain(entry: Mapping[str, Any]) -> str:
    """An entry without what is said in the language of the one who wrote it: `texts` has both."""
    told = {key: value for key, value in entry.items() if key not in ("expected", "actual")}
    return json.dumps(told, sort_keys=True)


def _file_of(entry: Mapping[str, Any], key: str) -> str:
    place = entry.get("place") or {}
    found = place.get("file") or entry.get("path") or entry.get("request") or entry.get("file")
    return str(found or key)
