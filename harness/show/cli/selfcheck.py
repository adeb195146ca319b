"""`telerad selfcheck`: proves that every rule is alive. The last line is the score."""

import json
from pathlib import Path
from typing import Any

import click

from harness.errors import HarnessError
from harness.show import outputs
from harness.show.cli import counted, options
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.sim.selfcheck import report
from harness.sim.selfcheck.prove import Proof
from harness.sim.selfcheck.report import SelfCheck
from harness.text import say


@click.command("selfcheck", help=tr("cli.selfcheck"))
@click.option("--format", "form", metavar="json=FILE", help=tr("cli.opt.format"))
@click.option("--all", "every", is_flag=True, help=tr("cli.opt.all_proofs"))
@click.option("--mutants", metavar="N", type=click.IntRange(0), help=tr("cli.opt.mutants"))
@click.option(
    "--conversations", metavar="N", type=click.IntRange(0), help=tr("cli.opt.conversations")
)
@options.profile
@options.lang
def command(
    form: str | None,
    every: bool,
    mutants: int | None,
    conversations: int | None,
    profile_name: str,
) -> int:
    """0 when every MUST rule kills its mutant and every overlap is explained, else 1."""
    file = _file(form)
    profile = options.load_profile(profile_name)
    found = report.run(profile)
    terminal = Terminal(language())
    perfect = counted.mutants(terminal, profile, mutants) if mutants else True
    quiet = counted.conversations(terminal, profile, conversations) if conversations else True
    if every:
        for proof in found.proofs:
            _alive(terminal, proof)
    for proof in found.dead:
        terminal.line(("✗ ", "bold red"), (proof.rule.id, "bold"), f"  {proof.why}")
    unexplained = list(found.unexplained())
    for proof, other in unexplained:
        text = tr("selfcheck.unexplained", rule=proof.rule.id, other=other)
        terminal.line(("! ", "yellow"), text, (f"  {_edits(proof)}", "dim"))
    if file:
        outputs.write(file, json.dumps(_as_dict(found), ensure_ascii=False, indent=1) + "\n")
    click.echo(
        f"{found.killed_must} of {len(found.must)} MUST rules killed, {found.alive} rules alive"
    )
    right = found.killed_must == len(found.must) and not unexplained
    return 0 if right and perfect and quiet else 1


def _file(form: str | None) -> Path | None:
    if form is None:
        return None
    kind, _, name = form.partition("=")
    if kind != "json" or not name:
        raise HarnessError(say("cli.no_format", format=form), hint="json=FILE")
    return Path(name)


def _edits(proof: Proof) -> str:
    return "; ".join(map(str, proof.edits))


def _alive(terminal: Terminal, proof: Proof) -> None:
    if not proof.killed:
        return
    terminal.line(
        ("✓ ", "green"), f"{proof.rule.id:<24} {proof.base}", (f"  {_edits(proof)}", "dim")
    )
    for other in proof.also:
        because = report.reason(proof.rule.id, other)
        if because:
            text = tr("selfcheck.also", other=other, because=because)
            terminal.line((f"    {text}", "dim"))


def _as_dict(found: SelfCheck) -> dict[str, Any]:
    return {
        "schema": "telerad-selfcheck-1",
        "must": len(found.must),
        "must_killed": found.killed_must,
        "alive": found.alive,
        "rules": [_proof(proof) for proof in found.proofs],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "rule": proof.rule.id,
        "level": proof.rule.level.value,
        "killed": proof.killed,
        "why": proof.why or None,
        "base": proof.base or None,
        "edits": [str(edit) for edit in proof.edits],
        "also": [
            {"rule": other, "because": because.as_dict() if because else None}
            for other in proof.also
            for because in [report.reason(proof.rule.id, other)]
        ],
    }
