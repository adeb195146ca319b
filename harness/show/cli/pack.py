"""`telerad pack add|list|show|remove`: published Schematron in the user's own folder."""

import json
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.errors import HarnessError
from harness.show import fetching
from harness.show.cli import options
from harness.show.terminal import Terminal
from harness.show.words import language, tr
from harness.text import say

if TYPE_CHECKING:
    from harness.rules.published.store import Manifest, Source


@click.group("pack", help=tr("cli.pack"))
def command() -> None:
    """The group of things to do with packs."""


@command.command("add", help=tr("cli.pack.add"))
@click.argument("source", metavar="DIR|ZIP|URL")
@click.option("--name", help=tr("cli.opt.pack_name"))
@click.option(
    "--schema", "wanted", multiple=True, metavar="PATTERN", help=tr("cli.opt.pack_schema")
)
@options.lang
def add_command(source: str, name: str | None, wanted: tuple[str, ...]) -> int:
    """Take what is published into the user's folder, and say what was found."""
    with tempfile.TemporaryDirectory(prefix="telerad-") as folder:
        made = _add(source, name, wanted, Path(folder))
    _tell(Terminal(language()), made)
    return 0


def _add(source: str, name: str | None, wanted: tuple[str, ...], folder: Path) -> "Manifest":
    from harness.rules.published import archive, store

    file, origin = Path(source), source
    if fetching.is_url(source):
        file = folder / "fetched.zip"
        fetching.fetch(source, file)
    if not file.exists():
        raise HarnessError(say("cli.no_file"), file=source)
    if file.is_dir():
        root, wanted_here, told = file, wanted, _told(origin, "")
    elif file.suffix == ".sch":
        root, wanted_here, told = file.parent, (file.name,), _told(origin, "")
    else:
        root = archive.unpack(file, folder / "files")
        wanted_here, told = wanted, _told(origin, sha256(file.read_bytes()).hexdigest())
    return store.add(root, name or store.default_name(root, origin), told, wanted_here)


def _told(origin: str, total: str) -> "Source":
    from harness.rules.published.store import Source

    shown = origin if fetching.is_url(origin) else str(Path(origin).absolute())
    return Source(shown, total, datetime.now(UTC).isoformat(timespec="seconds"))


@command.command("list", help=tr("cli.pack.list"))
@options.lang
def list_command() -> int:
    """The packs, with how many asserts each has."""
    from harness.rules.published import store

    terminal = Terminal(language())
    for name in store.names():
        made = store.manifest(name)
        terminal.line(f"{name}  ", (tr("pack.asserts", count=_asserts(made)), "dim"))
    if not store.names():
        terminal.line((tr("pack.none", folder=str(store.home())), "dim"))
    return 0


@command.command("show", help=tr("cli.pack.show"))
@click.argument("name")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help=tr("cli.opt.rules_format"),
)
@options.lang
def show_command(name: str, form: str) -> int:
    """Everything that is known of a pack."""
    from harness.rules.published import store

    made = store.manifest(name)
    if form == "json":
        click.echo(json.dumps(asdict(made), ensure_ascii=False, indent=2))
        return 0
    terminal = Terminal(language())
    _tell(terminal, made)
    terminal.line("")
    terminal.line((tr("pack.vacuous", count=len(made.vacuous)), "bold"))
    for rule in made.vacuous:
        terminal.line(f"  {rule}")
    return 0


@command.command("remove", help=tr("cli.pack.remove"))
@click.argument("name")
@options.lang
def remove_command(name: str) -> int:
    """Forget a pack."""
    from harness.rules.published import store

    store.remove(name)
    return 0


def _asserts(made: "Manifest") -> int:
    return sum(entry.asserts for entry in made.schemas)


def _tell(terminal: Terminal, made: "Manifest") -> None:
    from harness.rules.published import saxon

    terminal.line((made.name, "bold"))
    for key, value in (
        ("pack.origin", made.origin),
        ("pack.sha256", made.sha256),
        ("pack.date", made.date),
        ("pack.xsd", made.xsd),
    ):
        if value:
            terminal.line("  ", (f"{tr(key):<10}", "dim"), value)
    for entry in made.schemas:
        kinds = ", ".join(entry.kinds)
        count = tr("pack.asserts", count=entry.asserts)
        for_saxon = tr("pack.for_saxon", count=entry.saxon) if entry.saxon else ""
        terminal.line("  ", entry.file, (f"   {count}, {kinds}{for_saxon}", "dim"))
    for repair in made.repairs:
        terminal.line("  ", (tr(f"pack.repair.{repair.kind}"), "dim"), f" {repair.asked}")
        if repair.taken != repair.asked:
            terminal.line("      → ", repair.taken)
    for path, why in made.left_out:
        terminal.line("  ", (tr("pack.left_out"), "red"), f" {path}")
        terminal.line("      ", (why, "dim"))
    for path in made.missing:
        terminal.line("  ", (tr("pack.missing"), "dim"), f" {path}")
    terminal.line("  ", (tr("pack.vacuous", count=len(made.vacuous)), "dim"))
    if any(entry.saxon for entry in made.schemas) and not saxon.is_there():
        terminal.line("  ", tr("pack.no_saxon"))
    terminal.line("  ", (tr("pack.use", name=made.name), "dim"))
