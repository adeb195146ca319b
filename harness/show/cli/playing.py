"""What the verbs that play have in common: who listens, what is warned of, the end of a run."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.show import outputs
from harness.show.outputs import Output
from harness.show.report import Report
from harness.show.terminal import Terminal
from harness.show.words import language, tr, visible
from harness.text import Text, say

if TYPE_CHECKING:  # judging a recorded run opens no socket
    from harness.sim.network.net import Address
    from harness.sim.network.relay import Link


def command_line(argv: Sequence[str]) -> str:
    """What the user typed, the program's folder left out."""
    return " ".join(["telerad", *argv[1:]])


def warn(text: Text) -> None:
    """One line for whoever watches a session that goes on."""
    click.echo(f"telerad: {visible(text.in_(language()))}", err=True)


def tell_listening(terminal: Terminal, link: "Link", at: "Address") -> None:
    """One line for a listener between two systems: who connects to it, and where that leads."""
    where, target = f"{at[0]}:{at[1]}", f"{link.to[0]}:{link.to[1]}"
    sender = say(f"role.{link.sender}")
    terminal.line(tr("proxy.listens", sender=sender, where=where, to=target))
    sys.stdout.flush()


def finish(report: Report, terminal: Terminal, folder: Path, wanted: Sequence[Output]) -> Path:
    """Show the summary, write the files of a run and those asked for. Gives the HTML's path."""
    lang = language()
    if any(output.kind == "text" and output.file is None for output in wanted):
        terminal.summary(report)
    page = folder / "report.html"
    outputs.write(page, outputs.render(report, "html", lang))
    outputs.write(folder / "result.json", outputs.render(report, "json", lang, every=True))
    outputs.write(folder / "junit.xml", outputs.render(report, "junit", lang))
    write_wanted(report, wanted)
    if any(output.kind == "text" for output in wanted):
        terminal.line("")
        terminal.line(tr("term.report", path=str(page)))
    return page


def write_wanted(report: Report, wanted: Sequence[Output]) -> None:
    """Write the formats of `--format`: to their file, or to the terminal; text is not ours."""
    for output in wanted:
        if output.kind == "text":
            continue
        text = outputs.render(report, output.kind, language(), every=False)
        outputs.write(output.file, text)
