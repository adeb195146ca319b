"""How cost grows: with the size of a document, the number of OBX, of findings, of conversations."""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pybase64

from bench import samples
from bench.house import Curve, Part, alone
from bench.parts.documents import whole
from bench.parts.messages import judge
from bench.turns import Effort
from harness.sim.events import Received
from harness.sim.generate import cases
from harness.sim.play import Setting
from harness.sim.simulation import Simulation
from harness.wire.er7 import Message

KB = (50, 100, 200, 400, 800)
OBX = (5, 20, 80, 320)
BROKEN = (0, 10, 40, 160)
CONVERSATIONS = (50, 100, 200, 400)


def measure(effort: Effort) -> Part:
    """Four curves."""
    part = Part("growth", ("Croissance", "Growth"))
    part.curves = [_documents(effort), _obx(effort), _findings(effort), _conversations(effort)]
    return part


def smallest(job: Callable[[], object], effort: Effort) -> float:
    """Milliseconds of CPU of one call: the median of a few, each once."""
    job()
    found = []
    for _ in range(3 if effort.quick else 7):
        begin = time.process_time()
        job()
        found.append((time.process_time() - begin) * 1000)
    return statistics.median(found)


def _steps(every: Sequence[int], effort: Effort) -> Sequence[int]:
    return every[:-1] if effort.quick else every


def _documents(effort: Effort) -> Curve:
    title = ("Document de plus en plus grand", "Larger and larger document")
    curve = Curve(title, ("Ko", "KB"), ("ms de CPU", "ms of CPU"))
    body = samples.report()
    for name, fill in (("narrative", samples.with_narrative), ("series", samples.with_series)):
        points = curve.series.setdefault(name, [])
        for size in _steps(KB, effort):
            raw = fill(body, size * 1024)
            encoded = pybase64.b64encode(raw)
            points.append((len(raw) / 1024, smallest(lambda e=encoded: whole(e), effort)))
    return curve


def _obx(effort: Effort) -> Curve:
    title = ("ORM avec de plus en plus d'OBX", "ORM with more and more OBX")
    curve = Curve(title, ("segments OBX", "OBX segments"), ("ms de CPU", "ms of CPU"))
    order = samples.composed("A")
    own = len(Message(order).segments)
    points = curve.series.setdefault("ORM", [])
    for count in _steps(OBX, effort):
        raw = samples.filled(order, own + count)
        points.append((count, smallest(lambda r=raw: judge(r, "A"), effort)))
    return curve


def _findings(effort: Effort) -> Curve:
    title = ("ORM avec de plus en plus de constats", "ORM with more and more findings")
    curve = Curve(title, ("constats", "findings"), ("ms de CPU", "ms of CPU"))
    order = samples.composed("A")
    good = samples.filled(order, len(Message(order).segments) + max(BROKEN))
    points = curve.series.setdefault("ORM, 160 OBX", [])
    for count in _steps(BROKEN, effort):
        raw = good.replace(b"|NM|29463-7", b"|QQ|29463-7", count)
        found = sum(len(outcome.findings) for outcome in judge(raw, "A"))
        points.append((found, smallest(lambda r=raw: judge(r, "A"), effort)))
    return curve


def _conversations(effort: Effort) -> Curve:
    """Requests of that many patients, one after the other, to one simulated platform."""
    title = ("De plus en plus de conversations", "More and more conversations")
    curve = Curve(title, ("conversations", "conversations"), ("ms par message", "ms a message"))
    template = samples.composed("A")
    own = Message(template).first("ORC-2.1").encode()
    points = curve.series.setdefault("telerad simulate platform", [])
    for count in _steps(CONVERSATIONS, effort):
        made = cases.make_case("ct-brain", 2, samples.CLOCK)
        setting = Setting(
            samples.profile(),
            made,
            frozenset({"platform"}),
            lambda: samples.CLOCK + timedelta(minutes=1),
            lambda record: None,
        )
        machine = Simulation("platform", setting, talks=False)
        machine.start(0.0)
        begin = time.process_time()
        for number in range(count):
            raw = samples.fresh(template, number).replace(own, b"OPN%08d" % number)
            machine.handle(Received("platform", "c-1", raw), float(number))
        points.append((count, (time.process_time() - begin) * 1000 / count))
    return curve


if __name__ == "__main__":
    alone(measure)
