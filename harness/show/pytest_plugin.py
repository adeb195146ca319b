"""pytest plugin: scenario files become tests, one item for each exchange.

    pytest scenarios/ --telerad-sut platform --telerad-host 10.0.0.5 --telerad-port 2575

A scenario is played once, when its first item runs; each item then tells what was found in its
exchange. With `-n`, add `--dist loadgroup` so that a scenario stays on one worker.
"""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.show.report import Report
    from harness.sim.scenario import Scenario


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run."""
    group = parser.getgroup("telerad", "teleradiology conformance")
    group.addoption("--telerad-sut", choices=["ris", "platform", "none"], default="none")
    group.addoption("--telerad-host", default="127.0.0.1", help="where the SUT listens")
    group.addoption("--telerad-port", type=int, help="port of the SUT")
    group.addoption("--telerad-listen", default="127.0.0.1:2575", help="where the harness listens")
    group.addoption("--telerad-seed", type=int, default=1)
    group.addoption("--telerad-lang", choices=["fr", "en"], default="en")


def pytest_configure(config: pytest.Config) -> None:
    """Marker by which pytest-xdist keeps the items of a scenario together."""
    config.addinivalue_line("markers", "xdist_group(name): items that one worker runs")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """YAML files that hold a scenario; others are left alone."""
    if file_path.suffix != ".yaml" or not _is_scenario(file_path):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def _is_scenario(file: Path) -> bool:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith("scenario:") for line in lines)


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator[pytest.Collector]:
        from harness.errors import HarnessError
        from harness.sim import scenario

        try:
            found = scenario.load(self.path)
        except HarnessError as wrong:
            lang = self.config.getoption("--telerad-lang")
            raise self.CollectError(wrong.render(lang)) from None
        for one in found:
            yield ScenarioNode.from_parent(self, name=one.scenario, scenario=one)


class ScenarioNode(pytest.Collector):
    """One scenario; its report is made when the first item asks for it."""

    def __init__(self, *, scenario: "Scenario", **more: Any) -> None:
        super().__init__(**more)
        self.scenario = scenario
        self._report: Report | None = None

    def collect(self) -> Iterator[pytest.Item]:
        for number, step in enumerate(self.scenario.steps):
            name = f"{number + 1}-{step.send}"
            item = ExchangeItem.from_parent(self, name=name, number=number)
            item.add_marker(pytest.mark.xdist_group(self.scenario.scenario))
            yield item

    @property
    def report(self) -> "Report":
        """The report of the whole scenario, played once."""
        if self._report is None:
            self._report = _play(self.scenario, self.config)
        return self._report


def _play(scenario: "Scenario", config: pytest.Config) -> "Report":
    from harness.errors import HarnessError
    from harness.rules import profile
    from harness.show import session
    from harness.show.cli.options import address
    from harness.text import say

    sut, port = config.getoption("--telerad-sut"), config.getoption("--telerad-port")
    if sut != "none" and port is None:
        raise HarnessError(say("cli.need_peer"), hint="--telerad-host, --telerad-port")
    with tempfile.TemporaryDirectory(prefix="telerad-") as folder:
        return session.run(
            [scenario],
            session.Options(
                profile=profile.load(scenario.profile),
                folder=Path(folder),
                command="pytest",
                sut=sut,
                seed=config.getoption("--telerad-seed"),
                peer=(config.getoption("--telerad-host"), port) if port else None,
                listen=address(config.getoption("--telerad-listen")),
                signals=False,
            ),
        )


class ExchangeItem(pytest.Item):
    """One judged exchange."""

    def __init__(self, *, number: int, **more: Any) -> None:
        super().__init__(**more)
        self.number = number

    def runtest(self) -> None:
        """Fail when a requirement is broken; skip what was not played, with its reason."""
        from harness.rules.rule import Verdict

        assert isinstance(self.parent, ScenarioNode)  # noqa: S101  made by it
        report = self.parent.report
        exchange = report.exchanges[self.number]
        if exchange.state == "not_run":
            lang = self.config.getoption("--telerad-lang")
            pytest.skip(exchange.reason.in_(lang) if exchange.reason else "not run")
        told = _told(report, exchange.number, self.config.getoption("--telerad-lang"))
        if exchange.verdict >= Verdict.INCONCLUSIVE:
            raise NotConforming(told)
        if told:
            self.add_report_section("call", "telerad", told)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """The findings as the terminal shows them, without a traceback."""
        from harness.errors import HarnessError

        if isinstance(excinfo.value, NotConforming):
            return str(excinfo.value)
        if isinstance(excinfo.value, HarnessError):
            return excinfo.value.render(self.config.getoption("--telerad-lang"))
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the item stands."""
        parent = self.parent.name if self.parent else ""
        return self.path, None, f"{parent}::{self.name}"


class NotConforming(Exception):
    """An exchange broke a requirement; the text says which."""


def _told(report: "Report", number: int, lang: str) -> str:
    """The findings of one exchange, as the terminal shows them."""
    from rich.console import Console

    from harness.show.ranking import findings_in_order
    from harness.show.terminal import Terminal

    out = io.StringIO()
    terminal = Terminal(lang, Console(file=out, width=120, highlight=False, soft_wrap=True))
    for placed in findings_in_order(report):
        if placed.exchange and placed.exchange.number == number:
            terminal.finding(placed)
    return out.getvalue()
