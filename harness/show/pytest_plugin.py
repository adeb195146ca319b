"""pytest plugin: scenario files become tests, an item for each exchange; fixtures for your tests.

    pytest scenarios/ --telerad-sut platform --telerad-host 10.0.0.5 --telerad-port 2575
    pytest scenarios/ --telerad-target old=ris@10.0.0.5:2575 --telerad-target new=ris@10.0.0.6:2575

A scenario is played once for each target, when its first item runs; each item then tells what was
found in its exchange, and has a marker for its flow (`-m flow_E`). With `-n` a scenario stays on
one worker, and so does everything that is played against one real system, which has one partner at
a time.

    platform, ris     the simulated partner of your system (see `partner.py`)
    conversation      plays a scenario, gives its report, fails the test when it does not conform
    telerad_target    each target in turn
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from harness.show.partner import Partner
    from harness.show.report import Report
    from harness.sim.scenario import Scenario

FLOWS: Final = (*"ABCDE", *"1234")
ALONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Target:
    """A system under test: its role ("ris", "platform", "none") and where it listens."""

    name: str
    sut: str
    host: str = "127.0.0.1"
    port: int | None = None


Reports = pytest.StashKey[list[Callable[[], "Report"]]]()  # asked for when the test is over


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run."""
    group = parser.getgroup("telerad", "teleradiology conformance")
    group.addoption("--telerad-sut", choices=["ris", "platform", ALONE], default=ALONE)
    group.addoption("--telerad-host", default="127.0.0.1", help="where the SUT listens")
    group.addoption("--telerad-port", type=int, help="port of the SUT")
    group.addoption(
        "--telerad-target",
        action="append",
        default=[],
        metavar="NAME=ROLE@HOST:PORT",
        help="a system under test; several times for several systems",
    )
    group.addoption("--telerad-listen", default="127.0.0.1:2575", help="where the harness listens")
    group.addoption("--telerad-profile", default="", help="guide of the fixtures")
    group.addoption("--telerad-seed", type=int, default=1)
    group.addoption("--telerad-lang", choices=["fr", "en"], default="en")


def pytest_configure(config: pytest.Config) -> None:
    """A marker for each flow."""
    for flow in FLOWS:
        config.addinivalue_line("markers", f"flow_{flow}: an exchange of flow {flow}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`, the items of a scenario go to one worker; so does all against a real system.

    Told by the names of the items: the groups of pytest-xdist come apart with some versions.
    """
    if config.getoption("dist") not in ("load", "loadgroup") or not _has_scenarios(config):
        return None
    from xdist.scheduler import LoadGroupScheduling

    class Together(LoadGroupScheduling):  # type: ignore[misc]  # xdist is not always there
        def _split_scope(self, nodeid: str) -> str:
            found: str = super()._split_scope(nodeid)
            return group_of(nodeid, config) or found

    return Together(config, log)


def _has_scenarios(config: pytest.Config) -> bool:
    """A scenario is among what is to be collected."""
    given = [config.invocation_params.dir / name.partition("::")[0] for name in config.args]
    files = (
        file for path in given for file in ([path] if path.is_file() else path.rglob("*.yaml"))
    )
    return any(file.suffix == ".yaml" and _is_scenario(file) for file in files)


def group_of(nodeid: str, config: pytest.Config) -> str:
    """What the item of a scenario is kept together with; empty for another item."""
    file, _, rest = nodeid.partition("::")
    name, _, step = rest.partition("::")
    if not file.endswith(".yaml") or not step:
        return ""
    target = name.partition("[")[2].rstrip("]")
    real = target or config.getoption("--telerad-sut") != ALONE
    return f"telerad-{target}" if real else f"{file}::{name}"


def targets(config: pytest.Config) -> list[Target]:
    """The systems under test, one without a name when none is listed. Raises UsageError."""
    listed = [_target(text) for text in config.getoption("--telerad-target")]
    sut, host = config.getoption("--telerad-sut"), config.getoption("--telerad-host")
    return listed or [Target("", sut, host, config.getoption("--telerad-port"))]


def _target(text: str) -> Target:
    from harness.errors import HarnessError
    from harness.show.cli.options import address
    from harness.text import say

    name, _, rest = text.partition("=")
    role, _, where = rest.partition("@")
    try:
        host, port = address(where)
    except HarnessError:
        host, port = "", 0
    if role not in ("ris", "platform") or not name or not host:
        raise pytest.UsageError(say("partner.target", text=text).en)
    return Target(name, role, host, port)


# -- scenario files -------------------------------------------------------------------------


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
            for target in targets(self.config):
                name = f"{one.scenario}[{target.name}]" if target.name else one.scenario
                yield ScenarioNode.from_parent(self, name=name, scenario=one, target=target)


class ScenarioNode(pytest.Collector):
    """One scenario against one target; its report is made when the first item asks for it."""

    def __init__(self, *, scenario: "Scenario", target: Target, **more: Any) -> None:
        super().__init__(**more)
        self.scenario = scenario
        self.target = target
        self._report: Report | None = None

    def collect(self) -> Iterator[pytest.Item]:
        for number, step in enumerate(self.scenario.steps):
            name = f"{number + 1}-{step.send}"
            item = ExchangeItem.from_parent(self, name=name, number=number)
            if step.send in FLOWS:
                item.add_marker(f"flow_{step.send}")
            yield item

    @property
    def report(self) -> "Report":
        """The report of the whole scenario, played once."""
        if self._report is None:
            self._report = _play(self.scenario, self.config, self.target)
        return self._report


def _play(scenario: "Scenario", config: pytest.Config, target: Target) -> "Report":
    from harness.errors import HarnessError
    from harness.rules import profile
    from harness.show.cli.options import address
    from harness.show.runs import session
    from harness.text import say

    if target.sut != ALONE and target.port is None:
        raise HarnessError(say("cli.need_peer"), hint="--telerad-host, --telerad-port")
    with tempfile.TemporaryDirectory(prefix="telerad-") as folder:
        return session.run(
            [scenario],
            session.Options(
                profile=profile.load(scenario.profile),
                folder=Path(folder),
                command="pytest",
                sut=target.sut,
                seed=config.getoption("--telerad-seed"),
                peer=(target.host, target.port) if target.port else None,
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
        from harness.show.partner import told

        assert isinstance(self.parent, ScenarioNode)  # noqa: S101  made by it
        report = self.parent.report
        exchange = report.exchanges[self.number]
        lang = self.config.getoption("--telerad-lang")
        if exchange.state == "not_run":
            pytest.skip(exchange.reason.in_(lang) if exchange.reason else "not run")
        text = told(report, lang, [exchange.number])
        self.stash[Reports] = [lambda: _only(report, exchange.number)]
        if exchange.verdict >= Verdict.INCONCLUSIVE:
            raise NotConforming(text)
        if text:
            self.add_report_section("call", "telerad", text)

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


def _only(report: "Report", number: int) -> "Report":
    from dataclasses import replace

    return replace(report, exchanges=tuple(x for x in report.exchanges if x.number == number))


# -- fixtures -------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`telerad_target` stands for each system under test in turn."""
    if "telerad_target" in metafunc.fixturenames:
        found = targets(metafunc.config)
        metafunc.parametrize("telerad_target", found, ids=[t.name or t.sut for t in found])


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> Iterator["Partner"]:
    """A simulated teleradiology platform on a free port: `platform.address` is where it listens."""
    yield from _partner("platform", request)


@pytest.fixture
def ris(request: pytest.FixtureRequest) -> Iterator["Partner"]:
    """A simulated RIS: `ris.talk_to(host, port)` makes it send its request there."""
    yield from _partner("ris", request)


def _partner(role: str, request: pytest.FixtureRequest) -> Iterator["Partner"]:
    from harness.rules import profile
    from harness.show.partner import Partner

    config = request.config
    name = config.getoption("--telerad-profile") or profile.DEFAULT
    found = Partner(role, profile.load(name), config.getoption("--telerad-seed"))
    found.lang = config.getoption("--telerad-lang")
    _stash(request).append(lambda: found.report)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def conversation(request: pytest.FixtureRequest) -> Callable[..., "Report"]:
    """Plays a scenario, by name or file, and gives its report; fails when it does not conform.

    `conversation("lb-nominal-ct-brain", target)`: `target` is one of `telerad_target`, the one of
    the options when it is left out. `check=False` only gives the report.
    """

    def play(name: str, target: Target | None = None, *, check: bool = True) -> "Report":
        from harness.rules import profile
        from harness.show.partner import check_conformance
        from harness.sim import scenario

        guide = request.config.getoption("--telerad-profile") or profile.DEFAULT
        found = [pair[0] for pair in scenario.find([name], guide)]
        report = _play(found[0], request.config, target or targets(request.config)[0])
        _stash(request).append(lambda: report)
        if check:
            check_conformance(report, request.config.getoption("--telerad-lang"))
        return report

    return play


def _stash(request: pytest.FixtureRequest) -> list[Callable[[], "Report"]]:
    node: pytest.Item = request.node
    return node.stash.setdefault(Reports, [])


# -- pytest-html ----------------------------------------------------------------------------


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """The findings of an item as a table in the report of pytest-html."""
    outcome: Any = yield
    reports = item.stash.get(Reports, [])
    if reports and call.when == "call" and item.config.pluginmanager.hasplugin("html"):
        from pytest_html import extras

        from harness.show.partner import as_table

        made = outcome.get_result()
        lang = item.config.getoption("--telerad-lang")
        tables = [extras.html(text) for ask in reports if (text := as_table(ask(), lang))]
        made.extras = [*getattr(made, "extras", []), *tables]
