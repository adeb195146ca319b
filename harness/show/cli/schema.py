"""`telerad schema [scenario|mllp|config]`: the JSON Schema of scenarios, of MLLP cases or of
`telerad.toml`, for editors.
"""

import json
from importlib import import_module
from typing import Any, Final

import click

from harness.show.cli import configured
from harness.show.words import tr
from harness.sim import scenario
from harness.sim.torture import case as torture_case


def _config() -> dict[str, Any]:
    from harness.show import cli

    modules = {verb: import_module(f"harness.show.cli.{verb}") for verb in cli.VERBS}
    found = {verb: module.command for verb, module in modules.items()}
    plain = {verb: one for verb, one in found.items() if not isinstance(one, click.Group)}
    return configured.schema(plain)


_SCHEMAS: Final = {"scenario": scenario.schema, "mllp": torture_case.schema, "config": _config}


@click.command("schema", help=tr("cli.schema"))
@click.argument("of", type=click.Choice(list(_SCHEMAS)), default="scenario")
def command(of: str) -> int:
    """Print the schema."""
    click.echo(json.dumps(_SCHEMAS[of](), ensure_ascii=False, indent=2))
    return 0
