"""The functions of the public API: judge files, play scenarios, read what was found."""

from collections.abc import Sequence
from pathlib import Path

from harness.rules import profile as profiles
from harness.rules.rule import Finding
from harness.show import checking, ranking
from harness.show.report import Report
from harness.show.runs import session
from harness.sim import scenario


def check(
    paths: Sequence[Path],
    *,
    profile: str = profiles.DEFAULT,
    flow: str | None = None,
    towards: str = "",
) -> Report:
    """Judge messages and documents in files or folders; `flow` is what they should be.

    `towards` is "pfi" when they go to an intermediation platform.

    Raises HarnessError when a path is not there or there is nothing to judge.
    """
    return checking.check(
        paths, checking.Asked(profiles.load(profile), flow, "harness.check", towards)
    )


def run(
    names: Sequence[str] = (),
    *,
    folder: Path,
    profile: str = profiles.DEFAULT,
    sut: str = "none",
    peer: tuple[str, int] | None = None,
    listen: tuple[str, int] = ("127.0.0.1", 2575),
    seed: int = 1,
) -> Report:
    """Play scenarios, by name or file; all of the profile when none is named.

    `sut` is the role under test ("ris", "platform") or "none"; it listens at `peer`, we at
    `listen`. Messages, documents and the journal go into `folder`. Raises HarnessError.
    """
    found = [pair[0] for pair in scenario.find(names, profile)]
    options = session.Options(
        profile=profiles.load(profile),
        folder=folder,
        command="harness.run",
        sut=sut,
        seed=seed,
        peer=peer,
        listen=listen,
        signals=False,
    )
    return session.run(found, options)


def findings(report: Report) -> list[Finding]:
    """What deserves attention, first things first."""
    return [placed.finding for placed in ranking.findings_in_order(report)]
