"""The files that `telerad init` begins a project with: configuration, first scenario, CI.

Templates: `reports/template/init`, with the words of the catalogue as comments.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness import data
from harness.errors import HarnessError
from harness.rules.profile import Flow, Profile
from harness.text import say

CI: Final = {"github": ".github/workflows/telerad.yml", "gitlab": ".gitlab-ci.yml"}
_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was asked: who the system under test is, where it listens and where we do.

    `ci` is a key of `CI`, or "none". `name` is what the system is called in `telerad.toml`.
    """

    name: str
    sut: str
    host: str
    port: int
    listen: str
    profile: Profile
    ci: str
    lang: str


def files(asked: Beginning) -> Iterator[tuple[str, str]]:
    """Each file by its path in the project, with its text. Raises HarnessError for a wrong name."""
    if not _NAME.fullmatch(asked.name):
        raise HarnessError(say("init.name", name=asked.name))
    write = partial(_written, asked)
    yield "telerad.toml", write("telerad.toml")
    yield "scenarios/first.yaml", write("first.yaml")
    if asked.ci in CI:
        yield CI[asked.ci], write(f"{asked.ci}.yml")


def write(asked: Beginning, folder: Path) -> tuple[Path, ...]:
    """Write them all, or none. Raises HarnessError when one of them is there already."""
    found = [(folder / name, text) for name, text in files(asked)]
    there = [path for path, _ in found if path.exists()]
    if there:
        raise HarnessError(say("init.exists"), file=there[0], hint=say("init.elsewhere"))
    try:
        for path, text in found:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.cannot_write", reason=reason), file=folder) from None
    return tuple(path for path, _ in found)


def _written(asked: Beginning, template: str) -> str:
    environment = Environment(  # noqa: S701  these are no HTML
        loader=FileSystemLoader(data.path("reports", "template", "init")),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(
        t=lambda key: say(key).in_(asked.lang),
        lang=asked.lang,
        profile=asked.profile.id,
        name=asked.name,
        sut=asked.sut,
        host=asked.host,
        port=asked.port,
        listen=asked.listen,
        flows=_in_turn(asked.profile),
    )


def _in_turn(profile: Profile) -> list[Flow]:
    """The flows of an exchange that goes well, each after the one that calls for it."""
    called = {name for flow in profile.flows.values() for name in flow.then}
    return [flow for flow in profile.flows.values() if flow.opens or flow.id in called]
