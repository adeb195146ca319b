"""The options of `telerad check` for any number of messages, and what they set in motion."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from harness.errors import HarnessError
from harness.show import checking, outputs
from harness.show.cli.playing import command_line
from harness.show.corpus.endings import is_archive
from harness.show.outputs import Output
from harness.show.report import Report
from harness.show.words import language, tr
from harness.text import say

if TYPE_CHECKING:  # a check of one file needs nothing of this
    from harness.show.corpus.checking import Checked, Wanted
    from harness.show.corpus.ruleset import Choice

F = TypeVar("F", bound=Callable[..., Any])
_FORMATS: Final = frozenset({"text", "html", "json"})
_MOST: Final = 256


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a corpus; None and False where it says nothing."""

    jobs: int | None
    results: Path | None
    resume: bool
    time_limit: float | None
    memory_limit: int | None
    engine: str | None
    scheduler: str | None
    message: int | None

    def is_wanted(self, paths: Sequence[Path]) -> bool:
        """An option asks for it, or a path holds many messages."""
        asked = (self.jobs, self.results, self.engine, self.scheduler)
        if any(asked) or self.resume:
            if self.message is not None:
                raise HarnessError(say("corpus.message_alone"))
            return True
        return self.message is None and any(map(is_archive, paths))

    def one(self, paths: Sequence[Path], asked: checking.Asked) -> Report:
        """The full report of one message of a corpus, by the number that its rows have.

        Raises HarnessError when there are fewer, or it cannot be read.
        """
        from harness.show.corpus.sources import Corpus

        number = self.message or 0
        piece = next(islice(Corpus(paths).pieces(), number - 1, None), None)
        if piece is None:
            raise HarnessError(say("corpus.no_message", number=number))
        if piece.trouble:
            raise HarnessError(piece.trouble, file=piece.name)
        asked = replace(asked, flow=asked.flow or piece.flow or None)
        return checking.check_one(piece.name, piece.raw, asked)

    def refuse(self, options: Mapping[str, object]) -> None:
        """Raises HarnessError for an option of a check of files."""
        for name, value in options.items():
            if value:
                raise HarnessError(say("corpus.not_with", option=name))

    def check(self, paths: Sequence[Path], choice: "Choice", wanted: Sequence[Output]) -> int:
        """Judge the corpus, tell the summary, give the exit code."""
        from harness.show.corpus import telling
        from harness.show.corpus.checking import check
        from harness.show.terminal import Terminal

        for output in wanted:
            if output.kind not in _FORMATS:
                hint = say("yaml.one_of", values=", ".join(sorted(_FORMATS)))
                raise HarnessError(say("corpus.bad_format", format=output.kind), hint=hint)
        with telling.progress() as watch:
            checked = check(self._wanted(paths, choice), watch)
        for output in wanted:
            if output.kind == "text":
                telling.tell(checked, Terminal(language()))
            else:
                outputs.write(output.file, _rendered(checked, output))
        return checked.exit_code

    def _wanted(self, paths: Sequence[Path], choice: "Choice") -> "Wanted":
        from harness.show.corpus.checking import Wanted
        from harness.show.corpus.children import MEMORY, SECONDS, Limits

        if self.engine == "dask" and not self.scheduler:
            raise HarnessError(say("corpus.needs_scheduler"), hint="--scheduler tcp://HOST:PORT")
        if self.scheduler and self.engine != "dask":
            raise HarnessError(say("corpus.needs_dask"), hint="--engine dask")
        memory = self.memory_limit << 20 if self.memory_limit else MEMORY
        return Wanted(
            paths=paths,
            choice=choice,
            jobs=self.jobs or min(os.cpu_count() or 1, _MOST),
            scheduler=self.scheduler or "",
            results=self.results,
            resume=self.resume,
            limits=Limits(self.time_limit or SECONDS, memory),
            command=command_line(sys.argv),
        )


def _rendered(checked: "Checked", output: Output) -> str:
    if output.kind == "json":
        from harness.show.corpus.asjson import to_json

        return to_json(checked)
    from harness.show.corpus.summaryhtml import to_html

    return to_html(checked, language(), output.file)


_OPTIONS: Final = (
    click.option("--jobs", type=click.IntRange(1, _MOST), metavar="N", help=tr("cli.opt.jobs")),
    click.option(
        "--results", type=click.Path(path_type=Path), metavar="FILE", help=tr("cli.opt.results")
    ),
    click.option("--resume", is_flag=True, help=tr("cli.opt.resume_corpus")),
    click.option(
        "--time-limit",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help=tr("cli.opt.time_limit"),
    ),
    click.option(
        "--memory-limit", type=click.IntRange(256), metavar="MIB", help=tr("cli.opt.memory_limit")
    ),
    click.option("--engine", type=click.Choice(["local", "dask"]), help=tr("cli.opt.engine")),
    click.option("--scheduler", metavar="ADDRESS", help=tr("cli.opt.scheduler")),
    click.option(
        "--message", type=click.IntRange(1), metavar="INDEX", help=tr("cli.opt.message_of")
    ),
)


def given(function: F) -> F:
    """The options about corpora, handed over as one `many`."""

    @wraps(function)
    def with_corpora(
        *args: Any,
        jobs: int | None,
        results: Path | None,
        resume: bool,
        time_limit: float | None,
        memory_limit: int | None,
        engine: str | None,
        scheduler: str | None,
        message: int | None,
        **kwargs: Any,
    ) -> Any:
        many = Asked(jobs, results, resume, time_limit, memory_limit, engine, scheduler, message)
        return function(*args, many=many, **kwargs)

    decorated: Any = with_corpora
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return cast(F, decorated)
