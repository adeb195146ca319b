"""`telerad evidence`: a run as one file that anybody can verify."""

from pathlib import Path

import click

from harness.errors import HarnessError
from harness.show.cli import options
from harness.show.cli.judge import profile_of
from harness.show.cli.playing import warn
from harness.show.evidence.making import make
from harness.show.packs import extended, xsd_of
from harness.show.redact.sharing import shared, told
from harness.show.runs import recorded
from harness.show.runs.rejudging import judge_again
from harness.show.saying import SIGNS
from harness.show.terminal import STYLES, Terminal
from harness.show.words import language
from harness.show.words import tr as text_of
from harness.text import say


@click.command("evidence", help=text_of("cli.evidence"))
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help=text_of("cli.opt.evidence_out"),
)
@options.redact(default=True)
@options.mapping
@options.reading
@options.cda_schema
@options.pack
@options.lang
def command(
    run: Path,
    out: Path,
    redact: bool,
    mapping: Path | None,
    readings: tuple[str, ...],
    cda_schema: Path | None,
    packs: tuple[str, ...],
) -> int:
    """Judge the run again, and write the pack."""
    was = recorded.read(run)
    schema = cda_schema or xsd_of(packs)
    loaded = options.load_profile(profile_of(was), mapping, schema, readings)
    profile = extended(loaded, packs)
    terminal, proof = Terminal(language()), None
    if redact:
        was, report, proof = shared(was, profile, "telerad evidence")
        terminal.line(told(proof).in_(terminal.lang))
    else:
        report = judge_again(was, profile, "telerad evidence")
        warn(say("evidence.as_it_is"))
    made = make(was, report, terminal.lang, proof)
    _write(out, made.data)
    sign, word = SIGNS[report.verdict], text_of(f"verdict.{report.verdict.word}")
    terminal.line((f"{sign} {word}  ", STYLES[report.verdict]), str(out))
    terminal.line(text_of("evidence.digest", digest=made.digest))
    return 0


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        file.chmod(0o600)
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.cannot_write", reason=reason), file=file) from None
