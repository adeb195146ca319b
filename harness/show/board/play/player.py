"""One run of a board, in a process of its own: `python -m harness.show.board.play.player`.

The job comes as one line of JSON on standard input, events go as lines of JSON to standard output.
When the input ends, or says more, the run stops in order and its report is written: a server that
is gone leaves no run behind.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, NotMeasured
from harness.rules import profile as profiles
from harness.rules.rule import Verdict
from harness.show import blaming, outputs
from harness.show.board.play import between
from harness.show.evidence import making
from harness.show.ranking import findings_in_order
from harness.show.report import Report
from harness.show.runs import recorded, session
from harness.show.words import cut
from harness.sim import blame, scenario
from harness.sim.network import probe
from harness.sim.network.net import Address
from harness.sim.network.relay import Link, ends_of
from harness.sim.network.tls import Tls
from harness.sim.record import Exchange
from harness.text import Text
from harness.wire import files

PATIENCE = 10.0  # seconds that a run waits for its ports
_LONG = 120  # characters of what was found
_OTHER = {"ris": "platform", "platform": "ris"}
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be played. `role` is that of the system under test, at `host:port`.

    `at:listen` is where we listen for it. `tls` names files as strings, None for a plain line.
    `lang` is the language that the report opens in; `within` seconds for each message of the
    system, 0.0 for what the scenario says. `other` is a second real system, a platform (then the
    first is a RIS and no scenario is played): its `host`, `port`, `listen` and `tls`. `limit`:
    seconds after which such a run ends by itself.
    """

    profile: str
    scenario: str
    role: str
    host: str
    port: int
    at: str
    listen: int
    folder: str
    seed: int
    lang: str
    within: float = 0.0
    tls: dict[str, str] | None = None
    other: dict[str, Any] | None = None
    limit: float = 3600.0

    def as_line(self) -> bytes:
        """The line that the process reads."""
        return json.dumps(asdict(self), ensure_ascii=False).encode() + b"\n"


def main() -> int:
    """Play the job on standard input; 0 when a report was written."""
    line = sys.stdin.buffer.readline()
    if not line.strip():
        return 2
    job = Job(**json.loads(line))
    threading.Thread(target=_listen_for_the_end, daemon=True).start()
    try:
        _wait_for_ports(job)
        report = _between(job, job.other) if job.other else _play(job)
    except HarnessError as wrong:
        _tell("refused", what=wrong.what.as_dict())
        return wrong.exit_code
    except KeyboardInterrupt:
        return 130
    for number in _SIGNALS:  # the report is written whatever comes
        signal.signal(number, signal.SIG_IGN)
    _write(report, Path(job.folder), job.lang)
    told = _counts(report) | (_faults(report) if job.other else {})
    _tell("end", verdict=report.verdict.word, interrupted=report.interrupted, **told)
    return 0


def _listen_for_the_end() -> None:
    sys.stdin.buffer.read(1)
    os.kill(os.getpid(), signal.SIGINT)


def _wait_for_ports(job: Job) -> None:
    """The run before may still be leaving its port, when the server was killed under it."""
    ports = (job.listen, *((job.other["listen"],) if job.other else ()))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not all(probe.can_listen((job.at, p)).good for p in ports):
        time.sleep(0.2)


def _play(job: Job) -> Report:
    profile = profiles.load(job.profile)
    found = [pair[0] for pair in scenario.find((), job.profile) if pair[0].scenario == job.scenario]
    peer: Address = (job.host, job.port)
    return session.run(
        found,
        session.Options(
            profile=profile,
            folder=Path(job.folder),
            command=f"telerad serve: {job.scenario}",
            sut=job.role,
            seed=job.seed,
            peer=peer,
            listen=(job.at, job.listen),
            within=job.within or None,
            tls=_tls(job.tls),
            told=_tell_exchange,
            waits=lambda flow, role, seconds: _tell("waits", flow=flow, role=role, seconds=seconds),
            listening=lambda role, at: _tell("listening", role=_OTHER[role], port=at[1]),
        ),
    )


def _between(job: Job, other: dict[str, Any]) -> Report:
    profile = profiles.load(job.profile)
    clock = threading.Timer(job.limit, os.kill, (os.getpid(), signal.SIGINT))
    clock.daemon = True
    clock.start()
    return between.run(
        profile,
        Path(job.folder),
        _links(job, other),
        _tell_exchange,
        lambda sender, at: _tell("listening", role=sender, port=at[1]),
    )


def _links(job: Job, other: dict[str, Any]) -> tuple[Link, Link]:
    """What the RIS opens goes on to the platform, and the other way; each has its own TLS."""
    tls = {"ris": _tls(job.tls), "platform": _tls(other["tls"])}
    ris, platform = (job.host, job.port), (other["host"], other["port"])
    return (
        Link("ris", (job.at, job.listen), platform, ends_of("ris", tls)),
        Link("platform", (job.at, other["listen"]), ris, ends_of("platform", tls)),
    )


def _tell_exchange(exchange: Exchange) -> None:
    _tell("exchange", **of_exchange(exchange))


def _tls(files: dict[str, str] | None) -> Tls | None:
    if files is None:
        return None
    ca, cert, key = (Path(files[name]) if name in files else None for name in ("ca", "cert", "key"))
    return Tls(ca, cert, key, files.get("name", ""), files.get("min", "1.2"), files["client"])


def of_exchange(exchange: Exchange) -> dict[str, Any]:
    """What the board shows of an exchange; `rule` is the first one that weighs most, if any does,
    `says` what it asks and `found` what was found instead.
    """
    answer = exchange.answer.message if exchange.answer else None
    outcomes = [*exchange.step_outcomes]
    for judged in (exchange.request, exchange.answer):
        outcomes += judged.outcomes if judged and not judged.deliberate else ()
    failed = sum(outcome.verdict is Verdict.FAIL for outcome in outcomes)
    first = max(outcomes, key=lambda outcome: outcome.verdict, default=None)
    if first and not (first.verdict.needs_attention and first.findings):
        first = None
    return {
        "number": exchange.number,
        "flow": exchange.flow,
        "sender": exchange.sender,
        "receiver": exchange.receiver,
        "state": exchange.state,
        "verdict": exchange.verdict.word,
        "what": exchange.what[:40],
        "said": answer.first("MSA-1")[:20] if answer else "",
        "seconds": exchange.seconds,
        "failed": failed,
        "rule": first.rule.id if first else "",
        "says": first.rule.says.as_dict() if first else None,
        "found": _cut(first.findings[0].problem.actual) if first else None,
        "reason": exchange.reason.as_dict() if exchange.reason else None,
    }


def _cut(text: Text) -> dict[str, str]:
    """A text of a peer, short enough for a line."""
    return {lang: cut(words, lang, _LONG) for lang, words in text.as_dict().items()}


def _counts(report: Report) -> dict[str, int]:
    placed = findings_in_order(report)
    failed = sum(one.finding.verdict is Verdict.FAIL for one in placed)
    return {"failed": failed, "exchanges": len(report.exchanges)}


def _faults(report: Report) -> dict[str, Any]:
    """Who is at fault, by our own receiver beside each system, in words and by role."""
    assert report.guide  # noqa: S101  judged a moment ago
    charges = blame.charges(report.exchanges, report.guide)
    return {
        "at_fault": sorted({charge.side for charge in charges}),
        "headlines": [line.as_dict() for line in blaming.headlines(charges)],
    }


def _write(report: Report, folder: Path, lang: str) -> None:
    """The files of a run."""
    outputs.write(folder / "report.html", outputs.render(report, "html", lang))
    outputs.write(folder / "result.json", outputs.render(report, "json", lang, every=True))
    outputs.write(folder / "junit.xml", outputs.render(report, "junit", lang))
    with contextlib.suppress(NotMeasured):  # nothing crossed the wire: nothing to be proved
        made = making.make(recorded.read(folder), report, lang, None)
        files.write(folder / "evidence.zip", made.data)


def _tell(event: str, **data: Any) -> None:
    line = json.dumps({"event": event, **data}, ensure_ascii=False).encode("utf-8", "replace")
    with contextlib.suppress(BrokenPipeError):  # who would listen is gone
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
