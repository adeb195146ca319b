"""`telerad verify`: a pack of evidence, byte by byte and verdict by verdict, offline."""

from collections.abc import Iterator
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show.cli import options
from harness.show.evidence.sums import Damage
from harness.show.evidence.verifying import Pack, Verified, load, verify
from harness.show.packs import extended, xsd_of
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say

_SIGNS = {0: ("✓", "green"), 1: ("✗", "bold red"), 4: ("!", "yellow")}


@click.command("verify", help=tr("cli.verify"), epilog=tr("cli.verify.codes"))
@click.argument("pack", type=click.Path(path_type=Path), metavar="PACK")
@click.option("--digest", metavar="SHA256", help=tr("cli.opt.digest"))
@options.mapping
@options.reading
@options.cda_schema
@options.pack
@options.lang
def command(
    pack: Path,
    digest: str | None,
    mapping: Path | None,
    readings: tuple[str, ...],
    cda_schema: Path | None,
    packs: tuple[str, ...],
) -> int:
    """Tell what differs; the exit code tells how much."""
    read = load(pack)
    if digest and digest.lower() != read.digest:
        what = say("evidence.other_digest", digest=read.digest)
        wrong = HarnessError(what, file=pack)
        wrong.exit_code = 1
        raise wrong
    schema = cda_schema or xsd_of(packs)
    loaded = options.load_profile(read.profile, mapping, schema, readings)
    found = verify(read, extended(loaded, packs))
    terminal = Terminal(language())
    sign, style = _SIGNS[found.code]
    terminal.line((f"{sign} {tr(f'evidence.code.{found.code}')}  ", style), str(pack))
    for line in (*_altered(found), *_judged(read, found)):
        terminal.line(f"  {line}")
    return found.code


def _altered(found: Verified) -> Iterator[str]:
    for damage in found.damaged:
        yield _damage(damage)
    for name in found.missing:
        yield tr("evidence.missing", name=name)
    for name in found.added:
        yield tr("evidence.added", name=name)
    if found.moved is not None and found.intact:
        yield tr("evidence.moved", offset=found.moved)


def _damage(one: Damage) -> str:
    if one.size != one.found:
        key = "evidence.size"
    else:
        key = "evidence.byte" if one.exact else "evidence.block"
    facts = {"offset": one.offset, "size": one.size, "found": one.found}
    return tr(key, name=one.name, **facts)


def _judged(pack: Pack, found: Verified) -> Iterator[str]:
    if not found.intact:
        yield tr("evidence.not_judged")
        return
    yield tr("evidence.same_rules" if found.same_rules else "evidence.other_rules")
    verdict = say(f"verdict.{pack.manifest['verdict']}") if not found.changed else ""
    if verdict:
        yield tr("evidence.same_verdicts", count=len(pack.sums), verdict=verdict)
    for name in found.changed:
        yield tr("evidence.judged_otherwise", name=name)
