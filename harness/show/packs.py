"""A profile with the rules of packs that the user added."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Rule

GROUP: Final = "published"  # the column of the report that the rules of packs are in


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


def rule_of(name: str) -> Rule | None:
    """The assert of that id in a pack that the user added."""
    from harness.rules.published import rules, store

    for pack in store.names():
        if name.startswith(f"{store.manifest(pack).prefix}-"):
            for rule in rules.load(pack).rules:
                if rule.id == name:
                    return rule
    return None
