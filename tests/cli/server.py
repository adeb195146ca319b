"""Runs the command line in forks of a process that has loaded its libraries once.

Each command is a process of its own, as for a user; only the second that imports take is spared.
Reads one JSON object a line: `arguments`, `folder`, `environment`, and files for `out` and `err`.
Answers each with its exit code.
"""

import importlib
import json
import os
import sys
import traceback
from typing import Any

LOADED = (
    "click",
    "harness.show.api",
    "harness.show.pages.html",
    "harness.show.formats.jsonfmt",
    "harness.show.formats.junit",
    "harness.show.terminal",
    "harness.sim.actor",
    "harness.sim.defects.catalogue",
    "harness.sim.generate.cases",
    "harness.sim.generate.cda_report",
    "harness.sim.generate.cda_request",
)


def serve() -> None:
    for name in LOADED:
        importlib.import_module(name)
    from harness.rules import profile

    profile.load()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_run(asked))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(asked: dict[str, Any]) -> int:
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    for number, name in ((1, asked["out"]), (2, asked["err"])):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["telerad", *asked["arguments"]]
    try:
        from harness.show.cli import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:  # a test must see it, not lose it
        traceback.print_exc()
        code = 70
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    serve()
