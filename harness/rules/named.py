"""Checks that a table row calls by name (`by:`), because they look at more than one place.

    @named("ack-names-the-request")
    def names_the_request(subject: Subject) -> Iterator[Problem]: ...

A check that only sometimes applies is registered with `when=`, which gives the reason why not. The
modules of `harness.rules.checks` register theirs when they are imported.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from harness.rules.rule import Check, When

_CHECKS: dict[str, Check] = {}
_WHEN: dict[str, When] = {}
_HOMES: dict[str, str] = {}
_MODULES: Final = (
    "acknowledgement",
    "authorship",
    "cda_header",
    "cda_imaging",
    "cda_link",
    "conversation",
    "datatypes",
    "encoding",
    "ins",
    "ins_agrees",
    "ins_document",
    "ins_traits",
    "order_state",
    "orders",
    "people",
    "schema",
    "standard",
    "tlr_orders",
    "transmission",
    "transmission_content",
    "transmission_document",
    "transmission_metadata",
    "transmission_people",
)


def named(name: str, *, when: When | None = None) -> Callable[[Check], Check]:
    """Register a check under a name. The same name twice is our mistake: ValueError."""

    def register(check: Check) -> Check:
        if name in _CHECKS:
            raise ValueError(f"two checks are called {name}")
        _CHECKS[name] = check
        if when:
            _WHEN[name] = when
        return check

    return register


def find(name: str) -> Check | None:
    """The check of that name, or None. Its module alone is imported where that is known."""
    if name not in _CHECKS:
        home = _HOMES.get(name)
        for module in (home,) if home else _MODULES:
            import_module(f"harness.rules.checks.{module}")
    return _CHECKS.get(name)


def homes() -> Mapping[str, str]:
    """The module of each check; of one made by `partial`, that of its function."""
    found = {name: getattr(_CHECKS[name], "func", _CHECKS[name]) for name in names()}
    return {name: check.__module__.rpartition(".")[2] for name, check in found.items()}


def learn(known: Mapping[str, str]) -> None:
    """Take over what `homes` gave before."""
    _HOMES.update(known)


def condition(name: str) -> When | None:
    """When the check of that name applies; None when it always does."""
    return _WHEN.get(name) if name and find(name) else None


def names() -> tuple[str, ...]:
    """Every registered name, for messages about a wrong one."""
    find("")
    return tuple(sorted(_CHECKS))
