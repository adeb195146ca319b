"""Cold starts, whole processes: user and system CPU beside `python -c pass`, in turns.

What is kept from one process to the next (`harness/kept.py`) is there, as after the first use; the
first start of all is told beside it.
"""

import os
import sys
import tempfile
from pathlib import Path

from bench import samples
from bench.house import Goal, Part, Table, alone, number, times
from bench.turns import Effort, Times, processes

PROGRAM = (str(Path(sys.executable).parent / "telerad"),)
GOALS = {"version": 0.10, "orm": 0.25, "oru": 0.40}
NAMES = {
    "pass": ("python -c pass", "python -c pass"),
    "version": ("telerad --version", "telerad --version"),
    "help": ("telerad --help", "telerad --help"),
    "orm": ("telerad check, un ORM", "telerad check, one ORM"),
    "oru": ("telerad check, un ORU de 350 Ko", "telerad check, one ORU of 350 KB"),
    "floor": ("import lxml, schéma XML, lire, valider", "import lxml, XML schema, parse, validate"),
    "demo": ("telerad demo, échange A à E", "telerad demo, exchange A to E"),
    "first": ("telerad check, le tout premier", "telerad check, the very first"),
}
FLOOR = """
import sys
from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[1]))
schema.validate(etree.parse(sys.argv[2], etree.XMLParser(huge_tree=True)))
"""


def measure(effort: Effort) -> Part:
    """Each verb."""
    from harness.rules import xsd

    part = Part("starts", ("Démarrage à froid", "Cold start"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = samples.with_narrative(samples.report())
        (folder / "orm.er7").write_bytes(samples.composed("A"))
        (folder / "oru.er7").write_bytes(
            samples.carrying(samples.composed("E", "ct-body"), document)
        )
        (folder / "cr.xml").write_bytes(document)
        commands = {
            "pass": (sys.executable, "-c", "pass"),
            "version": (*PROGRAM, "--version"),
            "help": (*PROGRAM, "--help"),
            "orm": (*PROGRAM, "check", str(folder / "orm.er7")),
            "oru": (*PROGRAM, "check", str(folder / "oru.er7")),
            "floor": (sys.executable, "-c", FLOOR, str(xsd.own()), str(folder / "cr.xml")),
        }
        found = processes(commands, effort)
        few = Effort(3, 0, quick=effort.quick)
        demo = processes({"demo": (*PROGRAM, "demo", "--out", str(folder / "run"))}, few)
        first = _first(commands["orm"], few)
    part.tables.append(_table(found, demo, first))
    part.goals = [_goal(side, found) for side in GOALS]
    return part


def _first(command: tuple[str, ...], effort: Effort) -> Times:
    """With nothing kept."""
    before = os.environ.get("TELERAD_CACHE")
    os.environ["TELERAD_CACHE"] = ""
    try:
        return processes({"first": command}, effort)
    finally:
        del os.environ["TELERAD_CACHE"]
        if before is not None:
            os.environ["TELERAD_CACHE"] = before


def _table(found: Times, *more: Times) -> Table:
    title = (
        "Processus entiers, CPU utilisateur et système",
        "Whole processes, user and system CPU",
    )
    table = Table(title, [("", ""), ("CPU, s", "CPU, s"), ("× python -c pass", "× python -c pass")])
    for side in found.rounds:
        table.rows.append(
            [NAMES[side], f"{found.ms(side) / 1000:.3f}", times(found.ratio(side, "pass"))]
        )
    for one in more:
        for side in one.rounds:
            ratio = number(one.ms(side) / found.ms("pass"))
            table.rows.append([NAMES[side], f"{one.ms(side) / 1000:.3f}", ratio])
    return table


def _goal(side: str, found: Times) -> Goal:
    seconds = found.ms(side) / 1000
    bound = (f"< {GOALS[side]:.2f} s", f"< {GOALS[side]:.2f} s")
    return Goal(NAMES[side], bound, (f"{seconds:.3f} s", f"{seconds:.3f} s"), seconds < GOALS[side])


if __name__ == "__main__":
    alone(measure)
