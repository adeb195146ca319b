"""A profile with the rules of packs that the user added."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from harness.rules.profile import Profile


def xsd_of(names: Sequence[str]) -> Path | None:
    """The XML schema that comes with the first of the packs that has one."""
    if not names:
        return None
    from harness.rules.published import store

    for name in names:
        made = store.manifest(name)
        if made.xsd:
            return store.folder(name) / "files" / made.xsd
    return None


def extended(profile: Profile, names: Sequence[str]) -> Profile:
    """The profile with what the packs ask of documents. Raises HarnessError for an unknown one."""
    if not names:
        return profile
    from harness.rules.published import rules

    packs = [rules.load(name) for name in dict.fromkeys(names)]
    total = sha256("\0".join([profile.hash, *(pack.hash for pack in packs)]).encode())
    found = (*profile.rules, *(rule for pack in packs for rule in pack.rules))
    return replace(profile, rules=found, hash=total.hexdigest())
